import { isDocument } from '../values/codec.ts';

const digits = /^\d+$/;

/** Whether a part of a path can be a position in an array. */
export const isPosition = (part: string): boolean => digits.test(part);

/**
 * Visits the values that a dotted path reaches, through arrays as MongoDB does: a part applies to every document in an
 * array, and a number also to that position. Stops and returns true as soon as `visit` returns true.
 */
export function visitPath(
  value: unknown,
  parts: readonly string[],
  visit: (value: unknown) => boolean,
  at = 0,
): boolean {
  if (at === parts.length) return visit(value);
  const part = parts[at] as string;
  if (Array.isArray(value)) {
    if (isPosition(part)) {
      const position = Number(part);
      if (position < value.length && visitPath(value[position], parts, visit, at + 1)) return true;
    }
    for (const element of value) {
      if (isDocument(element) && visitPath(element, parts, visit, at)) return true;
    }
    return false;
  }
  if (!isDocument(value)) return visit(undefined);
  return visitPath(Object.hasOwn(value, part) ? value[part] : undefined, parts, visit, at + 1);
}
