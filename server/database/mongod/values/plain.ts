import { Double, Long } from 'bson';
import { type Doc, isDocument, setField } from './codec.ts';
import { copyOrder } from './order.ts';

/** The value with Double and Long as plain numbers where these are exact, as expressions need it. */
export function plain<T>(value: T): T {
  if (value instanceof Double) return value.value as T;
  if (value instanceof Long && !('isSigned' in value && (value as { _bsontype?: string })._bsontype === 'Timestamp')) {
    const number = value.toNumber();
    return (Number.isSafeInteger(number) ? number : value) as T;
  }
  if (Array.isArray(value)) return value.map(plain) as T;
  if (!isDocument(value)) return value;
  const result: Doc = {};
  for (const name of Object.keys(value)) setField(result, name, plain((value as Doc)[name]));
  copyOrder(value, result);
  return result as T;
}
