import { Binary, BSONRegExp, Double, Long, ObjectId, Timestamp, UUID } from 'bson';
import { type Doc, MAX_STORED_DEPTH, setField, tooDeep } from './codec.ts';
import { isLikeInteger, keepOrder } from './order.ts';
import { valueEnd } from './raw.ts';
import { unknownType } from './validate.ts';

const MIN_INT32 = -0x80000000;
const MAX_INT32 = 0x7fffffff;
/** The most levels that are decoded: more than a message or a stored document may have. */
const MAX_DECODED_DEPTH = 250;
const NAME_SLOTS = 8192;
const names: { text: string; length: number }[] = new Array(NAME_SLOTS);

/**
 * Decodes BSON that has been validated, or was stored, without losing a type: a plain number is an int32 when it is an integer
 * in that range and a double otherwise; an integral double in that range becomes a Double and every int64 a Long, so that
 * encoding the result again yields the same bytes.
 */
export const decode = (bytes: Buffer, offset = 0): Doc => new Decoder(bytes).document(offset);

/** Decodes a document that is to be stored. @throws CommandError 15 when it is nested too deeply for that */
export const decodeForStorage = (bytes: Buffer): Doc => new Decoder(bytes, MAX_STORED_DEPTH).document(0);

/** Decodes only the top-level fields that are asked for, and skips the others. */
export const decodeFields = (bytes: Buffer, fields: Pick<ReadonlySet<string>, 'has'>): Doc =>
  new Decoder(bytes).fields(fields);

class Decoder {
  private readonly bytes: Buffer;
  private at = 0;
  /** How many documents and arrays are around what is read. */
  private depth = 0;
  private readonly maxDepth: number;

  constructor(bytes: Buffer, maxDepth = MAX_DECODED_DEPTH) {
    this.bytes = bytes;
    this.maxDepth = maxDepth;
  }

  private enter(): void {
    if (++this.depth > this.maxDepth) throw tooDeep(this.maxDepth);
  }

  document(offset: number): Doc {
    this.enter();
    this.at = offset + 4;
    const target: Doc = {};
    const bytes = this.bytes;
    let names: string[] | undefined;
    for (let type = bytes[this.at++] as number; type !== 0; type = bytes[this.at++] as number) {
      const name = this.name();
      if (isLikeInteger(name)) names ??= Object.keys(target);
      names?.push(name);
      setField(target, name, this.value(type));
    }
    if (names !== undefined) keepOrder(target, names);
    this.depth--;
    return target;
  }

  fields(wanted: Pick<ReadonlySet<string>, 'has'>): Doc {
    this.at = 4;
    const target: Doc = {};
    const bytes = this.bytes;
    const names: string[] = [];
    for (let type = bytes[this.at++] as number; type !== 0; type = bytes[this.at++] as number) {
      const name = this.name();
      if (wanted.has(name)) {
        setField(target, name, this.value(type));
        names.push(name);
      } else this.at = valueEnd(bytes, type, this.at);
    }
    if (names.some(isLikeInteger)) keepOrder(target, names);
    return target;
  }

  private array(): unknown[] {
    const bytes = this.bytes;
    const target: unknown[] = [];
    this.enter();
    this.at += 4;
    for (let type = bytes[this.at++] as number; type !== 0; type = bytes[this.at++] as number) {
      this.at = bytes.indexOf(0, this.at) + 1;
      target.push(this.value(type));
    }
    this.depth--;
    return target;
  }

  private name(): string {
    const bytes = this.bytes;
    const start = this.at;
    let end = start;
    let hash = 0;
    let ascii = true;
    for (let byte = bytes[end] as number; byte !== 0; byte = bytes[++end] as number) {
      hash = (Math.imul(hash, 31) + byte) | 0;
      if (byte > 127) ascii = false;
    }
    this.at = end + 1;
    const length = end - start;
    if (!ascii || length > 40) return bytes.utf8Slice(start, end);
    const slot = hash & (NAME_SLOTS - 1);
    const known = names[slot];
    if (known !== undefined && known.length === length) {
      const text = known.text;
      let i = 0;
      while (i < length && text.charCodeAt(i) === bytes[start + i]) i++;
      if (i === length) return text;
    }
    const text = bytes.latin1Slice(start, end);
    names[slot] = { text, length };
    return text;
  }

  private text(): string {
    const start = this.at + 4;
    this.at = start + this.bytes.readInt32LE(this.at);
    return this.bytes.utf8Slice(start, this.at - 1);
  }

  private value(type: number): unknown {
    const bytes = this.bytes;
    switch (type) {
      case 1: {
        const value = bytes.readDoubleLE(this.at);
        this.at += 8;
        const integral = Number.isInteger(value) && value >= MIN_INT32 && value <= MAX_INT32;
        return integral ? new Double(value) : value;
      }
      case 2:
        return this.text();
      case 3:
        return this.document(this.at);
      case 4:
        return this.array();
      case 5:
        return this.binary();
      case 7: {
        const value = new ObjectId(Uint8Array.prototype.slice.call(bytes, this.at, this.at + 12));
        this.at += 12;
        return value;
      }
      case 8:
        return bytes[this.at++] === 1;
      case 9: {
        const value = bytes.readInt32LE(this.at + 4) * 4294967296 + bytes.readUInt32LE(this.at);
        this.at += 8;
        return new Date(value);
      }
      case 10:
        return null;
      case 11: {
        const pattern = this.cstring();
        return new BSONRegExp(pattern, this.cstring());
      }
      case 16: {
        const value = bytes.readInt32LE(this.at);
        this.at += 4;
        return value;
      }
      case 17: {
        const value = new Timestamp({ i: bytes.readUInt32LE(this.at), t: bytes.readUInt32LE(this.at + 4) });
        this.at += 8;
        return value;
      }
      case 18: {
        const low = bytes.readInt32LE(this.at);
        const high = bytes.readInt32LE(this.at + 4);
        this.at += 8;
        return new Long(low, high);
      }
      default:
        throw unknownType(type);
    }
  }

  private cstring(): string {
    const start = this.at;
    const end = this.bytes.indexOf(0, start);
    this.at = end + 1;
    return this.bytes.utf8Slice(start, end);
  }

  private binary(): unknown {
    const length = this.bytes.readInt32LE(this.at);
    const subtype = this.bytes[this.at + 4] as number;
    const start = this.at + 5;
    this.at = start + length;
    // The old subtype for any bytes repeats the length, and encoding writes it again.
    const skipped = subtype === Binary.SUBTYPE_BYTE_ARRAY && length >= 4 ? 4 : 0;
    const content = Uint8Array.prototype.slice.call(this.bytes, start + skipped, this.at);
    return subtype === 4 && length === 16 ? new UUID(content) : new Binary(content, subtype);
  }
}
