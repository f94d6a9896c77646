import { Double, Long } from 'bson';

const MIN_INT32 = -0x80000000;
const MAX_INT32 = 0x7fffffff;

export type NumberKind = 'int' | 'long' | 'double';

/** BSON's numeric type of a decoded value, or undefined when it is not a number. */
export function numberKind(value: unknown): NumberKind | undefined {
  if (typeof value === 'number') {
    return Number.isInteger(value) && value >= MIN_INT32 && value <= MAX_INT32 && !Object.is(value, -0)
      ? 'int'
      : 'double';
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const type = (value as { _bsontype?: string })._bsontype;
  return type === 'Long' ? 'long' : type === 'Double' ? 'double' : undefined;
}

/** The value as a double, rounded where it must be; NaN for what is not a number. */
export function toDouble(value: unknown): number {
  if (typeof value === 'number') return value;
  if (value instanceof Double) return value.value;
  return value instanceof Long ? value.toNumber() : Number.NaN;
}

/** The exact value of a whole number. */
const toWhole = (value: unknown): bigint => (value instanceof Long ? value.toBigInt() : BigInt(toDouble(value)));

/** Compares two numbers of any BSON type by value; NaN sorts before every number and equals itself. */
export function compareNumbers(a: unknown, b: unknown): number {
  const [first, second] = [toDouble(a), toDouble(b)];
  if (first < second) return -1;
  if (first > second) return 1;
  if (first !== second) return Number(Number.isNaN(second)) - Number(Number.isNaN(first));
  if (!(a instanceof Long) && !(b instanceof Long)) return 0;
  // An int64 beyond 2^53 may be another number than the double to which it is rounded.
  const difference = toWhole(a) - toWhole(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/**
 * Adds two numbers the way $inc does: int32 grows to int64, and the wider of the two types wins; undefined where two whole ones
 * do not fit into an int64.
 */
export function addNumbers(a: unknown, b: unknown): unknown {
  const kinds = [numberKind(a), numberKind(b)];
  const rough = toDouble(a) + toDouble(b);
  if (kinds.includes('double')) return asDouble(rough);
  if (!kinds.includes('long') && rough >= MIN_INT32 && rough <= MAX_INT32) return rough + 0;
  const sum = toWhole(a) + toWhole(b);
  return BigInt.asIntN(64, sum) === sum ? Long.fromBigInt(sum) : undefined;
}

/** A double as a decoded value: integral ones in the int32 range need the wrapper to stay doubles. */
export function asDouble(value: number): number | Double {
  return numberKind(value) === 'int' ? new Double(value) : value;
}
