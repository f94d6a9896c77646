import { Decimal128, Long, ObjectId } from 'bson';
import { evalExpr } from 'mingo/core';
import { $push } from 'mingo/operators/accumulator';
import * as expression from 'mingo/operators/expression';
import type { Any, Options } from 'mingo/types';
import { badValue, CommandError, notImplemented } from '../errors.ts';
import { collatorFor } from '../values/collation.ts';
import { compare, typeName } from '../values/compare.ts';
import { addNumbers, multiplyNumbers, numberKind, toDouble, toExact } from '../values/numeric.ts';

type Operator = (obj: Any, expr: Any, options: Options) => unknown;

/** Where mingo knows JavaScript's types only: comparisons, arithmetic and conversions of all of BSON's. */
const evaluate = (obj: Any, expr: Any, options: Options): unknown => evalExpr(obj, expr, options);

/** Orders two values as expressions do: a missing one comes before null. */
function order(obj: Any, expr: Any, options: Options): number {
  const [a, b] = evaluate(obj, expr, options) as unknown[];
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  return compare(a, b, options.collation === undefined ? undefined : collatorFor(options.collation));
}

const comparison =
  (accept: (order: number) => boolean): Operator =>
  (obj, expr, options) =>
    accept(order(obj, expr, options));

const isExact = (value: unknown): boolean => value instanceof Decimal128 || Long.isLong(value);

/** mingo's operator, unless an operand is a decimal or an int64 beyond doubles. */
function arithmetic(name: string, mingo: unknown, exact: (values: unknown[]) => unknown): Operator {
  const original = mingo as Operator;
  return (obj, expr, options) => {
    const given = evaluate(obj, expr, options);
    const values = Array.isArray(given) ? given : [given];
    if (!values.some(isExact)) return original(obj, expr, options);
    if (values.some((each) => each === null || each === undefined)) return null;
    if (values.some((each) => numberKind(each) === undefined)) {
      throw new CommandError(14, 'TypeMismatch', `${name} only supports numeric types`);
    }
    return exact(values);
  };
}

const negative = (value: unknown) => multiplyNumbers(value, -1);

/** Digits of a quotient before it is rounded to the 34 of a decimal. */
const DIGITS = 40;

function quotient([a, b]: unknown[]): unknown {
  if (toDouble(b) === 0) throw badValue("can't $divide by zero");
  if (!(a instanceof Decimal128) && !(b instanceof Decimal128)) return toDouble(a) / toDouble(b);
  const [x, y] = [toExact(a), toExact(b)];
  if (x === undefined || y === undefined) return Decimal128.fromString('NaN');
  let coefficient = (x.coefficient * 10n ** BigInt(DIGITS)) / y.coefficient;
  let exponent = x.exponent - y.exponent - DIGITS;
  for (; exponent < 0 && coefficient !== 0n && coefficient % 10n === 0n; exponent++) coefficient /= 10n;
  return Decimal128.fromStringWithRounding(`${coefficient}E${exponent}`);
}

function remainder([a, b]: unknown[]): unknown {
  if (a instanceof Decimal128 || b instanceof Decimal128)
    return Decimal128.fromString(String(toDouble(a) % toDouble(b)));
  return Long.fromValue(a as Long).modulo(Long.fromValue(b as Long));
}

function text(obj: Any, expr: Any, options: Options): unknown {
  const value = evaluate(obj, expr, options);
  const own = value instanceof ObjectId || isExact(value);
  return own ? String(value) : (expression.$toString as unknown as Operator)(obj, expr, options);
}

function toLong(obj: Any, expr: Any, options: Options): unknown {
  const value = evaluate(obj, expr, options);
  if (Long.isLong(value)) return value;
  if (typeof value === 'string' && /^[+-]?\d{1,19}$/.test(value)) return Long.fromString(value);
  if (value instanceof Decimal128) return Long.fromString(String(value).split('.')[0] as string);
  return (expression.$toLong as unknown as Operator)(obj, expr, options);
}

function toDecimal(obj: Any, expr: Any, options: Options): unknown {
  const value = evaluate(obj, expr, options);
  if (value === null || value === undefined) return null;
  if (value instanceof Decimal128) return value;
  if (value instanceof Date) return Decimal128.fromString(String(value.getTime()));
  if (typeof value === 'boolean') return Decimal128.fromString(value ? '1' : '0');
  try {
    return Decimal128.fromString(String(value));
  } catch {
    throw new CommandError(241, 'ConversionFailure', `Failed to parse number '${String(value)}' in $convert`);
  }
}

/** mingo calls $function with functions of its own; clients send code, which is not run. */
const ownFunction: Operator = (obj, expr, options) => {
  if (typeof (expr as { body?: unknown }).body === 'function')
    return (expression.$function as unknown as Operator)(obj, expr, options);
  throw notImplemented('$function needs server-side JavaScript, which this engine does not run');
};

/** Operators that take the place of mingo's. */
export const numberOperators: Record<string, Operator> = {
  $eq: comparison((each) => each === 0),
  $ne: comparison((each) => each !== 0),
  $gt: comparison((each) => each > 0),
  $gte: comparison((each) => each >= 0),
  $lt: comparison((each) => each < 0),
  $lte: comparison((each) => each <= 0),
  $cmp: (obj, expr, options) => Math.sign(order(obj, expr, options)),
  $add: arithmetic('$add', expression.$add, (values) => values.reduce((sum, each) => addNumbers(sum, each), 0)),
  $subtract: arithmetic('$subtract', expression.$subtract, ([a, b]) => addNumbers(a, negative(b))),
  $multiply: arithmetic('$multiply', expression.$multiply, (values) =>
    values.reduce((product, each) => multiplyNumbers(product, each), 1),
  ),
  $divide: arithmetic('$divide', expression.$divide, quotient),
  $mod: arithmetic('$mod', expression.$mod, remainder),
  $abs: arithmetic('$abs', expression.$abs, ([a]) => (compare(a, 0) < 0 ? negative(a) : a)),
  $type: (obj, expr, options) => typeName(evaluate(obj, expr, options)),
  $isNumber: (obj, expr, options) => numberKind(evaluate(obj, expr, options)) !== undefined,
  $function: ownFunction,
  $toUpper: (obj, expr, options) => String(evaluate(obj, expr, options) ?? '').toUpperCase(),
  $toLower: (obj, expr, options) => String(evaluate(obj, expr, options) ?? '').toLowerCase(),
  $toString: text,
  $toLong: toLong,
  $toDecimal: toDecimal,
};

type Accumulator = (collection: Any[], expr: Any, options: Options) => unknown;

/** The values of a group, or an array itself where the accumulator stands in an expression. */
const valuesOf: (collection: Any[], expr: Any, options: Options) => unknown[] = $push as never;

function sum(numbers: readonly unknown[]): unknown {
  let total = 0;
  for (const each of numbers) {
    if (typeof each === 'number') total += each;
    else return numbers.reduce((some, other) => addNumbers(some, other), 0);
  }
  return total;
}

const numbersIn = (values: readonly unknown[]) => values.filter((each) => numberKind(each) !== undefined);

function extreme(sign: 1 | -1): Accumulator {
  return (collection, expr, options) => {
    let best: unknown = null;
    const collator = options.collation === undefined ? undefined : collatorFor(options.collation);
    for (const each of valuesOf(collection, expr, options)) {
      if (each === null || each === undefined) continue;
      if (best === null || compare(each, best, collator) * sign > 0) best = each;
    }
    return best;
  };
}

/** Accumulators that take the place of mingo's, which leave decimals and large int64 out. */
export const numberAccumulators: Record<string, Accumulator> = {
  $sum: (collection, expr, options) =>
    typeof expr === 'number' ? collection.length * expr : sum(numbersIn(valuesOf(collection, expr, options))),
  $avg: (collection, expr, options) => {
    const numbers = numbersIn(valuesOf(collection, expr, options));
    if (numbers.length === 0) return null;
    const total = sum(numbers);
    return total instanceof Decimal128 ? quotient([total, numbers.length]) : toDouble(total) / numbers.length;
  },
  $min: extreme(-1),
  $max: extreme(1),
};
