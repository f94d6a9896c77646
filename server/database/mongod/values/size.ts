import { Binary } from 'bson';
import { isDocument } from './codec.ts';

/** About how many bytes of memory a value takes: those of its encoded form, and a little for each part. */
export const sizeOf = (value: unknown): number => sizeBy(value, sizeOf);

function sizeBy(value: unknown, sizeOfPart: (part: unknown) => number): number {
  if (typeof value === 'string') return 16 + value.length;
  if (typeof value !== 'object' || value === null) return 8;
  let size = 48;
  if (Array.isArray(value)) {
    for (const element of value) size += 8 + (typeof element === 'number' ? 8 : sizeOfPart(element));
  } else if (isDocument(value)) {
    for (const name of Object.keys(value)) size += 16 + name.length + sizeOfPart(value[name]);
  } else if (value instanceof Binary) size += value.length();
  return size;
}

/** Sizes from here on are remembered, in bytes. */
const LARGE = 4096;

const known = new WeakMap<object, number>();

/**
 * The same of a value that is not changed any more, whose parts may be one and the same many times over: each large part is
 * looked at once.
 */
export function treeSize(value: unknown): number {
  if (typeof value !== 'object' || value === null) return sizeOf(value);
  const before = known.get(value);
  if (before !== undefined) return before;
  const size = sizeBy(value, treeSize);
  if (size >= LARGE) known.set(value, size);
  return size;
}
