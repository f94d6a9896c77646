import { failure } from '../errors.ts';
import { isDocument } from '../values/codec.ts';
import { addField } from '../values/fields.ts';

/** The parts of a dotted path, checked. */
export function fieldPath(path: string): string[] {
  if (path === '') throw failure(16872, "'$' by itself is not a valid FieldPath");
  if (path.endsWith('.')) throw failure(40353, "FieldPath must not end with a '.'.");
  const parts = path.split('.');
  if (parts.includes('')) throw failure(15998, 'FieldPath field names may not be empty strings.');
  const dollar = parts.find((part) => part.startsWith('$'));
  if (dollar !== undefined) throw failure(16410, `FieldPath field names may not start with '$': '${dollar}'`);
  return parts;
}

/**
 * Reads a path as expressions do: where it meets an array it goes on in each element that is a document, and leaves out
 * what is missing there; numbers are names of fields, not positions. `count` is told of how many elements each array is.
 */
export function pathGetter(parts: readonly string[], count: (length: number) => void): (value: unknown) => unknown {
  if (parts.length === 1) {
    const name = parts[0] as string;
    return (value) => {
      if (isDocument(value)) return Object.hasOwn(value, name) ? value[name] : undefined;
      return Array.isArray(value) ? inElements(value, parts, 0, count) : undefined;
    };
  }
  return (value) => get(value, parts, 0, count);
}

function get(value: unknown, parts: readonly string[], at: number, count: (length: number) => void): unknown {
  if (at === parts.length) return value;
  if (Array.isArray(value)) return inElements(value, parts, at, count);
  if (!isDocument(value)) return undefined;
  const name = parts[at] as string;
  return Object.hasOwn(value, name) ? get(value[name], parts, at + 1, count) : undefined;
}

function inElements(
  elements: readonly unknown[],
  parts: readonly string[],
  at: number,
  count: (length: number) => void,
): unknown[] {
  count(elements.length);
  const found: unknown[] = [];
  for (const element of elements) {
    if (!isDocument(element)) continue;
    const value = get(element, parts, at, count);
    if (value !== undefined) found.push(value);
  }
  return found;
}

/**
 * The document with a value at a path: in every element where the path meets an array, with new documents where it meets
 * nothing or a scalar. An undefined value takes the field away. The parts that stay are shared with the document given.
 */
export function setAt(holder: unknown, parts: readonly string[], value: unknown, at = 0): unknown {
  if (at === parts.length) return value;
  if (Array.isArray(holder)) return holder.map((each) => setAt(each, parts, value, at));
  if (value === undefined && !isDocument(holder)) return holder;
  const copy = isDocument(holder) ? { ...holder } : {};
  const name = parts[at] as string;
  const next = setAt(Object.hasOwn(copy, name) ? copy[name] : undefined, parts, value, at + 1);
  if (next === undefined) delete copy[name];
  else addField(copy, name, next);
  return copy;
}
