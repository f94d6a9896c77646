import { Decimal128, Long } from 'bson';
import { badValue, CommandError } from '../errors.ts';
import { compare, typeName } from '../values/compare.ts';
import {
  asDouble,
  multiplyNumbers,
  numberKind,
  type Rounding,
  roundNumber,
  toDouble,
  widerKind,
} from '../values/numeric.ts';
import { decimalArithmetic, NumberSum } from './number-sum.ts';
import { argumentsOf, isNil, located, nullable } from './operands.ts';
import type { Operator } from './scope.ts';

function checkNumber(value: unknown, name: string): void {
  if (value instanceof Decimal128) throw decimalArithmetic();
  if (numberKind(value) !== undefined) return;
  throw new CommandError(14, 'TypeMismatch', `${name} only supports numeric types, not ${typeName(value)}`);
}

/** An operator of numbers; null where one of them is null or missing. */
const numeric = (least: number, most: number, compute: (values: unknown[], name: string) => unknown): Operator =>
  nullable(least, most, (values, name) => {
    for (const value of values) checkNumber(value, name);
    return compute(values, name);
  });

/** The nearest whole number; halves are rounded away from zero. */
const nearest = (value: number): number => Math.sign(value) * Math.round(Math.abs(value));

const $add: Operator = (operand, scope, name) => {
  const list = argumentsOf(operand, scope, name, 0, Number.POSITIVE_INFINITY);
  return (root) => {
    const sum = new NumberSum();
    let date: Date | undefined;
    for (const each of list) {
      const value = each(root);
      if (isNil(value)) return null;
      if (value instanceof Date) {
        if (date !== undefined) throw located(16612, 'only one date allowed in an $add expression');
        date = value;
      } else {
        checkNumber(value, name);
        sum.add(value);
      }
    }
    return date === undefined ? sum.result : dateAt(date.getTime() + nearest(sum.double));
  };
};

/** The date so many milliseconds after 1970. @throws CommandError where a date has no such value here */
function dateAt(time: number): Date {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) throw new CommandError(15, 'Overflow', 'date overflow');
  return date;
}

const $subtract = nullable(2, 2, ([a, b], name) => {
  if (a instanceof Date && b instanceof Date) return Long.fromNumber(a.getTime() - b.getTime());
  checkNumber(b, name);
  if (a instanceof Date) return dateAt(a.getTime() - nearest(toDouble(b)));
  checkNumber(a, name);
  if (widerKind(a, b) === 'double') return asDouble(toDouble(a) - toDouble(b));
  const difference = BigInt(String(a)) - BigInt(String(b));
  if (widerKind(a, b) === 'int' && BigInt.asIntN(32, difference) === difference) return Number(difference);
  return BigInt.asIntN(64, difference) === difference ? Long.fromBigInt(difference) : asDouble(Number(difference));
});

/** A product that is too large for an int64 becomes a double. */
const productOf = (a: unknown, b: unknown): unknown => multiplyNumbers(a, b) ?? asDouble(toDouble(a) * toDouble(b));

const $multiply: Operator = (operand, scope, name) => {
  const list = argumentsOf(operand, scope, name, 0, Number.POSITIVE_INFINITY);
  return (root) => {
    let product: unknown = 1;
    for (const each of list) {
      const value = each(root);
      if (isNil(value)) return null;
      checkNumber(value, name);
      product = productOf(product, value);
    }
    return product;
  };
};

const $divide = numeric(2, 2, ([a, b]) => {
  if (toDouble(b) === 0) throw badValue("can't $divide by zero");
  return asDouble(toDouble(a) / toDouble(b));
});

/** The remainder, in the wider of the two types. */
const $mod = numeric(2, 2, ([a, b]) => {
  if (toDouble(b) === 0) throw located(16610, "can't $mod by zero");
  const kind = widerKind(a, b);
  if (kind === 'long') return Long.fromBigInt(BigInt(String(a)) % BigInt(String(b)));
  const rest = toDouble(a) % toDouble(b);
  return kind === 'int' ? rest + 0 : asDouble(rest);
});

const $abs = numeric(1, 1, ([value]) => {
  if (compare(value, 0) >= 0) return value;
  if (value instanceof Long && value.equals(Long.MIN_VALUE)) throw located(28680, "can't take $abs of long long min");
  return numberKind(value) === 'double' ? asDouble(Math.abs(toDouble(value))) : productOf(value, -1);
});

const roundedTo = (value: unknown, place: unknown, mode: Rounding, name: string): unknown => {
  const digits = toDouble(place);
  if (!Number.isInteger(digits) || digits < -20 || digits > 100)
    throw located(51083, `cannot apply ${name} with precision value ${digits}`);
  return roundNumber(value, digits, mode);
};

const rounding = (mode: Rounding, most: 1 | 2): Operator =>
  numeric(1, most, ([value, place = 0], name) => roundedTo(value, place, mode, name));

/** Arithmetic with the result types of MongoDB's manual. */
export const arithmeticOperators: Record<string, Operator> = {
  $add,
  $subtract,
  $multiply,
  $divide,
  $mod,
  $abs,
  $ceil: rounding('up', 1),
  $floor: rounding('down', 1),
  $round: rounding('halfEven', 2),
  $trunc: rounding('trunc', 2),
  $rand: (operand, scope, name) => {
    if (operand !== null && typeof operand === 'object' && Object.keys(operand).length === 0)
      return () => asDouble(Math.random());
    argumentsOf(operand, scope, name, 0);
    return () => asDouble(Math.random());
  },
};
