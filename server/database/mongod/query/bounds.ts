import type { Range } from '../storage/store.ts';
import { typeRank } from '../values/compare.ts';
import { encodeKey, encodePrefix, isCutKey, isCutPrefix, rankPrefix, successor } from '../values/keys.ts';
import { asksForNull, type Condition } from './conditions.ts';
import { isPosition } from './paths.ts';
import { bitOf } from './rows.ts';

/** What the planner knows of an index, or of the collection itself as the index on _id. */
export interface IndexShape {
  fields: readonly string[];
  directions: readonly number[];
  ident: Buffer;
  unique: boolean;
  /** For each field the components of its path that may be arrays, as bits. */
  arrays: readonly number[];
  /** Some entry may lack the end of its values. */
  cut: boolean;
}

/** A list of values for the first fields of an index, and what to read for it. */
interface Combination {
  values: readonly unknown[];
  /** In the order of their keys, without overlap. */
  ranges: Range[];
}

/** What of an index has to be read for a list of conditions. */
export interface Bounds {
  /** In the order of their keys. */
  combinations: Combination[];
  /** The conditions that the ranges take care of. */
  used: ReadonlySet<Condition>;
  /** For each of the first fields that are held to values: whether it is held to one only. */
  fixed: boolean[];
  /** Each range is one key of a unique index. */
  points: boolean;
  /** A value was too long: the ranges also hold entries that do not fulfil the conditions. */
  widened: boolean;
}

/** The most ranges that a product of $in lists may make. */
const MAX_RANGES = 4000;

/**
 * Turns conditions into ranges of an index: equalities on its first fields, then an interval of the next one.
 * @param most how many ranges there may be, beside the smallest number that there are
 */
export function boundsOf(shape: IndexShape, list: readonly Condition[], most: number): Bounds {
  const { fields } = shape;
  const used = new Set<Condition>();
  const fixed: boolean[] = [];
  let tuples: unknown[][] = [[]];
  let intervals: Condition[] = [];
  for (let field = 0; field < fields.length; field++) {
    const own = list.filter((each) => each.path === fields[field] && isUsable(shape, field, each, used));
    const equality = own.find(({ operator }) => operator === '$eq') ?? own.find(({ operator }) => operator === '$in');
    if (equality === undefined) {
      intervals = together(own, shape.arrays[field] as number);
      for (const each of intervals) used.add(each);
      break;
    }
    // Of an array another element may fulfil the other conditions.
    const all = valuesOf(equality);
    const others =
      shape.arrays[field] === 0
        ? own.filter((each) => each !== equality && all.length * valuesOf(each).length <= MAX_RANGES)
        : [];
    const values = all.filter((value) =>
      others.every((each) => admits(each, value, shape.directions[field] as number)),
    );
    const count = tuples.length * values.length;
    if (count > 1 && count > Math.min(MAX_RANGES, most)) break;
    tuples = tuples.flatMap((head) => values.map((value) => [...head, value]));
    for (const each of [equality, ...others]) used.add(each);
    fixed.push(values.length < 2);
  }
  const points = shape.unique && fixed.length === fields.length;
  const ranged = tuples.map((values) => rangesOf(shape, values, intervals, points));
  return {
    combinations: inOrder(ranged),
    used,
    fixed,
    points,
    widened: ranged.some((each) => each.widened),
  };
}

const valuesOf = ({ operator, operand }: Condition): unknown[] =>
  operator === '$in' ? (operand as unknown[]) : [operand];

/** Whether a value that is not an array may fulfil a condition. */
function admits(condition: Condition, value: unknown, direction: number): boolean {
  const isEquality = condition.operator === '$eq' || condition.operator === '$in';
  const accepted = isEquality
    ? valuesOf(condition).map((each) => rangeWith(each, direction))
    : intervalsOf(condition, NOTHING, direction).ranges;
  return intersect([rangeWith(value, direction)], accepted).length > 0;
}

const NOTHING = Buffer.alloc(0);

function rangeWith(value: unknown, direction: number): Range {
  const low = encodePrefix([value], [direction], NOTHING);
  return { low, high: successor(low) };
}

/**
 * Whether a condition on this field can narrow the ranges beside those already used on earlier fields. Where an array is
 * crossed by two paths an entry holds the fields of one element, and two conditions may be met by two of them, unless one
 * $elemMatch asks both of the same.
 */
function isUsable({ fields, arrays }: IndexShape, field: number, condition: Condition, used: ReadonlySet<Condition>) {
  if (condition.operator === '$exists') return false;
  const { path } = condition;
  if (asksForNull(condition) && path.split('.').some(isPosition)) return false;
  for (const other of used) {
    const bits = (arrays[field] as number) | (arrays[fields.indexOf(other.path)] as number);
    const shared = bits === 0 ? 0 : bits & sharedBits(path.split('.'), other.path.split('.'));
    if (shared !== 0 && !inOneElement(condition, other, shared)) return false;
  }
  return true;
}

/** The bits of the components with which two paths begin alike. */
function sharedBits(a: readonly string[], b: readonly string[]): number {
  let bits = 0;
  for (let at = 0; at < a.length && a[at] === b[at]; at++) bits |= bitOf(at);
  return bits;
}

/** Whether an $elemMatch asks both conditions of the same element, below which no component of `arrays` is an array. */
const inOneElement = (a: Condition, b: Condition, arrays: number): boolean =>
  a.scopes.some((scope) => b.scopes.includes(scope) && arrays < bitOf(scope.depth));

/** The first condition with those that the same value has to fulfil. */
function together(own: readonly Condition[], arrays: number): Condition[] {
  const [first] = own;
  if (first === undefined) return [];
  return own.filter((each) => each === first || arrays === 0 || inOneElement(first, each, arrays));
}

function rangesOf(
  { ident, directions }: IndexShape,
  values: readonly unknown[],
  intervals: readonly Condition[],
  points: boolean,
): Combination & { widened: boolean } {
  if (points) {
    const low = encodeKey(values, directions, ident);
    return { values, ranges: [{ low, high: successor(low) }], widened: isCutKey(low) };
  }
  const head = encodePrefix(values, directions, ident);
  const whole = { low: head, high: successor(head) };
  if (intervals.length === 0 || isCutPrefix(head)) return { values, ranges: [whole], widened: isCutPrefix(head) };
  const direction = directions[values.length] as number;
  let ranges = [whole];
  let widened = false;
  for (const condition of intervals) {
    const own = intervalsOf(condition, head, direction);
    ranges = intersect(ranges, own.ranges);
    widened ||= own.widened;
  }
  return { values, ranges, widened };
}

/** The ranges of keys, below a prefix, whose next field fulfils a condition. */
function intervalsOf(
  { operator, operand }: Condition,
  head: Buffer,
  direction: number,
): { ranges: Range[]; widened: boolean } {
  const rank = rankPrefix(head, typeRank(operand), direction);
  const low = rank;
  const high = successor(rank);
  const at = encodePrefix([operand], [direction], head);
  const after = successor(at);
  const widened = isCutPrefix(at);
  // Of a cut value it is not known on which side the entries lie that begin like it.
  const above = { low: operator === '$gt' && !widened ? after : at, high };
  const below = { low, high: operator === '$lt' && !widened ? at : after };
  const descendingAbove = { low, high: operator === '$gt' && !widened ? at : after };
  const descendingBelow = { low: operator === '$lt' && !widened ? after : at, high };
  const upwards = operator === '$gt' || operator === '$gte';
  if (direction === 1) return { ranges: [upwards ? above : below], widened };
  return { ranges: [upwards ? descendingAbove : descendingBelow], widened };
}

/** What lies in both of two lists of ranges that are in order. */
function intersect(some: readonly Range[], others: readonly Range[]): Range[] {
  const both: Range[] = [];
  for (const a of some) {
    for (const b of others) {
      const low = Buffer.compare(a.low, b.low) > 0 ? a.low : b.low;
      const high = Buffer.compare(a.high, b.high) < 0 ? a.high : b.high;
      if (Buffer.compare(low, high) < 0) both.push({ low, high });
    }
  }
  return both;
}

const byLow = (a: Range, b: Range): number => Buffer.compare(a.low, b.low);

/** Combinations in the order of their keys, each prefix once: values that are equal, or equal as far as keys go, share it. */
function inOrder(combinations: readonly Combination[]): Combination[] {
  const [only] = combinations;
  if (combinations.length === 1 && only !== undefined) return only.ranges.length === 0 ? [] : [only];
  const byKey = new Map<string, Combination>();
  for (const each of combinations) {
    const [first] = each.ranges;
    if (first !== undefined) byKey.set(first.low.latin1Slice(0, first.low.length), each);
  }
  return [...byKey.values()].sort((a, b) => byLow(a.ranges[0] as Range, b.ranges[0] as Range));
}
