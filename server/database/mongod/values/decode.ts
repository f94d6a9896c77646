import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  DBRef,
  Decimal128,
  Double,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  UUID,
} from 'bson';
import { badValue, CommandError } from '../errors.ts';
import { type Doc, MAX_STORED_DEPTH, setField, tooDeep } from './codec.ts';
import { isLikeInteger, keepOrder } from './order.ts';
import { DOCUMENT, Encoded, plainEnd, valueEnd } from './raw.ts';

const MIN_INT32 = -0x80000000;
const MAX_INT32 = 0x7fffffff;
/** The most levels that are decoded: more than a message or a stored document may have. */
const MAX_DECODED_DEPTH = 250;
const NAME_SLOTS = 8192;
const names: { text: string; length: number }[] = new Array(NAME_SLOTS);

/**
 * Decodes BSON without losing a type: a plain number is an int32 when it is an integer in that range and a double
 * otherwise; an integral double in that range becomes a Double and every int64 a Long, so that encoding the result
 * again yields the same bytes. With `plain`, Double and Long become numbers where they are exact.
 */
export function decode(bytes: Buffer, offset = 0, plain = false): Doc {
  return new Decoder(bytes, plain).document(offset);
}

/** Decodes a document that is to be stored. @throws CommandError 15 when it is nested too deeply for that */
export function decodeForStorage(bytes: Buffer): Doc {
  return new Decoder(bytes, false, MAX_STORED_DEPTH).document(0);
}

/** Decodes only the top-level fields that are asked for, and skips the others. */
export function decodeFields(bytes: Buffer, fields: Pick<ReadonlySet<string>, 'has'>): Doc {
  return new Decoder(bytes, false).fields(fields);
}

/**
 * Decodes the operators of an update, but what `$set` sets stays encoded where it is plain, as it is only copied.
 * @throws CommandError for malformed bytes
 */
export function decodeOperators(bytes: Buffer, offset: number): Doc {
  return new Decoder(bytes, false).operators(offset);
}

class Decoder {
  private readonly bytes: Buffer;
  private readonly plain: boolean;
  private at = 0;
  /** How many documents and arrays are around what is read. */
  private depth = 0;
  private readonly maxDepth: number;

  constructor(bytes: Buffer, plain: boolean, maxDepth = MAX_DECODED_DEPTH) {
    this.bytes = bytes;
    this.plain = plain;
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
    let likeIntegers = false;
    for (;;) {
      const type = bytes[this.at++];
      if (type === 0) break;
      if (type === undefined) throw badValue('truncated BSON document');
      const name = this.name();
      if (isLikeInteger(name)) likeIntegers = true;
      const value = this.value(type);
      setField(target, name, value);
    }
    if (likeIntegers) keepOrder(target, this.names(offset));
    this.depth--;
    return target;
  }

  /** The names of the fields of the document that was read from `offset` to here. */
  private names(offset: number): string[] {
    const names: string[] = [];
    const end = this.at;
    this.at = offset + 4;
    while (this.at < end - 1) {
      const type = this.bytes[this.at++] as number;
      names.push(this.name());
      this.at = valueEnd(this.bytes, type, this.at);
    }
    this.at = end;
    return names;
  }

  operators(offset: number): Doc {
    return this.each(offset, (type, name) => {
      const start = this.at;
      if (name !== '$set' || type !== DOCUMENT) return this.value(type);
      const operands = this.operands(start);
      this.end(start, this.bytes.readInt32LE(start));
      return operands;
    });
  }

  private operands(offset: number): Doc {
    return this.each(offset, (type) => {
      const start = this.at;
      const end = plainEnd(this.bytes, type, start);
      if (end < 0) return this.value(type);
      this.at = end;
      return new Encoded(this.bytes, type, start, end);
    });
  }

  private each(offset: number, read: (type: number, name: string) => unknown): Doc {
    this.at = offset + 4;
    const target: Doc = {};
    for (;;) {
      const type = this.bytes[this.at++];
      if (type === 0) return target;
      if (type === undefined) throw badValue('truncated BSON document');
      const name = this.name();
      setField(target, name, read(type, name));
    }
  }

  fields(wanted: Pick<ReadonlySet<string>, 'has'>): Doc {
    this.at = 4;
    const target: Doc = {};
    const names: string[] = [];
    for (;;) {
      const type = this.bytes[this.at++] as number;
      if (type === 0) break;
      const name = this.name();
      if (wanted.has(name)) {
        setField(target, name, this.value(type));
        names.push(name);
      } else this.end(this.at, valueEnd(this.bytes, type, this.at) - this.at);
    }
    if (names.some(isLikeInteger)) keepOrder(target, names);
    return target;
  }

  private array(): unknown[] {
    const bytes = this.bytes;
    const target: unknown[] = [];
    this.enter();
    this.at += 4;
    for (;;) {
      const type = bytes[this.at++];
      if (type === 0) {
        this.depth--;
        return target;
      }
      if (type === undefined) throw badValue('truncated BSON array');
      this.at = bytes.indexOf(0, this.at) + 1;
      if (this.at === 0) throw badValue('truncated BSON array');
      target.push(this.value(type));
    }
  }

  private name(): string {
    const bytes = this.bytes;
    const start = this.at;
    let end = start;
    let hash = 0;
    let ascii = true;
    for (let byte = bytes[end] as number; byte !== 0; byte = bytes[++end] as number) {
      if (byte === undefined) throw badValue('truncated BSON field name');
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
    const length = this.bytes.readInt32LE(this.at);
    const start = this.at + 4;
    this.end(start, length);
    return this.bytes.utf8Slice(start, start + length - 1);
  }

  /** Goes to the end of what has so many bytes from `start`. @throws CommandError where that is not ahead */
  private end(start: number, length: number): void {
    const end = start + length;
    if (end < this.at || end > this.bytes.length) throw badValue('malformed BSON document');
    this.at = end;
  }

  private value(type: number): unknown {
    const bytes = this.bytes;
    switch (type) {
      case 1: {
        const value = bytes.readDoubleLE(this.at);
        this.at += 8;
        if (this.plain) return value;
        const integral = Number.isInteger(value) && value >= MIN_INT32 && value <= MAX_INT32;
        return integral ? new Double(value) : value;
      }
      case 2:
        return this.text();
      case 3: {
        const start = this.at;
        const size = bytes.readInt32LE(start);
        const value = this.document(start);
        this.end(start, size);
        return value;
      }
      case 4: {
        const start = this.at;
        const size = bytes.readInt32LE(start);
        const value = this.array();
        this.end(start, size);
        return value;
      }
      case 5:
        return this.binary();
      case 6:
        return undefined;
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
        const flags = this.cstring();
        return regularExpression(pattern, flags);
      }
      case 12: {
        const namespace = this.text();
        const id = new ObjectId(Uint8Array.prototype.slice.call(bytes, this.at, this.at + 12));
        this.at += 12;
        return new DBRef(namespace, id);
      }
      case 13:
        return new Code(this.text());
      case 14:
        return new BSONSymbol(this.text());
      case 15: {
        const start = this.at;
        const size = bytes.readInt32LE(start);
        this.at += 4;
        const code = this.text();
        const scope = this.document(this.at);
        this.end(start, size);
        return new Code(code, scope);
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
        if (this.plain && high >= -0x200000 && high < 0x200000) return high * 4294967296 + (low >>> 0);
        return new Long(low, high);
      }
      case 19: {
        const value = new Decimal128(Uint8Array.prototype.slice.call(bytes, this.at, this.at + 16));
        this.at += 16;
        return value;
      }
      case 255:
        return new MinKey();
      case 127:
        return new MaxKey();
      default:
        throw new CommandError(22, 'InvalidBSON', `unknown BSON type ${type}`);
    }
  }

  private cstring(): string {
    const start = this.at;
    const end = this.bytes.indexOf(0, start);
    if (end < 0) throw badValue('truncated BSON string');
    this.at = end + 1;
    return this.bytes.utf8Slice(start, end);
  }

  private binary(): unknown {
    const length = this.bytes.readInt32LE(this.at);
    const subtype = this.bytes[this.at + 4] as number;
    const start = this.at + 5;
    this.end(start, length);
    // The old subtype for any bytes repeats the length, and encoding writes it again.
    const skipped = subtype === Binary.SUBTYPE_BYTE_ARRAY && length >= 4 ? 4 : 0;
    const content = Uint8Array.prototype.slice.call(this.bytes, start + skipped, start + length);
    return subtype === 4 && length === 16 ? new UUID(content) : new Binary(content, subtype);
  }
}

/** A RegExp where it keeps its pattern and flags as they are: others are written differently when they are encoded. */
function regularExpression(pattern: string, flags: string): RegExp | BSONRegExp {
  if (/^i?m?s?$/.test(flags)) {
    try {
      const expression = new RegExp(pattern, flags);
      if (expression.source === pattern) return expression;
    } catch {
      // PCRE has patterns that JavaScript has not.
    }
  }
  return new BSONRegExp(pattern, flags);
}
