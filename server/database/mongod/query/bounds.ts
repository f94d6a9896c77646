import type { Range } from '../storage/store.ts';
import { typeRank } from '../values/compare.ts';
import { encodeKey, encodePrefix, isCutKey, isCutPrefix, rankPrefix, successor } from '../values/keys.ts';
import { asksForNull, type Condition } from './conditions.ts';
import { valueOperator } from './operators.ts';
import { isPosition } from './paths.ts';

/** What the planner knows of an index, or of the collection itself as the index on _id. */
export interface IndexShape {
  fields: readonly string[];
  directions: readonly number[];
  ident: Buffer;
  unique: boolean;
  /** For each field 0 where no document has an array on its path. */
  arrays: readonly number[];
  /** Some entry may lack the end of its values. */
  cut: boolean;
}

/** A list of values for the first fields of an index, and what to read for it. */
interface Combination {
  values: readonly unknown[];
  range: Range;
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
      // Of an array another element may fulfil the other conditions.
      intervals = shape.arrays[field] === 0 ? own : own.slice(0, 1);
      for (const each of intervals) used.add(each);
      break;
    }
    const all = valuesOf(equality);
    const others =
      shape.arrays[field] === 0
        ? own.filter((each) => each !== equality && all.length * valuesOf(each).length <= MAX_RANGES)
        : [];
    const tests = others.map((each) => valueOperator(each.operator, each.operand, {}));
    const values = all.filter((value) => tests.every((test) => test?.(value)));
    const count = tuples.length * values.length;
    if (count > 1 && count > Math.min(MAX_RANGES, most)) break;
    tuples = tuples.flatMap((head) => values.map((value) => [...head, value]));
    for (const each of [equality, ...others]) used.add(each);
    fixed.push(values.length < 2);
  }
  const points = shape.unique && fixed.length === fields.length;
  const ranged = tuples.map((values) => rangeOf(shape, values, intervals, points));
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

/**
 * Whether a condition on this field can narrow the ranges beside those already used on earlier fields. Where an array may be
 * crossed by two paths an entry holds the fields of one element, and two conditions may be met by two of them.
 */
function isUsable({ fields, arrays }: IndexShape, field: number, condition: Condition, used: ReadonlySet<Condition>) {
  const parts = condition.path.split('.');
  if (asksForNull(condition) && parts.some(isPosition)) return false;
  return [...used].every(
    ({ path }) => path.split('.', 1)[0] !== parts[0] || (arrays[field] === 0 && arrays[fields.indexOf(path)] === 0),
  );
}

function rangeOf(
  { ident, directions }: IndexShape,
  values: readonly unknown[],
  intervals: readonly Condition[],
  points: boolean,
): Combination & { widened: boolean } {
  if (points) {
    const low = encodeKey(values, directions, ident);
    return { values, range: { low, high: successor(low) }, widened: isCutKey(low) };
  }
  const head = encodePrefix(values, directions, ident);
  let range: Range = { low: head, high: successor(head) };
  let widened = isCutPrefix(head);
  if (widened) return { values, range, widened };
  for (const condition of intervals) {
    const own = intervalOf(condition, head, directions[values.length] as number);
    range = { low: later(range.low, own.low), high: later(own.high, range.high) === own.high ? range.high : own.high };
    widened ||= own.widened;
  }
  return { values, range, widened };
}

const later = (a: Buffer, b: Buffer): Buffer => (Buffer.compare(a, b) > 0 ? a : b);

/** The range of keys, below a prefix, whose next field fulfils a condition. */
function intervalOf({ operator, operand }: Condition, head: Buffer, direction: number): Range & { widened: boolean } {
  const rank = rankPrefix(head, typeRank(operand), direction);
  const at = encodePrefix([operand], [direction], head);
  const widened = isCutPrefix(at);
  // Of a cut value it is not known on which side the entries lie that begin like it.
  const isStrict = operator.length === 3 && !widened;
  return operator.startsWith('$gt') === (direction === 1)
    ? { low: isStrict ? successor(at) : at, high: successor(rank), widened }
    : { low: rank, high: isStrict ? at : successor(at), widened };
}

const byLow = (a: Combination, b: Combination): number => Buffer.compare(a.range.low, b.range.low);

/** Combinations in the order of their keys, each prefix once: values that are equal, or equal as far as keys go, share it. */
function inOrder(combinations: readonly Combination[]): Combination[] {
  const byKey = new Map<string, Combination>();
  for (const each of combinations) {
    const { low, high } = each.range;
    if (Buffer.compare(low, high) < 0) byKey.set(low.latin1Slice(0, low.length), each);
  }
  return [...byKey.values()].sort(byLow);
}
