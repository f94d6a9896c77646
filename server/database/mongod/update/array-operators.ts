import { badValue, failedToParse } from '../errors.ts';
import { compileFilter, elementTest, isOperatorDocument, type MatchContext } from '../query/matcher.ts';
import type { Test } from '../query/operators.ts';
import { sortComparator } from '../query/sort.ts';
import { ValueSet } from '../values/buckets.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { compare, equal, typeName } from '../values/compare.ts';
import { toDouble } from '../values/numeric.ts';

/** Turns the old value of an array field into the new one; undefined leaves the field alone. */
export type ArrayChange = (old: unknown, path: string) => unknown;

export function push(operand: unknown, context: MatchContext): ArrayChange {
  const modified = isDocument(operand) && Object.hasOwn(operand, '$each');
  const each = modified ? operand.$each : [operand];
  if (!Array.isArray(each))
    throw badValue(`The argument to $each in $push must be an array but it was of type ${typeName(each)}`);
  const { $slice, $sort, $position, ...rest } = (modified ? operand : {}) as Doc;
  for (const name of Object.keys(rest)) if (name !== '$each') throw badValue(`Unrecognized clause in $push: ${name}`);
  const position = $position === undefined ? undefined : integer($position, '$position');
  const limit = $slice === undefined ? undefined : integer($slice, '$slice');
  const order = elementOrder($sort, context);
  return (old, path) => {
    const list = arrayOf(old, path, '$push');
    const at = position === undefined ? list.length : position;
    const all = [...list.slice(0, at), ...each, ...list.slice(at)];
    if (order !== undefined) all.sort(order);
    if (limit === undefined) return all;
    return limit < 0 ? all.slice(limit) : all.slice(0, limit);
  };
}

function elementOrder(spec: unknown, context: MatchContext): ((a: unknown, b: unknown) => number) | undefined {
  if (spec === undefined) return undefined;
  if (isDocument(spec)) {
    if (Object.keys(spec).length === 0) throw badValue('The $sort pattern is empty when it should be a set of fields.');
    if (Object.values(spec).some((each) => Math.abs(toDouble(each)) !== 1))
      throw badValue('The $sort element value must be either 1 or -1');
    const order = sortComparator(spec, context.collator);
    return (a, b) => order(isDocument(a) ? a : {}, isDocument(b) ? b : {});
  }
  const direction = toDouble(spec);
  if (direction !== 1 && direction !== -1) throw badValue('The $sort element value must be either 1 or -1');
  return (a, b) => compare(a, b, context.collator) * direction;
}

export function addToSet(operand: unknown, context: MatchContext): ArrayChange {
  const each = isDocument(operand) && Object.keys(operand)[0] === '$each' ? operand.$each : [operand];
  if (!Array.isArray(each))
    throw badValue(`The argument to $each in $addToSet must be an array but it was of type ${typeName(each)}`);
  return (old, path) => {
    const list = arrayOf(old, path, '$addToSet');
    const known = setOf(list, context);
    for (const value of each) if (known.add(value)) list.push(value);
    return list;
  };
}

export function pull(operand: unknown, context: MatchContext): ArrayChange {
  const removes = pullTest(operand, context);
  return (old, path) =>
    old === undefined ? undefined : arrayOf(old, path, '$pull').filter((element) => !removes(element));
}

/** Operators that stand before conditions on fields, not on a value. */
const logical = new Set(['$and', '$or', '$nor', '$expr']);

function pullTest(operand: unknown, context: MatchContext): Test {
  const first = isDocument(operand) ? (Object.keys(operand)[0] ?? '') : '';
  if (isOperatorDocument(operand) && !logical.has(first)) return elementTest(operand, context);
  if (isDocument(operand)) {
    const matches = compileFilter(operand, context);
    return (element) => isDocument(element) && matches(element);
  }
  const matches = compileFilter({ element: operand }, context);
  return (element) =>
    Array.isArray(element) ? Array.isArray(operand) && equal(element, operand) : matches({ element });
}

export function pullAll(operand: unknown, context: MatchContext): ArrayChange {
  if (!Array.isArray(operand)) throw badValue('$pullAll requires an array argument');
  const removed = setOf(operand, context);
  return (old, path) => {
    if (old === undefined) return undefined;
    return arrayOf(old, path, '$pullAll').filter((element) => !removed.has(element));
  };
}

const setOf = (values: readonly unknown[], { collator, effort }: MatchContext): ValueSet =>
  new ValueSet(values, collator, () => effort?.step());

export function pop(operand: unknown): ArrayChange {
  const direction = toDouble(operand);
  if (direction !== 1 && direction !== -1) throw failedToParse(`$pop expects 1 or -1, found: ${String(operand)}`);
  return (old, path) => {
    if (old === undefined) return undefined;
    const list = arrayOf(old, path, '$pop');
    return direction === 1 ? list.slice(0, -1) : list.slice(1);
  };
}

function arrayOf(old: unknown, path: string, operator: string): unknown[] {
  if (old === undefined) return [];
  if (Array.isArray(old)) return [...old];
  const message =
    operator === '$pop' || operator === '$pull' || operator === '$pullAll'
      ? `Cannot apply ${operator} to a non-array value`
      : `The field '${path}' must be an array but is of type ${typeName(old)} in document`;
  throw badValue(message);
}

function integer(value: unknown, name: string): number {
  const number = toDouble(value);
  if (!Number.isInteger(number)) throw badValue(`The value for ${name} must be an integer value`);
  return number;
}
