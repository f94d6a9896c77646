import { Binary } from 'bson';
import { isDocument } from './codec.ts';

/** About how many bytes of memory a value takes: those of its encoded form, and a little for each part. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return 16 + value.length;
  if (typeof value !== 'object' || value === null) return 8;
  let size = 48;
  if (Array.isArray(value)) {
    for (const element of value) size += 8 + sizeOf(element);
  } else if (isDocument(value)) {
    for (const name of Object.keys(value)) size += 16 + name.length + sizeOf(value[name]);
  } else if (value instanceof Binary) size += value.length();
  return size;
}
