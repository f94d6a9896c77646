import { failure, notImplemented } from '../errors.ts';
import { isDocument } from '../values/codec.ts';
import { compare, typeName } from '../values/compare.ts';
import { addField, clone } from '../values/fields.ts';
import { asDouble } from '../values/numeric.ts';
import type { Expression, Operator, Scope } from './scope.ts';

const ANY = Number.POSITIVE_INFINITY;

/** A comparison may be one of large documents. */
const COMPARISON_STEPS = 64;

/** The compiled arguments of an operator; a single one may stand without an array. */
function argumentsOf(operand: unknown, scope: Scope, name: string, least: number, most = least): Expression[] {
  const list = Array.isArray(operand) ? operand : [operand];
  if (list.length >= least && list.length <= most) return list.map((each) => scope.compile(each));
  throw failure(16020, `Expression ${name} takes another number of arguments. ${list.length} were passed in.`);
}

/** A comparison of two values across BSON's types; a missing one comes before null. */
const comparison =
  (accept: (order: number) => boolean): Operator =>
  (operand, scope, name) => {
    const [first, second] = argumentsOf(operand, scope, name, 2) as [Expression, Expression];
    return (root) => {
      scope.settings.effort.step(COMPARISON_STEPS);
      const [a, b] = [first(root), second(root)];
      if (a === undefined || b === undefined) return accept(Number(a !== undefined) - Number(b !== undefined));
      return accept(compare(a, b, scope.collator));
    };
  };

const $concat: Operator = (operand, scope, name) => {
  const list = argumentsOf(operand, scope, name, 0, ANY);
  return (root) => {
    const texts: string[] = [];
    for (const each of list) {
      const value = each(root) ?? null;
      if (value === null) return null;
      if (typeof value !== 'string') throw failure(16702, `${name} only supports strings, not ${typeName(value)}`);
      scope.settings.effort.make(2 * value.length);
      texts.push(value);
    }
    return texts.join('');
  };
};

const $ifNull: Operator = (operand, scope, name) => {
  if (!Array.isArray(operand) || operand.length < 2) throw failure(1257300, '$ifNull needs at least two arguments');
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

const $size: Operator = (operand, scope, name) => {
  const [value] = argumentsOf(operand, scope, name, 1) as [Expression];
  return (root) => {
    const list = value(root);
    if (Array.isArray(list)) return list.length;
    throw failure(17124, `The argument to $size must be an array, but was of type: ${typeName(list)}`);
  };
};

/** A document with a field whose name need not be one that a path can have. */
const $setField: Operator = (operand, scope, name) => {
  const parts = isDocument(operand) ? operand : {};
  if (Object.keys(parts).sort().join() !== 'field,input,value')
    throw failure(9, `${name} needs an object with 'field', 'input' and 'value'`);
  const field = isDocument(parts.field) ? parts.field.$literal : parts.field;
  if (typeof field !== 'string' || (field === parts.field && field.startsWith('$')))
    throw notImplemented(`${name} with a computed name of the field is not supported`);
  const input = scope.compile(parts.input);
  const value = scope.compile(parts.value);
  return (root) => {
    const document = input(root) ?? null;
    if (document === null) return null;
    if (!isDocument(document)) throw failure(4161105, `${name} needs an object, found ${typeName(document)}`);
    const copy = clone(document);
    const computed = value(root);
    if (computed === undefined) delete copy[field];
    else addField(copy, field, computed);
    return scope.made(copy);
  };
};

const $rand: Operator = (operand) => {
  const isEmpty = Array.isArray(operand)
    ? operand.length === 0
    : isDocument(operand) && Object.keys(operand).length === 0;
  if (!isEmpty) throw failure(16020, 'Expression $rand takes no arguments');
  return () => asDouble(Math.random());
};

const operators = new Map<string, Operator>(
  Object.entries({
    $eq: comparison((order) => order === 0),
    $ne: comparison((order) => order !== 0),
    $gt: comparison((order) => order > 0),
    $gte: comparison((order) => order >= 0),
    $lt: comparison((order) => order < 0),
    $lte: comparison((order) => order <= 0),
    $concat,
    $ifNull,
    $literal: (operand) => () => operand,
    $rand,
    $setField,
    $size,
  } satisfies Record<string, Operator>),
);

/** The operator of expressions with this name. @throws CommandError 238 for all that this engine has not */
export function operatorNamed(name: string): Operator {
  const operator = operators.get(name);
  if (operator !== undefined) return operator;
  throw notImplemented(`the expression ${name} is not supported`);
}
