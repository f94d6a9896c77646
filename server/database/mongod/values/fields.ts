import { type Doc, isDocument, setField } from './codec.ts';
import { copyOrder, fieldNames, isLikeInteger, keepOrder } from './order.ts';

/** A deep copy of documents and arrays, with each scalar as `scalar` has it and fields in their order. */
export function mapScalars<T>(value: T, scalar: (value: unknown) => unknown): T {
  if (Array.isArray(value)) return value.map((each) => mapScalars(each, scalar)) as T;
  if (!isDocument(value)) return scalar(value) as T;
  const copy: Doc = {};
  for (const name of Object.keys(value)) setField(copy, name, mapScalars((value as Doc)[name], scalar));
  copyOrder(value, copy);
  return copy as T;
}

/** A deep copy; scalars are shared, as they are never changed in place. */
export const clone = <T>(value: T): T => mapScalars(value, (scalar) => scalar);

/** Sets a field that is the last one if it is new. */
export function addField(target: Doc, name: string, value: unknown): void {
  const names = isLikeInteger(name) && !Object.hasOwn(target, name) ? [...fieldNames(target), name] : undefined;
  setField(target, name, value);
  if (names !== undefined) keepOrder(target, names);
}
