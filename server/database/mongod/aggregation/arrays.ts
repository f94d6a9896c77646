import type { Any, Options } from 'mingo/types';
import { CommandError, failedToParse } from '../errors.ts';
import { sortBy } from '../query/sort.ts';
import { type Doc, isDocument, setField } from '../values/codec.ts';
import { collatorFor } from '../values/collation.ts';
import { compare, typeName } from '../values/compare.ts';
import { toDouble } from '../values/numeric.ts';
import { distinctValues, type Kind, kindBy } from './equality.ts';
import { evaluate, type Operator, operand } from './options.ts';

const isNil = (value: unknown): value is null | undefined => value === null || value === undefined;

function arrayOf(name: string, value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw new CommandError(17047, 'Location17047', `${name} needs arrays, found ${typeName(value)}`);
}

/** An operator on sets; null where one of them is null or missing. */
const onSets =
  (name: string, combine: (sets: unknown[][], kindOf: Kind) => unknown): Operator =>
  (obj, expr, options) => {
    const given = (Array.isArray(expr) ? expr : [expr]).map((each) => evaluate(obj, each, options));
    if (given.some(isNil)) return null;
    return combine(
      given.map((each) => arrayOf(name, each)),
      kindBy(options),
    );
  };

const kindsIn = (values: readonly unknown[], kindOf: Kind) => new Set(values.map(kindOf));

function intersection([first = [], ...others]: unknown[][], kindOf: Kind): unknown[] {
  const kinds = others.map((each) => kindsIn(each, kindOf));
  return distinctValues(first, kindOf).filter((value) => kinds.every((each) => each.has(kindOf(value))));
}

function difference([first = [], second = []]: unknown[][], kindOf: Kind): unknown[] {
  const removed = kindsIn(second, kindOf);
  return distinctValues(first, kindOf).filter((value) => !removed.has(kindOf(value)));
}

function areEqual([first = [], ...others]: unknown[][], kindOf: Kind): boolean {
  const kinds = kindsIn(first, kindOf);
  return others.every((each) => {
    const own = kindsIn(each, kindOf);
    return own.size === kinds.size && [...own].every((value) => kinds.has(value));
  });
}

function isSubset([first = [], second = []]: unknown[][], kindOf: Kind): boolean {
  const kinds = kindsIn(second, kindOf);
  return first.every((value) => kinds.has(kindOf(value)));
}

const $in: Operator = (obj, expr, options) => {
  const [item, list] = evaluate(obj, expr, options) as unknown[];
  if (!Array.isArray(list))
    throw new CommandError(
      40081,
      'Location40081',
      `$in requires an array as a second argument, found: ${typeName(list)}`,
    );
  return kindsIn(list, kindBy(options)).has(kindBy(options)(item));
};

const $indexOfArray: Operator = (obj, expr, options) => {
  const [list, item, start = 0, end] = evaluate(obj, expr, options) as unknown[];
  if (isNil(list)) return null;
  const values = arrayOf('$indexOfArray', list);
  const kindOf = kindBy(options);
  const wanted = kindOf(item);
  const last = Math.min(values.length, isNil(end) ? values.length : toDouble(end));
  for (let at = toDouble(start); at < last; at++) if (kindOf(values[at]) === wanted) return at;
  return -1;
};

const $sortArray: Operator = (obj, expr, options) => {
  const { input, sortBy: spec } = expr as unknown as { input: unknown; sortBy: unknown };
  const list = evaluate(obj, input, options);
  if (isNil(list)) return null;
  const collator = collatorFor(options.collation as Doc | undefined);
  const values = [...arrayOf('$sortArray', list)];
  if (isDocument(spec)) return sortBy(values, (each) => (isDocument(each) ? each : {}), spec, { collator });
  const direction = toDouble(spec);
  if (direction !== 1 && direction !== -1) throw failedToParse('$sortArray: sortBy must be 1, -1 or a document');
  return values.sort((a, b) => compare(a, b, collator) * direction);
};

const $arrayToObject: Operator = (obj, expr, options) => {
  const list = operand(obj, expr, options);
  if (isNil(list)) return null;
  const result: Doc = {};
  for (const each of arrayOf('$arrayToObject', list)) {
    const [name, value] = Array.isArray(each) ? each : isDocument(each) ? [each.k, each.v] : [];
    if (typeof name !== 'string')
      throw new CommandError(40394, 'Location40394', '$arrayToObject needs pairs whose first part is a string');
    setField(result, name, value);
  }
  return result;
};

/** The first or the last element of an array; missing when it has none. */
export const endOf =
  (name: string, at: 0 | -1): Operator =>
  (obj, expr, options) => {
    const list = operand(obj, expr, options);
    return isNil(list) ? null : arrayOf(name, list).at(at);
  };

/** A list of values, in an expression. */
export const listIn = (name: string, obj: Any, expr: unknown, options: Options): unknown[] | null => {
  const list = evaluate(obj, expr, options);
  return isNil(list) ? null : arrayOf(name, list);
};

/** Sets, membership and order, where equal numbers of all types are one value. */
export const arrayOperators: Record<string, Operator> = {
  $setUnion: onSets('$setUnion', (sets, kindOf) => distinctValues(sets.flat(), kindOf)),
  $setIntersection: onSets('$setIntersection', intersection),
  $setDifference: onSets('$setDifference', difference),
  $setEquals: onSets('$setEquals', areEqual),
  $setIsSubset: onSets('$setIsSubset', isSubset),
  $in,
  $indexOfArray,
  $sortArray,
  $arrayToObject,
};
