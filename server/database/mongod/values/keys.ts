import { createHash } from 'node:crypto';
import type { Long, ObjectId, Timestamp } from 'bson';
import { binary, regexText, typeRank } from './compare.ts';
import { compareNumbers, toDouble } from './numeric.ts';

/**
 * The longest key, in bytes. LMDB takes 1,978 with pages of 4 KiB, and an entry of an index ends in the document's own key.
 * MongoDB has had no limit since 4.2: longer keys are cut, and what is found by them has to be looked at.
 */
export const MAX_KEY_BYTES = 900;

/** The bytes of a cut key end in a digest of the whole, so that equal values keep equal keys. */
const DIGEST_BYTES = 20;

/** How much of a cut key is in order. */
const CUT_BYTES = MAX_KEY_BYTES - DIGEST_BYTES;

/**
 * Writes values so that comparing the bytes orders them as MongoDB orders the values. Every encoding ends itself, so
 * that encodings can follow one another in a compound key; numbers that are equal have equal bytes whatever their type.
 */
class KeyWriter {
  private bytes: Buffer = Buffer.allocUnsafeSlow(4096);
  private at = 0;

  reset(): void {
    this.at = 0;
  }

  get length(): number {
    return this.at;
  }

  finish(): Buffer {
    return Buffer.from(this.bytes.subarray(0, this.at));
  }

  invertFrom(start: number): void {
    for (let i = start; i < this.at; i++) this.bytes[i] = ~(this.bytes[i] as number) & 0xff;
  }

  truncate(length: number): void {
    this.at = length;
  }

  private room(size: number): void {
    if (this.at + size <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.at + size));
    this.bytes.copy(larger, 0, 0, this.at);
    this.bytes = larger;
  }

  byte(value: number): void {
    this.room(1);
    this.bytes[this.at++] = value;
  }

  raw(content: Uint8Array): void {
    this.room(content.length);
    this.bytes.set(content, this.at);
    this.at += content.length;
  }

  value(value: unknown): void {
    const rank = typeRank(value);
    this.byte(rank + 1);
    this.payload(rank, value);
  }

  private payload(rank: number, value: unknown): void {
    switch (rank) {
      case 10:
        this.number(value);
        break;
      case 15:
        this.text(value as string);
        break;
      case 20:
        this.fields(value as Record<string, unknown>);
        break;
      case 25:
        for (const element of value as unknown[]) this.value(element);
        this.byte(0);
        break;
      case 30:
        this.binary(value);
        break;
      case 35:
        this.raw((value as ObjectId).id);
        break;
      case 40:
        this.byte(value ? 1 : 0);
        break;
      case 45:
        this.integer(BigInt((value as Date).getTime() || 0));
        break;
      case 47:
        this.integer((value as Timestamp as unknown as Long).toUnsigned().toBigInt() - 2n ** 63n);
        break;
      case 50:
        this.text(regexText(value));
        break;
      default:
    }
  }

  private fields(value: Record<string, unknown>): void {
    for (const name of Object.keys(value)) {
      const field = value[name];
      const rank = typeRank(field);
      this.byte(rank + 1);
      this.text(name);
      this.payload(rank, field);
    }
    this.byte(0);
  }

  private number(value: unknown): void {
    const double = toDouble(value) + 0;
    this.double(double);
    const order = typeof value === 'number' ? 0 : compareNumbers(value, double);
    this.byte(order === 0 ? 0x80 : order > 0 ? 0x81 : 0x7f);
    if (order !== 0) this.remainder(value as Long);
  }

  /** The digits of an int64 that a double does not hold exactly. */
  private remainder(value: Long): void {
    const negative = value.isNegative();
    const digits = value.toString().replace('-', '');
    const start = this.at;
    const scale = digits.length + 0x8000;
    this.byte(scale >> 8);
    this.byte(scale & 0xff);
    this.raw(Buffer.from(digits.replace(/0+$/, '')));
    this.byte(0);
    if (negative) this.invertFrom(start);
  }

  private double(value: number): void {
    this.room(8);
    if (Number.isNaN(value)) this.bytes.fill(0, this.at, this.at + 8);
    else {
      this.bytes.writeDoubleBE(value, this.at);
      if (value < 0) for (let i = 0; i < 8; i++) this.bytes[this.at + i] = ~(this.bytes[this.at + i] as number) & 0xff;
      else this.bytes[this.at] = (this.bytes[this.at] as number) | 0x80;
    }
    this.at += 8;
  }

  private integer(value: bigint): void {
    this.room(8);
    this.bytes.writeBigUInt64BE(BigInt.asUintN(64, value + 2n ** 63n), this.at);
    this.at += 8;
  }

  private text(value: string): void {
    this.room(value.length * 3 + 1);
    const size = this.bytes.write(value, this.at, 'utf8');
    const end = this.at + size;
    let escapes = false;
    for (let i = this.at; i < end; i++) {
      if ((this.bytes[i] as number) < 2) {
        escapes = true;
        break;
      }
    }
    if (escapes) this.escape(Buffer.from(this.bytes.subarray(this.at, end)));
    else this.at = end;
    this.byte(0);
  }

  private escape(content: Buffer): void {
    for (const byte of content) {
      if (byte < 2) {
        this.byte(1);
        this.byte(byte + 1);
      } else this.byte(byte);
    }
  }

  private binary(value: unknown): void {
    const [content, subtype] = binary(value);
    this.room(5);
    this.at = this.bytes.writeUInt32BE(content.length, this.at);
    this.byte(subtype);
    this.raw(content);
  }
}

const writer = new KeyWriter();

/** Encodes the fields of a compound key; a field with direction -1 is stored inverted. */
export function encodeKey(values: readonly unknown[], directions: readonly number[], prefix: Buffer): Buffer {
  write(values, directions, prefix);
  if (writer.length > MAX_KEY_BYTES) {
    const digest = createHash('sha256').update(writer.finish()).digest();
    writer.truncate(CUT_BYTES);
    writer.raw(digest.subarray(0, DIGEST_BYTES));
  }
  return writer.finish();
}

/** The start of every key with these first fields, for searching a range; as long as the ordered part of a key at most. */
export function encodePrefix(values: readonly unknown[], directions: readonly number[], prefix: Buffer): Buffer {
  write(values, directions, prefix);
  if (writer.length > CUT_BYTES) writer.truncate(CUT_BYTES);
  return writer.finish();
}

/** Whether a key from `encodeKey` may lack the end of its values: its place among others may then be wrong. */
export const isCutKey = (key: Buffer): boolean => key.length >= MAX_KEY_BYTES;

/** Whether a prefix from `encodePrefix` may lack the end of its values: other values may then start with it too. */
export const isCutPrefix = (prefix: Buffer): boolean => prefix.length >= CUT_BYTES;

/** A text that is the same for two values exactly when they are equal, however long they are. */
export function equalityText(value: unknown): string {
  write([value], FORWARD, NOTHING);
  const whole = writer.finish();
  if (whole.length <= MAX_KEY_BYTES) return whole.latin1Slice(0, whole.length);
  // Longer than any text of a short value, so that no short value can have it.
  const digest = createHash('sha256').update(whole).digest();
  return whole.latin1Slice(0, MAX_KEY_BYTES) + digest.latin1Slice(0, digest.length);
}

const FORWARD = [1];
const NOTHING = Buffer.alloc(0);

function write(values: readonly unknown[], directions: readonly number[], prefix: Buffer): void {
  writer.reset();
  writer.raw(prefix);
  for (let i = 0; i < values.length; i++) {
    const start = writer.length;
    writer.value(values[i]);
    if (directions[i] === -1) writer.invertFrom(start);
  }
}

/** The start of every key whose next field has values of this type rank. */
export function rankPrefix(head: Buffer, rank: number, direction: number): Buffer {
  const byte = rank + 1;
  return Buffer.concat([head, Buffer.of(direction === -1 ? ~byte & 0xff : byte)]);
}

/** The smallest key above every key that starts with these bytes. */
export function successor(prefix: Buffer): Buffer {
  const next = Buffer.from(prefix);
  for (let i = next.length - 1; i >= 0; i--) {
    if (next[i] !== 0xff) {
      next[i] = (next[i] as number) + 1;
      return next.subarray(0, i + 1);
    }
  }
  return Buffer.alloc(prefix.length + 1, 0xff);
}
