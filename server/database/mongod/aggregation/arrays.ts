import { isTruthy } from '../query/matcher.ts';
import { compare, typeName } from '../values/compare.ts';
import { numberKind, toDouble } from '../values/numeric.ts';
import { rememberSize, treeSize } from '../values/size.ts';
import { argumentsOf, arrayOf, integerOf, isNil, located, namedOperands, nary, nullable, unary } from './operands.ts';
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
    const arrays: unknown[][] = [];
    let size = 0;
    for (const each of list) {
      const value = each(root);
      if (isNil(value)) return null;
      arrays.push(arrayOf(value, name, 28664));
      const own = treeSize(value);
      size += own;
      scope.settings.work.make(own);
    }
    const result: unknown[] = [];
    for (const array of arrays) for (const element of array) result.push(element);
    rememberSize(result, size);
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
      scope.settings.work.step();
      cell.value = element;
      return scope.made(value(root) ?? null);
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
      scope.settings.work.step();
      scope.settings.work.make(8);
      cell.value = element;
      if (isTruthy(test(root))) kept.push(element);
    }
    return kept;
  };
};

const $in = nary(2, 2, ([item, list], _name, scope) => {
  if (!Array.isArray(list))
    throw located(40081, `$in requires an array as a second argument, found: ${typeName(list)}`);
  scope.settings.work.step(list.length);
  return list.some((each) => compare(each, item, scope.collator) === 0);
});

const $slice = nullable(2, 3, ([list, first, count], name, scope) => {
  const values = arrayOf(list, name, 28724);
  const at = integerOf(first, name, 28726);
  scope.settings.work.make(8 * Math.min(values.length, Math.abs(count === undefined ? at : toDouble(count))));
  if (count === undefined) return at < 0 ? values.slice(at) : values.slice(0, at);
  const size = integerOf(count, name, 28728);
  if (size <= 0) throw located(28729, 'third argument to $slice must be positive');
  const start = at < 0 ? Math.max(values.length + at, 0) : at;
  return values.slice(start, start + size);
});

/** Arrays; equal numbers of all types are one value. */
export const arrayOperators: Record<string, Operator> = {
  $arrayElemAt,
  $concatArrays,
  $filter,
  $first: endOf(0),
  $in,
  $isArray: unary(Array.isArray),
  $last: endOf(-1),
  $map,
  $size: unary((list, name) => arrayOf(list, name, 17124).length),
  $slice,
};
