import type { Collection } from '../storage/catalog.ts';
import type { KeyValue, Range } from '../storage/store.ts';
import type { Doc } from '../values/codec.ts';
import type { Condition } from './conditions.ts';
import type { Plan, PlanRequest } from './plan.ts';
import type { Planning } from './planning.ts';

/** A plan that could be taken. */
export interface Candidate {
  plan: Plan;
  /** The conditions that its ranges take care of, and the branches of an $or where each has a plan of its own. */
  used: ReadonlySet<Condition | readonly Doc[]>;
  /** How much it narrows the search, by rule of thumb. */
  score: number;
}

/** Keys are counted up to here: 0.3 ms at most for each candidate. */
const MOST_COUNTED = 5000;

/** Of more ranges than this only some are counted, from everywhere among them. */
const MOST_RANGES = 8;

/**
 * Chooses the candidate that reads the fewest documents. Keys in the ranges are counted, where more than one candidate is left
 * that could be best. An order by an index pays when a page is soon full: with few matches it would read on to the end of the
 * index, and it is cheaper to find those few by their index and to sort them. Where too much has been counted already, as for
 * many branches of an $or, the rule of thumb decides.
 */
export function cheapest(
  candidates: readonly Candidate[],
  collection: Collection,
  request: PlanRequest,
  planning: Planning,
): Candidate | undefined {
  const unique = candidates.filter(({ plan }) => plan.points);
  if (unique.length > 0) return highest(unique);
  const left = candidates.filter((each, at) => !candidates.some((other, place) => dominates(other, each, place < at)));
  if (left.length < 2) return left[0];
  if (!planning.mayCount) return highest(left);
  const sizes = left.map(({ plan }) => keysIn(plan, collection, request, planning));
  if (!planning.mayCount) return highest(left);
  const matches = Math.max(1, Math.min(...sizes));
  let chosen: { candidate: Candidate; cost: number } | undefined;
  for (const [at, candidate] of left.entries()) {
    const cost = costOf(candidate.plan, sizes[at] as number, matches, request);
    const isBetter =
      chosen === undefined || cost < chosen.cost || (cost === chosen.cost && candidate.score > chosen.candidate.score);
    if (isBetter) chosen = { candidate, cost };
  }
  return chosen === undefined ? undefined : withFallback(chosen.candidate, left, sizes, request);
}

/** Adds to an ordered plan for a page, if not all that it reads matches, the best that is not ordered. */
function withFallback(
  chosen: Candidate,
  left: readonly Candidate[],
  sizes: readonly number[],
  { limit, sort }: PlanRequest,
): Candidate {
  const { plan } = chosen;
  if (!plan.sorted || sort === undefined || limit === undefined || isExact(plan)) return chosen;
  let [fallback, smallest]: [Plan | undefined, number] = [undefined, Number.POSITIVE_INFINITY];
  for (const [at, other] of left.entries()) {
    const size = sizes[at] as number;
    if (!other.plan.sorted && size < smallest) [fallback, smallest] = [other.plan, size];
  }
  return fallback === undefined ? chosen : { ...chosen, plan: { ...plan, fallback } };
}

const isExact = ({ union, exact }: Plan): boolean => union?.every((each) => each.exact) ?? exact;

/** Whether a plan reads fewer keys than so many. */
export function readsFewer({ union, ranges, points }: Plan, view: KeyValue, most: number): boolean {
  if (union !== undefined) return union.every((each) => readsFewer(each, view, most / union.length));
  if (points || ranges.length > most) return ranges.length < most;
  let left = most;
  for (const range of ranges) {
    const { keys, next } = view.count(range, Math.max(0, Math.floor(left)));
    if (next !== undefined) return false;
    left -= keys;
  }
  return left > 0;
}

function highest(candidates: readonly Candidate[]): Candidate | undefined {
  let best = candidates[0];
  for (const each of candidates) if (each.score > (best as Candidate).score) best = each;
  return best;
}

/** Whether a candidate narrows the search by all that another does, and yields the order where that does. */
function dominates(a: Candidate, b: Candidate, isEarlier: boolean): boolean {
  if (a === b) return false;
  if (b.plan.sorted && !a.plan.sorted) return false;
  for (const each of b.used) if (!a.used.has(each)) return false;
  const isSame = a.used.size === b.used.size && a.plan.sorted === b.plan.sorted;
  return !isSame || isEarlier;
}

/** The number of keys that a plan would read from end to end; an upper bound where they are many. */
function keysIn(
  { union, ranges, points, narrowed, index, distinct }: Plan,
  collection: Collection,
  request: PlanRequest,
  planning: Planning,
): number {
  if (union !== undefined) {
    return union.reduce((sum, each) => sum + (planning.mayCount ? keysIn(each, collection, request, planning) : 0), 0);
  }
  if (points) return ranges.length;
  if (!narrowed && index === undefined) return collection.count;
  let counted = 0;
  // Where a document has one key at most, a small collection has few.
  const most = distinct && collection.count <= MOST_COUNTED ? undefined : MOST_COUNTED;
  const stride = Math.max(1, ranges.length / MOST_RANGES);
  const some: readonly Range[] = ranges.filter((_range, at) => at % stride < 1);
  for (const range of some) {
    const own = request.view.count(range, most).keys;
    planning.addCounted(own);
    counted += own;
    if (counted >= MOST_COUNTED) return Math.max(counted, collection.count);
  }
  return some.length === 0 ? 0 : (counted * ranges.length) / some.length;
}

/** How many documents a plan is likely to read, given the number of keys in its ranges and the most matches there can be. */
function costOf(plan: Plan, keys: number, matches: number, { limit, sort }: PlanRequest): number {
  const isOrdered = plan.sorted || sort === undefined;
  if (!isOrdered || limit === undefined) return keys;
  if (isExact(plan)) return Math.min(keys, limit);
  // What does not match is read and passed over. One more than where nothing is.
  return Math.min(keys, (limit * Math.max(keys, 1)) / matches) + 1;
}
