import { Decimal128, Double, Long } from 'bson';
import { notImplemented } from '../errors.ts';

/** Exact decimal value of a finite number: coefficient × 10^exponent. */
export interface Exact {
  coefficient: bigint;
  exponent: number;
}

const MIN_INT32 = -0x80000000;
const MAX_INT32 = 0x7fffffff;

export type NumberKind = 'int' | 'long' | 'double' | 'decimal';

const kindOf: Record<string, NumberKind> = { Long: 'long', Double: 'double', Decimal128: 'decimal' };

/** BSON's numeric type of a decoded value, or undefined when it is not a number. */
export function numberKind(value: unknown): NumberKind | undefined {
  if (typeof value === 'number') {
    return Number.isInteger(value) && value >= MIN_INT32 && value <= MAX_INT32 && !Object.is(value, -0)
      ? 'int'
      : 'double';
  }
  if (typeof value !== 'object' || value === null) return undefined;
  return kindOf[(value as { _bsontype?: string })._bsontype ?? ''];
}

/** The value as a double, rounded where it must be; NaN for what is not a number. */
export function toDouble(value: unknown): number {
  if (typeof value === 'number') return value;
  if (value instanceof Double) return value.value;
  if (value instanceof Long) return value.toNumber();
  if (value instanceof Decimal128) return Number(value.toString());
  return Number.NaN;
}

/** The exact value, or undefined for NaN and the infinities. */
export function toExact(value: unknown): Exact | undefined {
  if (value instanceof Long) return { coefficient: value.toBigInt(), exponent: 0 };
  if (value instanceof Decimal128) return parseDecimal(value.toString());
  const double = toDouble(value);
  if (!Number.isFinite(double)) return undefined;
  if (Number.isInteger(double)) return { coefficient: BigInt(double), exponent: 0 };
  return exactDouble(double);
}

function exactDouble(double: number): Exact {
  let fraction = double;
  let halvings = 0;
  while (!Number.isInteger(fraction)) {
    fraction *= 2;
    halvings++;
  }
  return { coefficient: BigInt(fraction) * 5n ** BigInt(halvings), exponent: -halvings };
}

function parseDecimal(text: string): Exact | undefined {
  const match = /^(-?)(\d*)(?:\.(\d*))?(?:E([+-]?\d+))?$/i.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const coefficient = BigInt(`${whole}${fraction}` || '0');
  return { coefficient: sign === '-' ? -coefficient : coefficient, exponent: Number(exponent) - fraction.length };
}

/** Compares two numbers of any BSON type by value; NaN sorts before every number and equals itself. */
export function compareNumbers(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return compareDoubles(a, b);
  const first = toDouble(a);
  const second = toDouble(b);
  if (isExactDouble(a) && isExactDouble(b)) return compareDoubles(first, second);
  if (!Number.isFinite(first) || !Number.isFinite(second)) return compareDoubles(first, second);
  const left = toExact(a);
  const right = toExact(b);
  if (left === undefined || right === undefined) return compareDoubles(first, second);
  const difference = subtractExact(left, right).coefficient;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

const isExactDouble = (value: unknown): boolean => typeof value === 'number' || value instanceof Double;

function compareDoubles(a: number, b: number): number {
  if (a < b) return -1;
  if (a > b) return 1;
  if (a === b) return 0;
  return Number.isNaN(a) ? (Number.isNaN(b) ? 0 : -1) : 1;
}

function align(a: Exact, b: Exact): [bigint, bigint, number] {
  const exponent = Math.min(a.exponent, b.exponent);
  return [
    a.coefficient * 10n ** BigInt(a.exponent - exponent),
    b.coefficient * 10n ** BigInt(b.exponent - exponent),
    exponent,
  ];
}

function addExact(a: Exact, b: Exact): Exact {
  const [left, right, exponent] = align(a, b);
  return { coefficient: left + right, exponent };
}

function subtractExact(a: Exact, b: Exact): Exact {
  return addExact(a, { coefficient: -b.coefficient, exponent: b.exponent });
}

const rank: Record<NumberKind, number> = { int: 0, long: 1, double: 2, decimal: 3 };

/** The type of the two numbers that takes in the other: int32, int64, double, decimal. */
export function widerKind(a: unknown, b: unknown): NumberKind {
  const first = numberKind(a) as NumberKind;
  const second = numberKind(b) as NumberKind;
  return rank[first] >= rank[second] ? first : second;
}

/** Adds two numbers the way $inc does: int32 grows to int64, and the wider of the two types wins. */
export function addNumbers(a: unknown, b: unknown): unknown {
  return combine(a, b, (x, y) => x + y, addExact);
}

/** Multiplies two numbers the way $mul does. */
export function multiplyNumbers(a: unknown, b: unknown): unknown {
  return combine(
    a,
    b,
    (x, y) => x * y,
    (x, y) => ({ coefficient: x.coefficient * y.coefficient, exponent: x.exponent + y.exponent }),
  );
}

function combine(
  a: unknown,
  b: unknown,
  doubles: (x: number, y: number) => number,
  exacts: (x: Exact, y: Exact) => Exact,
): unknown {
  const kind = widerKind(a, b);
  if (kind === 'decimal') throw notImplemented('arithmetic with Decimal128 is not supported');
  if (kind === 'double') return asDouble(doubles(toDouble(a), toDouble(b)));
  if (kind === 'int') {
    const result = doubles(toDouble(a), toDouble(b));
    if (result >= MIN_INT32 && result <= MAX_INT32) return result + 0;
  }
  const left = toExact(a);
  const right = toExact(b);
  if (left === undefined || right === undefined) {
    return undefined;
  }
  const result = exacts(left, right);
  return fitsLong(result.coefficient) ? Long.fromBigInt(result.coefficient) : undefined;
}

const fitsLong = (value: bigint): boolean => value >= -(2n ** 63n) && value < 2n ** 63n;

/** A double as a decoded value: integral ones in the int32 range need the wrapper to stay doubles. */
export function asDouble(value: number): number | Double {
  return numberKind(value) === 'int' ? new Double(value) : value;
}

export type Rounding = 'up' | 'down' | 'trunc' | 'halfEven';

/** Rounds to a number of decimal places, which may be negative, in the type that the number has; an int32 may become an int64. */
export function roundNumber(value: unknown, places: number, mode: Rounding): unknown {
  const exact = toExact(value);
  if (exact === undefined) return value;
  const excess = -exact.exponent - places;
  if (excess <= 0) return value;
  const unit = 10n ** BigInt(excess);
  const coefficient = roundQuotient(exact.coefficient, unit, mode);
  const kind = numberKind(value);
  if (kind === 'decimal') return Decimal128.fromStringWithRounding(`${coefficient}E${-places}`);
  if (kind === 'double') return asDouble(Number(`${coefficient}e${-places}`));
  const whole = coefficient * 10n ** BigInt(-places);
  if (kind === 'int' && whole >= MIN_INT32 && whole <= MAX_INT32) return Number(whole);
  return fitsLong(whole) ? Long.fromBigInt(whole) : asDouble(Number(whole));
}

function roundQuotient(value: bigint, unit: bigint, mode: Rounding): bigint {
  const quotient = value / unit;
  const rest = value % unit;
  const away = value < 0n ? -1n : 1n;
  if (rest === 0n || mode === 'trunc') return quotient;
  if (mode !== 'halfEven') return (mode === 'up') === value > 0n ? quotient + away : quotient;
  const twice = 2n * rest * away;
  return twice > unit || (twice === unit && quotient % 2n !== 0n) ? quotient + away : quotient;
}
