import { type Doc, isDocument, setField } from './codec.ts';
import { copyOrder, fieldNames, isLikeInteger, keepOrder } from './order.ts';

/** A deep copy of documents and arrays; scalars are shared, as they are never changed in place. */
export function clone<T>(value: T): T {
  if (Array.isArray(value)) return value.map(clone) as T;
  if (!isDocument(value)) return value;
  const copy: Doc = {};
  for (const name of Object.keys(value)) setField(copy, name, clone((value as Doc)[name]));
  copyOrder(value, copy);
  return copy as T;
}

/** Sets a field that is the last one if it is new. */
export function addField(target: Doc, name: string, value: unknown): void {
  const names = isLikeInteger(name) && !Object.hasOwn(target, name) ? [...fieldNames(target), name] : undefined;
  setField(target, name, value);
  if (names !== undefined) keepOrder(target, names);
}
