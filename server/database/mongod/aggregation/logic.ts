import { isTruthy } from '../query/matcher.ts';
import { isDocument } from '../values/codec.ts';
import { type Collator, compare, typeName } from '../values/compare.ts';
import { numberKind } from '../values/numeric.ts';
import { argumentsOf, arrayOf, located, namedOperands, unary } from './operands.ts';
import { checkVariableName, type Expression, type Operator, type Variable } from './scope.ts';

/** Orders two values as expressions do: a missing one comes before null. */
function order(a: unknown, b: unknown, collator: Collator): number {
  if (a === undefined || b === undefined) return Number(a !== undefined) - Number(b !== undefined);
  return compare(a, b, collator);
}

const comparison =
  (accept: (order: number) => unknown): Operator =>
  (operand, scope, name) => {
    const [a, b] = argumentsOf(operand, scope, name, 2) as [Expression, Expression];
    return (root) => {
      scope.settings.work.step();
      return accept(order(a(root), b(root), scope.collator));
    };
  };

const ANY = Number.POSITIVE_INFINITY;

const $and: Operator = (operand, scope, name) => {
  const list = argumentsOf(operand, scope, name, 0, ANY);
  return (root) => list.every((each) => isTruthy(each(root)));
};

const $or: Operator = (operand, scope, name) => {
  const list = argumentsOf(operand, scope, name, 0, ANY);
  return (root) => list.some((each) => isTruthy(each(root)));
};

const $not: Operator = (operand, scope, name) => {
  const [value] = argumentsOf(operand, scope, name, 1) as [Expression];
  return (root) => !isTruthy(value(root));
};

const $cond: Operator = (operand, scope, name) => {
  const parts = isDocument(operand) ? namedOperands(operand, name, ['if', 'then', 'else']) : undefined;
  const list = parts === undefined ? operand : [parts.if, parts.then, parts.else];
  const [test, yes, no] = argumentsOf(list, scope, name, 3) as [Expression, Expression, Expression];
  return (root) => (isTruthy(test(root)) ? yes(root) : no(root));
};

const $ifNull: Operator = (operand, scope, name) => {
  if (!Array.isArray(operand) || operand.length < 2) throw located(1257300, '$ifNull needs at least two arguments');
  const list = argumentsOf(operand, scope, name, 2, ANY);
  const last = list.pop() as Expression;
  return (root) => {
    for (const each of list) {
      const value = each(root);
      if (value !== null && value !== undefined) return value;
    }
    return last(root);
  };
};

const $switch: Operator = (operand, scope, name) => {
  const given = namedOperands(operand, name, ['branches'], ['default']);
  const branches = arrayOf(given.branches, name, 40061).map((branch) => {
    const parts = namedOperands(branch, name, ['case', 'then']);
    return { test: scope.compile(parts.case), value: scope.compile(parts.then) };
  });
  if (branches.length === 0) throw located(40068, '$switch requires at least one branch.');
  const otherwise = Object.hasOwn(given, 'default') ? scope.compile(given.default) : undefined;
  return (root) => {
    const branch = branches.find((each) => isTruthy(each.test(root)));
    if (branch !== undefined) return branch.value(root);
    if (otherwise !== undefined) return otherwise(root);
    throw located(40066, '$switch could not find a matching branch for an input, and no default was specified.');
  };
};

const $let: Operator = (operand, scope, name) => {
  const given = namedOperands(operand, name, ['vars', 'in']);
  if (!isDocument(given.vars)) throw located(16876, "Missing 'vars' parameter to $let");
  const bindings = Object.entries(given.vars).map(([variable, value]) => {
    checkVariableName(variable);
    return { variable, cell: { value: undefined } as Variable, value: scope.compile(value) };
  });
  const result = scope
    .with(bindings.map(({ variable, cell }): [string, Variable] => [variable, cell]))
    .compile(given.in);
  return (root) => {
    const values = bindings.map(({ value }) => value(root));
    for (const [at, { cell }] of bindings.entries()) cell.value = values[at];
    return result(root);
  };
};

/** Comparisons across BSON's types, conditions, variables and types. */
export const logicOperators: Record<string, Operator> = {
  $eq: comparison((each) => each === 0),
  $ne: comparison((each) => each !== 0),
  $gt: comparison((each) => each > 0),
  $gte: comparison((each) => each >= 0),
  $lt: comparison((each) => each < 0),
  $lte: comparison((each) => each <= 0),
  $cmp: comparison(Math.sign),
  $and,
  $or,
  $not,
  $cond,
  $ifNull,
  $switch,
  $let,
  $literal: (operand) => () => operand,
  $type: unary(typeName),
  $isNumber: unary((value) => numberKind(value) !== undefined),
};
