import { badValue } from '../errors.ts';
import type { Collection, Index } from '../storage/catalog.ts';
import type { KeyValue, Range } from '../storage/store.ts';
import type { Doc } from '../values/codec.ts';
import type { Collator } from '../values/compare.ts';
import { equal, typeRank } from '../values/compare.ts';
import { encodeKey, encodePrefix, rankPrefix, successor } from '../values/keys.ts';
import { fieldNames } from '../values/order.ts';
import { type Condition, type Conditions, conditionsOf, excludesMissing, implies } from './conditions.ts';

/** One way to find the documents of a filter. */
export interface Plan {
  /** The index that is read, undefined for the collection itself (which is ordered by _id). */
  index: Index | undefined;
  ranges: Range[];
  /** Each range is one key, its `low`: an equality on a unique key. */
  points: boolean;
  reverse: boolean;
  /** The entries come in the order that was asked for. */
  sorted: boolean;
  /** Every document found matches: the filter needs no second look. */
  exact: boolean;
  /** Whether a filter narrows the ranges, or everything is read. */
  narrowed: boolean;
  /** One plan for each branch of an $or, instead of ranges. */
  union: Plan[] | undefined;
}

export interface PlanRequest {
  /** What will be read: an index that is younger holds nothing there. */
  view?: KeyValue;
  filter: Doc;
  sort?: Doc | undefined;
  hint?: unknown;
  collator?: Collator;
  limited?: boolean;
}

/** The most ranges that a product of $in lists may make. */
const MAX_RANGES = 4000;

const idIndex = (collection: Collection) => ({
  fields: ['_id'],
  directions: [1],
  ident: collection.ident,
  unique: true,
  multikey: false,
});

/** Chooses the index whose conditions narrow the search most, or that yields the order. */
export function plan(collection: Collection, request: PlanRequest): Plan {
  const conditions = conditionsOf(request.filter);
  if (request.collator !== undefined) conditions.complete = false;
  const hinted = hintedIndex(collection, request.hint);
  if (hinted === 'natural') return readAll(collection, request, conditions);
  if (hinted !== undefined) {
    const index = hinted === 'id' ? undefined : hinted;
    return planFor(collection, index, conditions, request)?.plan ?? readAll(collection, request, conditions);
  }
  let best = planFor(collection, undefined, conditions, request);
  for (const index of collection.indexes) {
    if (index.spec.hidden || !isUsable(index, conditions, request)) continue;
    const candidate = planFor(collection, index, conditions, request);
    if (candidate !== undefined && candidate.score > (best?.score ?? 0)) best = candidate;
  }
  if (best?.plan.narrowed) return best.plan;
  const union = planUnion(collection, conditions, request);
  return union ?? best?.plan ?? readAll(collection, request, conditions);
}

/** The plan that reads a whole collection in the order of _id. */
export const everything = (collection: Collection): Plan => plan(collection, { filter: {} });

function readAll(collection: Collection, request: PlanRequest, conditions: Conditions): Plan {
  const ranges = [{ low: collection.ident, high: successor(collection.ident) }];
  const exact = conditions.complete && conditions.list.length === 0;
  const sorted = request.sort === undefined || Object.keys(request.sort).length === 0;
  const reverse = Number(request.sort?.$natural ?? 1) < 0;
  return {
    index: undefined,
    ranges,
    points: false,
    reverse,
    sorted: sorted || '$natural' in request.sort!,
    exact,
    narrowed: false,
    union: undefined,
  };
}

function planUnion(collection: Collection, conditions: Conditions, request: PlanRequest): Plan | undefined {
  if (conditions.or === undefined) return undefined;
  const union = conditions.or.map((filter) =>
    plan(collection, { ...request, filter, sort: undefined, hint: undefined }),
  );
  if (!union.every((each) => each.narrowed)) return undefined;
  const sorted = request.sort === undefined || Object.keys(request.sort).length === 0;
  return { index: undefined, ranges: [], points: false, reverse: false, sorted, exact: false, narrowed: true, union };
}

/** Whether strings in a value would be compared by the collation of the query, which no index follows. */
const mentionsText = (operand: unknown): boolean =>
  Array.isArray(operand) ? operand.some(mentionsText) : [15, 20, 25].includes(typeRank(operand));

function isUsable(index: Index, { list }: Conditions, { view }: PlanRequest): boolean {
  const { spec, since = 0 } = index;
  if (since > (view?.snapshotGroup ?? since)) return false;
  if (spec.partialFilterExpression !== undefined && !implies(list, spec.partialFilterExpression)) return false;
  return !spec.sparse || list.some((each) => index.fields.includes(each.path) && excludesMissing(each));
}

function hintedIndex(collection: Collection, hint: unknown): Index | 'id' | 'natural' | undefined {
  if (hint === undefined || hint === null || hint === '') return undefined;
  if (typeof hint === 'string') {
    if (hint === '_id_') return 'id';
    const named = collection.indexes.find((index) => index.spec.name === hint);
    if (named !== undefined) return named;
  } else {
    const fields = Object.keys(hint as Doc);
    if (fields.length === 0) return undefined;
    if (fields[0] === '$natural') return 'natural';
    if (fields.length === 1 && fields[0] === '_id') return 'id';
    const same = collection.indexes.find((index) => equal(index.spec.key, hint));
    if (same !== undefined) return same;
  }
  throw badValue(
    'error processing query: planner returned error :: caused by :: hint provided does not correspond to an existing index',
  );
}

function planFor(
  collection: Collection,
  index: Index | undefined,
  { list: all, complete: whole }: Conditions,
  request: PlanRequest,
): { plan: Plan; score: number } | undefined {
  const { fields, directions, ident, unique, multikey } = index ?? idIndex(collection);
  const list = request.collator === undefined ? all : all.filter(({ operand }) => !mentionsText(operand));
  const complete = whole && list.length === all.length;
  let prefixes: Buffer[] = [ident];
  let ranges: Range[] | undefined;
  let score = 0;
  let equalities = 0;
  let single = true;
  const used = new Set<Condition>();
  for (let i = 0; i < fields.length && ranges === undefined; i++) {
    const direction = [directions[i] as number];
    if (multikey && sharesRoot(fields, i)) break;
    const own = list.filter((each) => each.path === fields[i]);
    const fixed = own.find((each) => each.operator === '$eq') ?? own.find((each) => each.operator === '$in');
    if (fixed !== undefined) {
      const values = fixed.operator === '$eq' ? [fixed.operand] : (fixed.operand as unknown[]);
      if (prefixes.length * values.length > MAX_RANGES) break;
      const write = unique && i === fields.length - 1 ? encodeKey : encodePrefix;
      prefixes = prefixes.flatMap((head) => values.map((value) => write([value], direction, head)));
      used.add(fixed);
      score += fixed.operator === '$eq' ? 10 : 8;
      if (fixed.operator === '$eq' && single) equalities++;
      else single = false;
    } else {
      const bounds = own.filter((each) => each.operator !== '$exists');
      if (bounds.length === 0) break;
      const taken = multikey ? bounds.slice(0, 1) : bounds;
      for (const each of taken) used.add(each);
      ranges = prefixes.map((head) => interval(head, direction[0] as number, taken));
      score += 5 + (taken.length > 1 ? 1 : 0);
      break;
    }
  }
  const narrowed = score > 0;
  const points = unique && ranges === undefined && fields.every((path) => [...used].some((each) => each.path === path));
  if (points) score += 1000;
  const inOrder = prefixes.length === 1 && !multikey;
  const order = providedOrder(request, fields, directions, equalities, inOrder);
  if (order.sorted && request.sort !== undefined && Object.keys(request.sort).length > 0)
    score += request.limited ? 7 : 4;
  if (score === 0 && request.hint === undefined) return undefined;
  const unsorted = ranges ?? distinct(prefixes).map((low) => ({ low, high: successor(low) }));
  const sortedRanges = unsorted.sort((a, b) => Buffer.compare(a.low, b.low));
  const exact = complete && used.size === list.length && !(multikey && ranges !== undefined);
  return {
    plan: {
      index,
      ranges: sortedRanges,
      points,
      reverse: order.reverse,
      sorted: order.sorted,
      exact,
      narrowed,
      union: undefined,
    },
    score,
  };
}

/**
 * Whether an earlier field of the index lies under the same root: where the root is an array, an entry holds the fields
 * of one element, and a filter may be met by two.
 */
function sharesRoot(fields: readonly string[], at: number): boolean {
  const root = (fields[at] as string).split('.', 1)[0] as string;
  return fields.slice(0, at).some((field) => field === root || field.startsWith(`${root}.`));
}

function distinct(keys: Buffer[]): Buffer[] {
  if (keys.length === 1) return keys;
  return [...new Map(keys.map((key) => [key.latin1Slice(0, key.length), key])).values()];
}

function interval(head: Buffer, direction: number, bounds: readonly Condition[]): Range {
  let low: Buffer | undefined;
  let high: Buffer | undefined;
  const tighten = (candidate: Range): void => {
    if (low === undefined || Buffer.compare(candidate.low, low) > 0) low = candidate.low;
    if (high === undefined || Buffer.compare(candidate.high, high) < 0) high = candidate.high;
  };
  for (const { operator, operand } of bounds) {
    const rank = rankPrefix(head, typeRank(operand), direction);
    const whole = { low: rank, high: successor(rank) };
    const at = encodePrefix([operand], [direction], head);
    const after = successor(at);
    const ascending = direction === 1;
    if (operator === '$prefix') {
      const open = at.subarray(0, at.length - 1);
      tighten({ low: open, high: successor(open) });
    } else if (operator === '$gt') tighten(ascending ? { low: after, high: whole.high } : { low: whole.low, high: at });
    else if (operator === '$gte') tighten(ascending ? { low: at, high: whole.high } : { low: whole.low, high: after });
    else if (operator === '$lt') tighten(ascending ? { low: whole.low, high: at } : { low: after, high: whole.high });
    else tighten(ascending ? { low: whole.low, high: after } : { low: at, high: whole.high });
  }
  return { low: low as Buffer, high: high as Buffer };
}

/** Whether reading the index forwards or backwards yields the order that is asked for. */
function providedOrder(
  { sort, collator }: PlanRequest,
  fields: readonly string[],
  directions: readonly number[],
  equalities: number,
  usable: boolean,
): { sorted: boolean; reverse: boolean } {
  const wanted = fieldNames(sort ?? {}).map((field): [string, unknown] => [field, sort?.[field]]);
  if (wanted.length === 0) return { sorted: true, reverse: false };
  if (!usable || collator !== undefined) return { sorted: false, reverse: false };
  const fixed = new Set(fields.slice(0, equalities));
  let at = equalities;
  let sign = 0;
  for (const [field, direction] of wanted) {
    if (fixed.has(field)) continue;
    if (fields[at] !== field || typeof direction === 'object') return { sorted: false, reverse: false };
    const relative = Math.sign(Number(direction)) * (directions[at] as number);
    if (sign !== 0 && relative !== sign) return { sorted: false, reverse: false };
    sign = relative;
    at++;
  }
  return { sorted: true, reverse: sign < 0 };
}
