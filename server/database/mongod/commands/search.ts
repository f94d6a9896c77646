import { ObjectId } from 'bson';
import { checkExpressions } from '../aggregation/check.ts';
import { isKnownStage } from '../aggregation/pipeline.ts';
import type { Engine } from '../engine.ts';
import { CommandError, failedToParse, notImplemented, searchNeedsAtlas, typeMismatch } from '../errors.ts';
import { fieldsOf } from '../query/conditions.ts';
import { type MatchContext, searchMatcher } from '../query/matcher.ts';
import { type Plan, plan } from '../query/planner.ts';
import { type Found, scan } from '../query/scan.ts';
import { sortBy } from '../query/sort.ts';
import type { Collection } from '../storage/catalog.ts';
import type { KeyValue } from '../storage/store.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { decode, decodeFields } from '../values/decode.ts';
import { type Command, matchContext, viewOf } from './context.ts';

/** What a search needs, whichever command asks. */
export interface Search {
  filter: Doc;
  sort?: Doc | undefined;
  hint?: unknown;
  skip?: number;
  limit?: number;
}

/** Finds documents in order; sorts in memory only when no index yields the order. */
export function* search(
  view: KeyValue,
  collection: Collection,
  request: Search,
  context: MatchContext,
): Generator<Found> {
  const { filter, sort, hint, skip = 0, limit = Number.MAX_SAFE_INTEGER } = request;
  const test = { matches: searchMatcher(filter, context), fields: fieldsOf(filter) };
  const chosen = plan(collection, {
    view,
    filter,
    sort,
    hint,
    collator: context.collator,
    limited: request.limit !== undefined,
  });
  let results: Iterable<Found> = scan(view, collection, chosen, test, expectedEntries(chosen, request));
  if (!chosen.sorted && sort !== undefined) {
    const found = [...results];
    results = sortBy(
      found,
      (each) => {
        each.document ??= decode(each.raw);
        return each.document;
      },
      sort,
      context,
    );
  }
  if (limit <= 0) return;
  let skipped = 0;
  let taken = 0;
  for (const found of results) {
    if (skipped++ < skip) continue;
    yield found;
    if (++taken >= limit) return;
  }
}

/** How many entries a search will read at least: all it may return, or what a first batch takes. */
function expectedEntries(chosen: Plan, { skip = 0, limit }: Search): number {
  return chosen.sorted && limit !== undefined ? skip + limit : FIRST_ENTRIES;
}

const FIRST_ENTRIES = 101;

/** Whether an _id in a filter can only mean itself. */
export const isPlainId = (id: unknown): boolean =>
  typeof id === 'string' || typeof id === 'number' || id instanceof ObjectId;

/** Counts matches, without reading documents where an index answers alone. */
export function countMatches(engine: Engine, command: Command, collection: Collection, request: Search): number {
  const context = matchContext(engine, command);
  const view = viewOf(engine, command);
  const test = { matches: searchMatcher(request.filter, context), fields: fieldsOf(request.filter) };
  const chosen = plan(collection, { view, filter: request.filter, hint: request.hint, collator: context.collator });
  if (isCoveredCount(chosen)) {
    const isLatest = command.transaction === undefined && command.snapshot === undefined;
    if (!chosen.narrowed && isLatest && chosen.index === undefined) return collection.syncedCount;
    let total = 0;
    for (const range of chosen.ranges) {
      total += chosen.points ? Number(view.get(range.low) !== undefined) : view.count(range);
    }
    return total;
  }
  let total = 0;
  for (const _found of scan(view, collection, chosen, test)) total++;
  return total;
}

/** Whether index entries alone say how many documents match. */
export const isCoveredCount = (chosen: Plan): boolean =>
  chosen.exact && chosen.union === undefined && !chosen.index?.multikey;

/** A stage that needs no documents, only their number: $count, and the $group of countDocuments. */
export function countStage(stage: Doc): ((total: number) => Doc) | undefined {
  if (typeof stage.$count === 'string') return (total) => ({ [stage.$count as string]: total });
  const group = stage.$group;
  if (!isDocument(group) || Object.keys(group).length !== 2) return undefined;
  const { _id: id, ...fields } = group;
  const [name, operation] = Object.entries(fields)[0] as [string, unknown];
  const isConstant = id === null || typeof id === 'number';
  const isCount = isDocument(operation) && operation.$sum === 1;
  return isConstant && isCount ? (total) => ({ _id: id, [name]: total }) : undefined;
}

/** The stages of a pipeline, each checked to be a known one with a single name. */
export function stagesOf(pipeline: unknown, isNested = false): Doc[] {
  if (!Array.isArray(pipeline)) throw typeMismatch("'pipeline' option must be specified as an array");
  for (const stage of pipeline) {
    if (!isDocument(stage)) throw typeMismatch("Each element of the 'pipeline' array must be an object");
    const names = Object.keys(stage);
    if (names.length !== 1)
      throw new CommandError(
        40323,
        'Location40323',
        'A pipeline stage specification object must contain exactly one field.',
      );
    checkStage(names[0] as string, isNested);
    for (const nested of nestedPipelines(stage)) stagesOf(nested, true);
  }
  checkExpressions(pipeline);
  return pipeline as Doc[];
}

/** The pipelines within a stage. */
function nestedPipelines({ $facet: facet, $lookup: lookup, $unionWith: union }: Doc): unknown[] {
  if (isDocument(facet)) return Object.values(facet);
  return [lookup, union].flatMap((each) => (isDocument(each) && each.pipeline !== undefined ? [each.pipeline] : []));
}

const refused = new Set(['$changeStream', '$search', '$searchMeta', '$vectorSearch', '$geoNear', '$planCacheStats']);

const onlyAtTop = new Set([
  '$out',
  '$merge',
  '$collStats',
  '$indexStats',
  '$currentOp',
  '$listLocalSessions',
  '$listSessions',
]);

function checkStage(name: string, isNested: boolean): void {
  if (isNested && onlyAtTop.has(name))
    throw new CommandError(40600, 'Location40600', `${name} is not allowed to be used within another stage`);
  if (name === '$listSearchIndexes') throw searchNeedsAtlas();
  if (refused.has(name)) throw notImplemented(`${name} is not supported`);
  if (isKnownStage(name) || onlyAtTop.has(name)) return;
  if (!name.startsWith('$')) throw failedToParse(`Unrecognized pipeline stage name: '${name}'`);
  throw new CommandError(40324, 'Location40324', `Unrecognized pipeline stage name: '${name}'`);
}

/** Found documents, decoded for a pipeline: all of each, or only the fields that it reads. */
export function* decoded(found: Iterable<Found>, fields: ReadonlySet<string> | undefined): Generator<Doc> {
  for (const { raw } of found) yield fields === undefined ? decode(raw) : decodeFields(raw, fields);
}
