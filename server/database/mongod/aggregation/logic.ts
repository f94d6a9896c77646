import * as expression from 'mingo/operators/expression';
import type { Any, Options } from 'mingo/types';
import { CommandError } from '../errors.ts';
import { isTruthy } from '../query/matcher.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { collatorFor } from '../values/collation.ts';
import { compare } from '../values/compare.ts';
import { evaluate, type Operator, operand, plainNumber } from './options.ts';

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

const holds = (obj: Any, expr: unknown, options: Options): boolean => isTruthy(evaluate(obj, expr, options));

const listOf = (expr: unknown): unknown[] => (Array.isArray(expr) ? expr : [expr]);

const $cond: Operator = (obj, expr, options) => {
  const [test, then, otherwise] = (
    Array.isArray(expr) ? expr : ['if', 'then', 'else'].map((name) => (expr as Doc)[name])
  ) as unknown[];
  if (
    Array.isArray(expr)
      ? expr.length !== 3
      : Object.keys(expr as Doc)
          .sort()
          .join() !== 'else,if,then'
  )
    throw new CommandError(17080, 'Location17080', "$cond needs 'if', 'then' and 'else'");
  return evaluate(obj, holds(obj, test, options) ? then : otherwise, options);
};

const $switch: Operator = (obj, expr, options) => {
  const given = expr as { branches: { case: unknown; then: unknown }[]; default?: unknown };
  const branch = given.branches.find((each) => holds(obj, each.case, options));
  if (branch !== undefined) return evaluate(obj, branch.then, options);
  if ('default' in given) return evaluate(obj, given.default, options);
  const message = '$switch could not find a matching branch for an input, and no default was specified.';
  throw new CommandError(40066, 'Location40066', message);
};

/** mingo's, with a condition that counts zeros of all types as false. */
const $filter: Operator = (obj, expr, options) => {
  if (!isDocument(expr) || !('input' in expr) || !('cond' in expr))
    throw new CommandError(28648, 'Location28648', "$filter needs 'input' and 'cond'");
  const { cond, limit, ...rest } = expr;
  const most = plainNumber(evaluate(obj, limit, options)) ?? undefined;
  const bounded = most === undefined ? {} : { limit: most };
  return (expression.$filter as unknown as Operator)(
    obj,
    { ...rest, ...bounded, cond: { $and: [cond] } } as Any,
    options,
  );
};

const elements = (obj: Any, expr: Any, options: Options): unknown[] => {
  const value = operand(obj, expr, options);
  if (Array.isArray(value)) return value;
  throw new CommandError(17040, 'Location17040', 'the argument must be an array');
};

/** Comparisons across BSON's types, and what depends on which values count as true. */
export const logicOperators: Record<string, Operator> = {
  $eq: comparison((each) => each === 0),
  $ne: comparison((each) => each !== 0),
  $gt: comparison((each) => each > 0),
  $gte: comparison((each) => each >= 0),
  $lt: comparison((each) => each < 0),
  $lte: comparison((each) => each <= 0),
  $cmp: (obj, expr, options) => Math.sign(order(obj, expr, options)),
  $and: (obj, expr, options) => listOf(expr).every((each) => holds(obj, each, options)),
  $or: (obj, expr, options) => listOf(expr).some((each) => holds(obj, each, options)),
  $not: (obj, expr, options) => !holds(obj, Array.isArray(expr) ? expr[0] : expr, options),
  $allElementsTrue: (obj, expr, options) => elements(obj, expr, options).every(isTruthy),
  $anyElementTrue: (obj, expr, options) => elements(obj, expr, options).some(isTruthy),
  $cond,
  $switch,
  $filter,
};
