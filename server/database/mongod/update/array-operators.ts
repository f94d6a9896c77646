import { badValue, notImplemented } from '../errors.ts';
import { compileFilter, elementTest, isOperatorDocument, type MatchContext } from '../query/matcher.ts';
import type { Test } from '../query/operators.ts';
import { isDocument } from '../values/codec.ts';
import { equal, typeName } from '../values/compare.ts';
import { kindBy } from '../values/kinds.ts';

/** Turns the old value of an array field into the new one; undefined leaves the field alone. */
export type ArrayChange = (old: unknown, path: string) => unknown;

/** What `$each` names, or the operand itself. @throws CommandError 238 for other modifiers of $push */
function elementsOf(operand: unknown, operator: string): unknown[] {
  if (!isDocument(operand) || !Object.hasOwn(operand, '$each')) return [operand];
  const { $each: each, ...rest } = operand;
  if (!Array.isArray(each))
    throw badValue(`The argument to $each in ${operator} must be an array but it was of type ${typeName(each)}`);
  for (const name of Object.keys(rest)) {
    if (['$slice', '$sort', '$position'].includes(name)) throw notImplemented(`${name} in $push is not supported`);
    throw badValue(`Unrecognized clause in ${operator}: ${name}`);
  }
  return each;
}

export function push(operand: unknown): ArrayChange {
  const each = elementsOf(operand, '$push');
  return (old, path) => [...arrayOf(old, path, '$push'), ...each];
}

export function addToSet(operand: unknown, context: MatchContext): ArrayChange {
  const each = elementsOf(operand, '$addToSet');
  return (old, path) => {
    const list = arrayOf(old, path, '$addToSet');
    const kindOf = kindBy(context.collator);
    const known = new Set(list.map(kindOf));
    for (const value of each) {
      const kind = kindOf(value);
      if (known.has(kind)) continue;
      known.add(kind);
      list.push(value);
    }
    return list;
  };
}

export function pull(operand: unknown, context: MatchContext): ArrayChange {
  const removes = pullTest(operand, context);
  return (old, path) =>
    old === undefined ? undefined : arrayOf(old, path, '$pull').filter((element) => !removes(element));
}

/** Operators that stand before conditions on fields, not on a value. */
const logical = new Set(['$and', '$or', '$expr']);

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

function arrayOf(old: unknown, path: string, operator: string): unknown[] {
  if (old === undefined) return [];
  if (Array.isArray(old)) return [...old];
  const message =
    operator === '$pull'
      ? `Cannot apply ${operator} to a non-array value`
      : `The field '${path}' must be an array but is of type ${typeName(old)} in document`;
  throw badValue(message);
}
