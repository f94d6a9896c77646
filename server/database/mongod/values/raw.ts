/** Work on encoded documents without decoding them. */

/** Types of values, as BSON numbers them. */
export const DOCUMENT = 3;
export const ARRAY = 4;
const REGEX = 11;

/** Where a field stands: its type byte, the start of its value and the end of it. */
export interface Field {
  start: number;
  value: number;
  end: number;
}

/** The bytes of a value of each type whose values are all of one size. */
export const SIZES: Readonly<Record<number, number>> = {
  ...{ 1: 8, 7: 12, 8: 1, 9: 8, 10: 0, 16: 4, 17: 8, 18: 8 },
  // Types that an earlier version may have stored.
  ...{ 19: 16, 127: 0, 255: 0 },
};

/** The end of a value of this type that starts at `at`, or -1 for a type that is not known. */
export function valueEnd(raw: Buffer, type: number, at: number): number {
  switch (type) {
    case 2:
    case 13:
    case 14:
      return at + 4 + raw.readInt32LE(at);
    case 3:
    case 4:
    case 15:
      return at + raw.readInt32LE(at);
    case 5:
      return at + 5 + raw.readInt32LE(at);
    case 11:
      return raw.indexOf(0, raw.indexOf(0, at) + 1) + 1;
    default: {
      const size = SIZES[type];
      return size === undefined ? -1 : at + size;
    }
  }
}

/** A value that stays as it is written: its type, and where it stands. */
export class Encoded {
  readonly bytes: Buffer;
  readonly type: number;
  readonly start: number;
  readonly end: number;

  constructor(bytes: Buffer, type: number, start: number, end: number) {
    this.bytes = bytes;
    this.type = type;
    this.start = start;
    this.end = end;
  }
}

/** Values with more levels are not plain: putting them into a document may make that too deep. */
export const PLAIN_LEVELS = 80;

/**
 * The end of a value of this type that starts at `at`, where it may be stored as it is: encoding writes it as it was read, and it
 * has no more than `levels`. Else -1.
 */
export function plainEnd(raw: Buffer, type: number, at: number, levels = PLAIN_LEVELS): number {
  const end = valueEnd(raw, type, at);
  if (type !== DOCUMENT && type !== ARRAY) return type === REGEX ? -1 : end;
  if (levels === 0) return -1;
  for (let next = at + 4; next < end - 1; ) {
    const inner = raw[next] as number;
    next = plainEnd(raw, inner, raw.indexOf(0, next + 1) + 1, levels - 1);
    if (next < 0) return -1;
  }
  return end;
}

/** Finds a field of the document that starts at `offset`; undefined when it has none of this name. */
export function findField(raw: Buffer, offset: number, name: Buffer): Field | undefined {
  const length = name.length;
  let at = offset + 4;
  for (;;) {
    const start = at;
    const type = raw[at] as number;
    if (type === 0) return undefined;
    at++;
    let same = true;
    let i = 0;
    for (let byte = raw[at]; byte !== 0; byte = raw[++at]) {
      if (byte === undefined) return undefined;
      if (same && byte !== name[i]) same = false;
      i++;
    }
    at++;
    const end = valueEnd(raw, type, at);
    if (end < at || end > raw.length) return undefined;
    if (same && i === length) return { start, value: at, end };
    at = end;
  }
}

/** The elements of the array that starts at `offset`; undefined where not all of them are documents, one after the other. */
export function documentsIn(raw: Buffer, offset: number): Buffer[] | undefined {
  const documents: Buffer[] = [];
  const end = offset + raw.readInt32LE(offset) - 1;
  for (let at = offset + 4; at < end; ) {
    if (raw[at] !== DOCUMENT) return undefined;
    const start = raw.indexOf(0, at + 1) + 1;
    at = start + raw.readInt32LE(start);
    if (at <= start || at > end) return undefined;
    documents.push(raw.subarray(start, at));
  }
  return documents;
}

/** The document with those of its fields that have one of these names, in its own order. */
export function pick(raw: Buffer, names: readonly Buffer[]): Buffer {
  const kept: number[] = [];
  let size = 5;
  for (let at = 4; raw[at] !== 0; ) {
    const start = at;
    const value = raw.indexOf(0, at + 1) + 1;
    at = valueEnd(raw, raw[start] as number, value);
    if (!names.some((name) => isNamed(raw, start + 1, value - 1, name))) continue;
    size += at - start;
    if (kept.at(-1) === start) kept[kept.length - 1] = at;
    else kept.push(start, at);
  }
  const result = Buffer.allocUnsafe(size);
  let end = result.writeInt32LE(size, 0);
  for (let index = 0; index < kept.length; index += 2) end += raw.copy(result, end, kept[index], kept[index + 1]);
  result[end] = 0;
  return result;
}

function isNamed(raw: Buffer, start: number, end: number, name: Buffer): boolean {
  if (end - start !== name.length || raw[start] !== name[0]) return false;
  return raw.compare(name, 0, name.length, start, end) === 0;
}

/**
 * Puts `element` (type, name, value; or nothing) in place of the bytes from `start` to `end`, and corrects the sizes of the
 * documents around it, which start at `holders`. The same buffer when nothing changes, or when it may be changed in place.
 */
export function splice(
  raw: Buffer,
  start: number,
  end: number,
  element: Buffer,
  holders: readonly number[],
  inPlace: boolean,
): Buffer {
  const growth = element.length - (end - start);
  if (growth === 0) {
    if (raw.compare(element, 0, element.length, start, end) === 0) return raw;
    const result = inPlace ? raw : Buffer.from(raw);
    element.copy(result, start);
    return result;
  }
  const result = Buffer.allocUnsafe(raw.length + growth);
  raw.copy(result, 0, 0, start);
  element.copy(result, start);
  raw.copy(result, start + element.length, end);
  for (const holder of holders) result.writeInt32LE(raw.readInt32LE(holder) + growth, holder);
  return result;
}
