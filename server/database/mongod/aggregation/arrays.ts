import { CommandError } from '../errors.ts';
import { isTruthy } from '../query/matcher.ts';
import { compileSort } from '../query/sort.ts';
import { isDocument } from '../values/codec.ts';
import { compare, typeName } from '../values/compare.ts';
import { numberKind, toDouble } from '../values/numeric.ts';
import { distinctValues, type Kind, kindBy } from './equality.ts';
import {
  argumentsOf,
  arrayOf,
  countOf,
  integerOf,
  isNil,
  located,
  namedOperands,
  nary,
  nullable,
  unary,
} from './operands.ts';
import { checkVariableName, type Operator, type Variable } from './scope.ts';

const ANY = Number.POSITIVE_INFINITY;

const $arrayElemAt = nullable(2, 2, ([list, index], name) => {
  const values = arrayOf(list, name, 28689);
  if (numberKind(index) === undefined) throw located(28690, `${name} needs a number, found ${typeName(index)}`);
  return values.at(integerOf(index, name, 28691));
});

/** The first or the last element of an array; missing when it has none. */
const endOf = (at: 0 | -1): Operator => unary((list, name) => (isNil(list) ? null : arrayOf(list, name, 28689).at(at)));

const $concatArrays: Operator = (operand, scope, name) => {
  const list = argumentsOf(operand, scope, name, 0, ANY);
  return (root) => {
    const result: unknown[] = [];
    for (const each of list) {
      const value = each(root);
      if (isNil(value)) return null;
      for (const element of arrayOf(value, name, 28664)) result.push(element);
    }
    return result;
  };
};

/** An array and a variable for each of its elements. */
function eachOf(given: { input?: unknown; as?: unknown }, operand: Parameters<Operator>, code: number) {
  const [, scope, name] = operand;
  const variable = given.as === undefined ? 'this' : String(given.as);
  checkVariableName(variable);
  const cell: Variable = { value: undefined };
  const input = scope.compile(given.input);
  const list = (root: unknown): unknown[] | null => {
    const value = input(root);
    return isNil(value) ? null : arrayOf(value, name, code);
  };
  return { list, cell, inner: scope.with([[variable, cell]]) };
}

const $map: Operator = (operand, scope, name) => {
  const given = namedOperands(operand, name, ['input', 'in'], ['as']);
  const { list, cell, inner } = eachOf(given, [operand, scope, name], 16883);
  const value = inner.compile(given.in);
  return (root) =>
    list(root)?.map((element) => {
      scope.settings.work();
      cell.value = element;
      return value(root) ?? null;
    }) ?? null;
};

const $filter: Operator = (operand, scope, name) => {
  const given = namedOperands(operand, name, ['input', 'cond'], ['as', 'limit']);
  const { list, cell, inner } = eachOf(given, [operand, scope, name], 28651);
  const test = inner.compile(given.cond);
  const limit = Object.hasOwn(given, 'limit') ? scope.compile(given.limit) : () => null;
  return (root) => {
    const values = list(root);
    if (values === null) return null;
    const asked = limit(root);
    const most = isNil(asked) ? values.length : integerOf(asked, name, 327391);
    if (!isNil(asked) && most < 1) throw located(327392, '$filter: limit must be greater than 0');
    const kept: unknown[] = [];
    for (const element of values) {
      if (kept.length >= most) break;
      scope.settings.work();
      cell.value = element;
      if (isTruthy(test(root))) kept.push(element);
    }
    return kept;
  };
};

const $reduce: Operator = (operand, scope, name) => {
  const given = namedOperands(operand, name, ['input', 'initialValue', 'in']);
  const { list, cell, inner } = eachOf({ input: given.input }, [operand, scope, name], 40080);
  const initial = scope.compile(given.initialValue);
  const total: Variable = { value: undefined };
  const next = inner.with([['value', total]]).compile(given.in);
  return (root) => {
    const values = list(root);
    if (values === null) return null;
    let result = initial(root);
    for (const element of values) {
      scope.settings.work();
      cell.value = element;
      total.value = result;
      result = next(root);
    }
    return result ?? null;
  };
};

const $in = nary(2, 2, ([item, list], _name, scope) => {
  if (!Array.isArray(list))
    throw located(40081, `$in requires an array as a second argument, found: ${typeName(list)}`);
  return list.some((each) => compare(each, item, scope.collator) === 0);
});

const $indexOfArray = nary(2, 4, ([list, item, start = 0, end], name, scope) => {
  if (isNil(list)) return null;
  const values = arrayOf(list, name, 40090);
  const first = countOf(start, name, 40096);
  const last = end === undefined ? values.length : Math.min(values.length, countOf(end, name, 40096));
  for (let at = first; at < last; at++) if (compare(values[at], item, scope.collator) === 0) return at;
  return -1;
});

/** Numbers of an array that fit into MongoDB's limit of memory, at 16 bytes each. */
const MAX_RANGE = (100 * 1024 * 1024) / 16;

const $range = nary(2, 3, ([from, to, by = 1], name) => {
  const start = integerOf(from, name, 34444);
  const end = integerOf(to, name, 34446);
  const step = integerOf(by, name, 34448);
  if (step === 0) throw located(34449, '$range requires a non-zero step value');
  const length = Math.max(0, Math.ceil((end - start) / step));
  if (length > MAX_RANGE) throw new CommandError(146, 'ExceededMemoryLimit', '$range would use too much memory');
  return Array.from({ length }, (_none, at) => start + at * step);
});

const $slice = nullable(2, 3, ([list, first, count], name) => {
  const values = arrayOf(list, name, 28724);
  const at = integerOf(first, name, 28726);
  if (count === undefined) return at < 0 ? values.slice(at) : values.slice(0, at);
  const size = integerOf(count, name, 28728);
  if (size <= 0) throw located(28729, 'third argument to $slice must be positive');
  const start = at < 0 ? Math.max(values.length + at, 0) : at;
  return values.slice(start, start + size);
});

const $sortArray: Operator = (operand, scope, name) => {
  const given = namedOperands(operand, name, ['input', 'sortBy']);
  const input = scope.compile(given.input);
  const compareBy = arrayOrder(given.sortBy, scope.collator);
  return (root) => {
    const list = input(root);
    return isNil(list) ? null : compareBy(arrayOf(list, name, 2942504));
  };
};

function arrayOrder(sortBy: unknown, collator: Parameters<typeof compileSort>[1]): (list: unknown[]) => unknown[] {
  if (!isDocument(sortBy)) {
    const direction = toDouble(sortBy);
    if (direction !== 1 && direction !== -1) throw located(2942506, '$sortArray: sortBy must be 1, -1 or a document');
    return (list) => [...list].sort((a, b) => compare(a, b, collator) * direction);
  }
  const { valuesOf, order } = compileSort(sortBy, collator);
  return (list) =>
    list
      .map((value) => ({ value, values: valuesOf(isDocument(value) ? value : {}) }))
      .sort((a, b) => order(a.values, b.values))
      .map(({ value }) => value);
}

/** The truth of elements: false, null, what is missing and zero count as false. */
const truthOf = (combine: 'every' | 'some', code: number): Operator =>
  unary((list, name) => arrayOf(list, name, code)[combine]((each) => isTruthy(each)));

const kindsIn = (values: readonly unknown[], kindOf: Kind) => new Set(values.map(kindOf));

/** An operator on sets; null where one of them is null or missing, if that is allowed. */
const onSets =
  (
    [least, most, code]: [number, number, number],
    combine: (sets: unknown[][], kindOf: Kind) => unknown,
    isNullable = true,
  ): Operator =>
  (operand, scope, name) => {
    const list = argumentsOf(operand, scope, name, least, most);
    const kindOf = kindBy(scope.collator);
    return (root) => {
      const values = list.map((each) => each(root));
      if (isNullable && values.some(isNil)) return null;
      return combine(
        values.map((each) => arrayOf(each, name, code)),
        kindOf,
      );
    };
  };

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

/** Arrays and sets; equal numbers of all types are one value. */
export const arrayOperators: Record<string, Operator> = {
  $allElementsTrue: truthOf('every', 17040),
  $anyElementTrue: truthOf('some', 17041),
  $arrayElemAt,
  $concatArrays,
  $filter,
  $first: endOf(0),
  $in,
  $indexOfArray,
  $isArray: unary(Array.isArray),
  $last: endOf(-1),
  $map,
  $range,
  $reduce,
  $reverseArray: unary((list, name) => (isNil(list) ? null : [...arrayOf(list, name, 34435)].reverse())),
  $setDifference: onSets([2, 2, 17048], difference),
  $setEquals: onSets([2, ANY, 17044], areEqual, false),
  $setIntersection: onSets([0, ANY, 17047], intersection),
  $setIsSubset: onSets([2, 2, 17046], isSubset, false),
  $setUnion: onSets([0, ANY, 17043], (sets, kindOf) => distinctValues(sets.flat(), kindOf)),
  $size: unary((list, name) => arrayOf(list, name, 17124).length),
  $slice,
  $sortArray,
};
