/** Work on encoded documents without decoding them. */

/** Types of values, as BSON numbers them. */
export const DOCUMENT = 3;
export const ARRAY = 4;

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
