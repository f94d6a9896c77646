import type { Iterator as LazyIterator } from 'mingo/lazy';
import type { Options } from 'mingo/types';
import { isDocument } from '../values/codec.ts';
import { addField } from '../values/fields.ts';

/** A stage of a pipeline: what it makes of the documents before it. */
export type Stage = (input: LazyIterator, argument: unknown, options: Options) => LazyIterator;

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
