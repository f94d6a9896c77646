import { Decimal128, Long } from 'bson';
import * as expression from 'mingo/operators/expression';
import type { Any, Options } from 'mingo/types';
import { badValue, CommandError, notImplemented } from '../errors.ts';
import { compare, typeName } from '../values/compare.ts';
import {
  addNumbers,
  asDouble,
  multiplyNumbers,
  type NumberKind,
  numberKind,
  type Rounding,
  roundNumber,
  toDouble,
  toExact,
  widerKind,
} from '../values/numeric.ts';
import { evaluate, type Operator, plainNumber } from './options.ts';

/** The values of an operator's arguments; undefined when one of them is null or missing, which makes the result null. */
function operands(obj: Any, expr: Any, options: Options): unknown[] | undefined {
  const given = evaluate(obj, expr, options);
  const values = Array.isArray(given) ? given : [given];
  return values.some((each) => each === null || each === undefined) ? undefined : values;
}

function checkNumbers(name: string, values: readonly unknown[]): void {
  const other = values.find((each) => numberKind(each) === undefined);
  if (other === undefined) return;
  throw new CommandError(14, 'TypeMismatch', `${name} only supports numeric types, not ${typeName(other)}`);
}

const numeric =
  (name: string, least: number, most: number, compute: (values: unknown[], options: Options) => unknown): Operator =>
  (obj, expr, options) => {
    const values = operands(obj, expr, options);
    if (values === undefined) return null;
    if (values.length < least || values.length > most) throw wrongCount(name, least, values.length);
    checkNumbers(name, values);
    return compute(values, options);
  };

const wrongCount = (name: string, wanted: number, given: number) =>
  new CommandError(
    16020,
    'Location16020',
    `Expression ${name} takes exactly ${wanted} arguments. ${given} were passed in.`,
  );

/** The sum; what is too large for an int64 becomes a double, as expressions have it. */
export const sumOf = (a: unknown, b: unknown): unknown => addNumbers(a, b) ?? asDouble(toDouble(a) + toDouble(b));

const productOf = (a: unknown, b: unknown): unknown => multiplyNumbers(a, b) ?? asDouble(toDouble(a) * toDouble(b));

const negative = (value: unknown) => productOf(value, -1);

const time = (value: unknown) => (value instanceof Date ? value.getTime() : value);

const $add: Operator = (obj, expr, options) => {
  const values = operands(obj, expr, options);
  if (values === undefined) return null;
  const dates = values.filter((each) => each instanceof Date).length;
  if (dates > 1) throw new CommandError(16612, 'Location16612', 'only one date allowed in an $add expression');
  const numbers = dates === 0 ? values : values.map(time);
  checkNumbers('$add', numbers);
  const total = numbers.reduce(sumOf, 0);
  return dates === 0 ? total : new Date(Math.round(toDouble(total)));
};

const $subtract: Operator = (obj, expr, options) => {
  const values = operands(obj, expr, options);
  if (values === undefined) return null;
  if (values.length !== 2) throw wrongCount('$subtract', 2, values.length);
  const [a, b] = values;
  if (a instanceof Date && b instanceof Date) return Long.fromNumber(a.getTime() - b.getTime());
  checkNumbers('$subtract', [time(a), b]);
  return a instanceof Date ? new Date(a.getTime() - Math.round(toDouble(b))) : sumOf(a, negative(b));
};

/** Digits of a quotient before it is rounded to the 34 of a decimal. */
const DIGITS = 40;

/** The quotient: a double, or a decimal where one of the two is. */
export function quotient(a: unknown, b: unknown): unknown {
  if (toDouble(b) === 0) throw badValue("can't $divide by zero");
  if (!(a instanceof Decimal128) && !(b instanceof Decimal128)) return asDouble(toDouble(a) / toDouble(b));
  const [x, y] = [toExact(a), toExact(b)];
  if (x === undefined || y === undefined) return Decimal128.fromString(String(toDouble(a) / toDouble(b)));
  let coefficient = (x.coefficient * 10n ** BigInt(DIGITS)) / y.coefficient;
  let exponent = x.exponent - y.exponent - DIGITS;
  for (; exponent < 0 && coefficient !== 0n && coefficient % 10n === 0n; exponent++) coefficient /= 10n;
  return Decimal128.fromStringWithRounding(`${coefficient}E${exponent}`);
}

/** The remainder, in the wider of the two types. */
function remainder([a, b]: unknown[]): unknown {
  if (toDouble(b) === 0) throw new CommandError(16610, 'Location16610', "can't $mod by zero");
  const rest = toDouble(a) % toDouble(b);
  switch (widerKind(a, b)) {
    case 'int':
      return rest + 0;
    case 'long':
      return Long.fromValue(a as Long).modulo(Long.fromValue(b as Long));
    case 'decimal':
      return Decimal128.fromString(String(rest));
    default:
      return asDouble(rest);
  }
}

const isWhole = (kind: NumberKind | undefined): boolean => kind === 'int' || kind === 'long';

/** int32 and int64 to a power that an int64 holds stay whole; everything else is a double. */
function power([base, exponent]: unknown[]): unknown {
  const kind = widerKind(base, exponent);
  if (kind === 'decimal') throw notImplemented('$pow of a decimal is not supported');
  if (toDouble(base) === 0 && toDouble(exponent) < 0)
    throw new CommandError(28764, 'Location28764', '$pow cannot take a base of 0 and a negative exponent');
  const double = toDouble(base) ** toDouble(exponent);
  if (!isWhole(kind) || toDouble(exponent) < 0 || Math.abs(double) >= 2 ** 63) return asDouble(double);
  const exact = BigInt(String(base)) ** BigInt(String(exponent));
  return kind === 'int' && Number(exact) === (Number(exact) | 0) ? Number(exact) : Long.fromBigInt(exact);
}

const rounding = (name: string, mode: Rounding): Operator =>
  numeric(name, 1, 2, ([value, place = 0]) => {
    const digits = toDouble(place);
    if (!Number.isInteger(digits) || digits < -20 || digits > 100)
      throw new CommandError(51083, 'Location51083', `cannot apply ${name} with precision value ${digits}`);
    return roundNumber(value, digits, mode);
  });

/** $bitAnd and its like: int32 among themselves, else int64. */
const bitwise =
  (name: string, start: bigint, combine: (a: bigint, b: bigint) => bigint): Operator =>
  (obj, expr, options) => {
    const values = operands(obj, expr, options);
    if (values === undefined) return null;
    const wrong = values.find((each) => !isWhole(numberKind(each)));
    if (wrong !== undefined)
      throw new CommandError(14, 'TypeMismatch', `${name} only supports int and long operands, not ${typeName(wrong)}`);
    const result = values.map((each) => BigInt(String(each))).reduce(combine, start);
    return values.every((each) => numberKind(each) === 'int') ? Number(result) : Long.fromBigInt(result);
  };

const mingo = expression as unknown as Record<string, Operator>;

/** mingo's function of doubles, whose result is a double too. */
const ofDoubles = (name: string): Operator =>
  numeric(name, 1, 2, (values, options) => {
    if (values.some((each) => each instanceof Decimal128))
      throw notImplemented(`${name} of a decimal is not supported`);
    const doubles = values.map(toDouble);
    const original = mingo[name] as Operator;
    return asDouble(original(null, doubles.length === 1 ? doubles[0] : doubles, options) as number);
  });

const functions =
  `$exp $ln $log $log10 $sqrt $sin $cos $tan $asin $acos $atan $atan2 $sinh $cosh $tanh $asinh $acosh $atanh
$degreesToRadians $radiansToDegrees`.split(/\s+/);

/** Arithmetic with the result types of MongoDB's manual. */
export const arithmeticOperators: Record<string, Operator> = {
  ...Object.fromEntries(functions.map((name) => [name, ofDoubles(name)])),
  $add,
  $subtract,
  $multiply: numeric('$multiply', 0, Number.MAX_SAFE_INTEGER, (values) => values.reduce(productOf, 1)),
  $divide: numeric('$divide', 2, 2, ([a, b]) => quotient(a, b)),
  $mod: numeric('$mod', 2, 2, remainder),
  $pow: numeric('$pow', 2, 2, power),
  $abs: numeric('$abs', 1, 1, ([value]) => (compare(value, 0) < 0 ? negative(value) : value)),
  $ceil: rounding('$ceil', 'up'),
  $floor: rounding('$floor', 'down'),
  $round: rounding('$round', 'halfEven'),
  $trunc: rounding('$trunc', 'trunc'),
  $bitAnd: bitwise('$bitAnd', -1n, (a, b) => a & b),
  $bitOr: bitwise('$bitOr', 0n, (a, b) => a | b),
  $bitXor: bitwise('$bitXor', 0n, (a, b) => a ^ b),
  $bitNot: bitwise('$bitNot', 0n, (_none, value) => ~value),
  $sigmoid: (obj, expr, options) => {
    const result = (expression.$sigmoid as unknown as Operator)(
      obj,
      { input: { $literal: plainNumber(evaluate(obj, expr, options)) } },
      options,
    );
    return typeof result === 'number' ? asDouble(result) : result;
  },
};
