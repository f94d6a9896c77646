import { Decimal128, Long } from 'bson';
import type { Any, Options } from 'mingo/types';
import { CommandError } from '../errors.ts';
import { sortBy } from '../query/sort.ts';
import type { Doc } from '../values/codec.ts';
import { collatorFor } from '../values/collation.ts';
import { compare } from '../values/compare.ts';
import { asDouble, multiplyNumbers, numberKind, toDouble } from '../values/numeric.ts';
import { quotient, sumOf } from './arithmetic.ts';
import { endOf, listIn } from './arrays.ts';
import { distinctValues, kindBy } from './equality.ts';
import { type Accumulator, evaluate, groupKeyOf, isGroup, type Operator, valuesOf } from './options.ts';

const isNil = (value: unknown): value is null | undefined => value === null || value === undefined;
const orNull = (value: unknown): unknown => value ?? null;
const isPresent = (value: unknown): boolean => value !== undefined;
const numbersIn = (values: readonly unknown[]) => values.filter((each) => numberKind(each) !== undefined);
const collatorOf = ({ collation }: Options) => collatorFor(collation as Doc | undefined);

/** The sum of all numbers: whole ones stay whole, doubles and decimals prevail. */
function sum(numbers: readonly unknown[]): unknown {
  let total = 0;
  let whole = true;
  for (const each of numbers) {
    if (typeof each !== 'number') return numbers.reduce(sumOf, 0);
    if ((each | 0) !== each) whole = false;
    total += each;
  }
  if (!whole) return asDouble(total);
  return (total | 0) === total ? total : Long.fromNumber(total);
}

function average(numbers: readonly unknown[]): unknown {
  if (numbers.length === 0) return null;
  const total = sum(numbers);
  return total instanceof Decimal128 ? quotient(total, numbers.length) : asDouble(toDouble(total) / numbers.length);
}

function extreme(sign: 1 | -1): Accumulator {
  return (collection, expr, options) => {
    let best: unknown = null;
    const collator = collatorOf(options);
    for (const each of valuesOf(collection, expr, options)) {
      if (isNil(each)) continue;
      if (best === null || compare(each, best, collator) * sign > 0) best = each;
    }
    return best;
  };
}

/** The standard deviation of what are numbers; of a sample, or of all there is. */
function deviation(least: 1 | 2): Accumulator {
  return (collection, expr, options) => {
    const numbers = numbersIn(valuesOf(collection, expr, options)).map(toDouble);
    if (numbers.length < least) return null;
    const mean = numbers.reduce((total, each) => total + each, 0) / numbers.length;
    const squares = numbers.reduce((total, each) => total + (each - mean) ** 2, 0);
    return asDouble(Math.sqrt(squares / (numbers.length - least + 1)));
  };
}

/** The numbers below which lie these parts of all: of the discrete kind, as MongoDB's method for small amounts is. */
function percentiles(values: readonly unknown[], parts: readonly unknown[]): unknown[] {
  const sorted = numbersIn(values)
    .map(toDouble)
    .sort((a, b) => a - b);
  return parts.map((part) => {
    const share = toDouble(part);
    if (!(share >= 0 && share <= 1))
      throw new CommandError(7750303, 'Location7750303', "'p' must be an array of numbers from [0.0, 1.0]");
    const at = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
    return at === undefined ? null : asDouble(at);
  });
}

const partsOf = (expr: Doc, options: Options) => {
  const parts = evaluate(null, expr.p, options);
  return Array.isArray(parts) ? parts : [parts];
};

type FromValues = (values: unknown[], expr: Doc, options: Options) => unknown;

/** Accumulators with an `input`, which are operators on arrays as well. */
const withInput: Record<string, FromValues> = {
  $percentile: (values, expr, options) => percentiles(values, partsOf(expr, options)),
  $median: (values) => percentiles(values, [0.5])[0],
  $firstN: (values, expr, options) => values.slice(0, countOf(expr, options)).map(orNull),
  $lastN: (values, expr, options) => values.slice(-countOf(expr, options)).map(orNull),
  $minN: (values, expr, options) => ordered(values, 1, options).slice(0, countOf(expr, options)),
  $maxN: (values, expr, options) => ordered(values, -1, options).slice(0, countOf(expr, options)),
};

function ordered(values: readonly unknown[], sign: 1 | -1, options: Options): unknown[] {
  const collator = collatorOf(options);
  return values.filter((each) => !isNil(each)).sort((a, b) => compare(a, b, collator) * sign);
}

function countOf({ n }: Doc, options: Options): number {
  const count = toDouble(evaluate(groupKeyOf(options), n, options));
  if (Number.isInteger(count) && count > 0) return count;
  throw new CommandError(5787908, 'Location5787908', `'n' must be greater than 0, found ${String(count)}`);
}

const ofDocuments =
  (compute: FromValues): Accumulator =>
  (collection, expr, options) =>
    compute(valuesOf(collection, (expr as Doc).input as Any, options), expr as Doc, options);

/** The documents at the top of an order, or at its bottom. */
const best =
  (sign: 1 | -1, many: boolean): Accumulator =>
  (collection, expr, options) => {
    const { sortBy: spec, output } = expr as Doc;
    const rows = sortBy([...collection], (each) => each as Doc, spec as Doc, { collator: collatorOf(options) });
    const count = many ? countOf(expr as Doc, options) : 1;
    const chosen = sign === 1 ? rows.slice(0, count) : rows.slice(-count);
    const values = valuesOf(chosen, output as Any, options).map(orNull);
    return many ? values : (values[0] ?? null);
  };

/** Accumulators that take the place of mingo's, which know doubles only. */
export const accumulators: Record<string, Accumulator> = {
  $sum: (collection, expr, options) =>
    numberKind(expr) === undefined
      ? sum(numbersIn(valuesOf(collection, expr, options)))
      : multiplyNumbers(collection.length, expr),
  $avg: (collection, expr, options) => average(numbersIn(valuesOf(collection, expr, options))),
  $min: extreme(-1),
  $max: extreme(1),
  $push: (collection, expr, options) => valuesOf(collection, expr, options).filter(isPresent),
  $addToSet: (collection, expr, options) =>
    distinctValues(valuesOf(collection, expr, options).filter(isPresent), kindBy(options)),
  $stdDevPop: deviation(1),
  $stdDevSamp: deviation(2),
  $top: best(1, false),
  $topN: best(1, true),
  $bottom: best(-1, false),
  $bottomN: best(-1, true),
  ...Object.fromEntries(Object.entries(withInput).map(([name, compute]) => [name, ofDocuments(compute)])),
};

/** An operator that is an accumulator where its document is a group. */
const either =
  (accumulator: Accumulator, operator: Operator): Operator =>
  (obj, expr, options) =>
    isGroup(obj, options) ? accumulator(obj, expr, options) : operator(obj, expr, options);

const at =
  (end: 0 | -1): Accumulator =>
  (collection, expr, options) =>
    valuesOf(collection.slice(end, end === 0 ? 1 : undefined), expr, options)[0] ?? null;

/** The operators on arrays that have the name of an accumulator. */
export const accumulatorOperators: Record<string, Operator> = {
  $first: either(at(0), endOf('$first', 0)),
  $last: either(at(-1), endOf('$last', -1)),
  ...Object.fromEntries(
    Object.entries(withInput).map(([name, compute]): [string, Operator] => [
      name,
      either(ofDocuments(compute), (obj, expr, options) => {
        const list = listIn(name, obj, (expr as Doc).input, options);
        return list === null ? null : compute(list, evaluated(obj, expr as Doc, options), options);
      }),
    ]),
  ),
};

/** The arguments beside the input, which in an expression may refer to its document. */
const evaluated = (obj: Any, { input: _input, ...rest }: Doc, options: Options): Doc =>
  evaluate(obj, rest, options) as Doc;
