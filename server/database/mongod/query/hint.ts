import { badValue, failedToParse, failure } from '../errors.ts';
import type { Collection, Index } from '../storage/catalog.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { equal } from '../values/compare.ts';
import { toDouble } from '../values/numeric.ts';
import { fieldNames } from '../values/order.ts';
import type { PlanRequest } from './plan.ts';

/** What a hint, or a sort by $natural, prescribes: a direction through the collection, or an index (undefined: that on _id). */
export interface Hint {
  natural?: number;
  index?: Index | undefined;
}

/**
 * Reads the hint of a search.
 * @throws CommandError 2 for what names no index or one that cannot serve, 9 for a malformed hint
 */
export function hintOf(collection: Collection, { hint, sort, view }: PlanRequest): Hint | undefined {
  if (hint === undefined || hint === null || hint === '') return naturalIn(sort);
  if (typeof hint !== 'string' && !isDocument(hint)) throw failedToParse('Hint must be a string or an object');
  if (typeof hint === 'object' && Object.keys(hint).length === 0) return naturalIn(sort);
  const natural = typeof hint === 'object' ? naturalIn(hint) : undefined;
  if (natural !== undefined) return natural;
  if (hint === '_id_' || (typeof hint === 'object' && equal(hint, { _id: 1 }))) return { index: undefined };
  const index = collection.indexes.find(({ spec }) =>
    typeof hint === 'string' ? spec.name === hint : isSameKey(spec.key, hint),
  );
  if (index === undefined) throw refused('hint provided does not correspond to an existing index');
  if ((index.since ?? 0) > (view.snapshotGroup ?? Number.POSITIVE_INFINITY))
    throw failure(246, 'the hinted index is younger than what the transaction reads');
  return { index };
}

/** Whether two documents list the same fields in the same order, with equal values. */
export const isSameKey = (a: Doc, b: Doc): boolean =>
  equal(a, b) && fieldNames(a).join('\0') === fieldNames(b).join('\0');

function naturalIn(order: Doc | undefined): Hint | undefined {
  if (order === undefined || !('$natural' in order)) return undefined;
  const natural = toDouble(order.$natural);
  if (Object.keys(order).length !== 1 || (natural !== 1 && natural !== -1))
    throw badValue('$natural must be the only field, and 1 or -1');
  return { natural };
}

const refused = (reason: string) =>
  badValue(`error processing query: planner returned error :: caused by :: ${reason}`);
