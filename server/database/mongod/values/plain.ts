import { Double, Long } from 'bson';
import { mapScalars } from './fields.ts';

/** The value with Double and Long as plain numbers where these are exact, as expressions need it. */
export const plain = <T>(value: T): T => mapScalars(value, number);

function number(value: unknown): unknown {
  if (value instanceof Double) return value.value;
  // A Timestamp is a Long as well.
  if (!(value instanceof Long) || (value as { _bsontype: string })._bsontype === 'Timestamp') return value;
  const exact = value.toNumber();
  return Number.isSafeInteger(exact) ? exact : value;
}
