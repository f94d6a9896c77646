import { ObjectId } from 'bson';
import type { Engine } from '../engine.ts';
import { Memory } from '../memory.ts';
import type { Step } from '../pauses.ts';
import { readsFewer } from '../query/choice.ts';
import { fieldsOf } from '../query/conditions.ts';
import { compileFilter, type MatchContext } from '../query/matcher.ts';
import type { Examined, Plan } from '../query/plan.ts';
import { plan } from '../query/planner.ts';
import { checkExists, type Found, keysOf, pausingScan, type Test } from '../query/scan.ts';
import { SeenKeys } from '../query/seen-keys.ts';
import { compileSort, type SortOrder } from '../query/sort.ts';
import { type Sorting, sorted } from '../query/sorted.ts';
import type { Collection } from '../storage/catalog.ts';
import type { Counted, KeyValue, Range } from '../storage/store.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { decode, decodeFields } from '../values/decode.ts';
import { sizeOf } from '../values/size.ts';
import { type Command, matchContext, viewOf } from './context.ts';

/** What a search needs, whichever command asks. */
export interface Search {
  filter: Doc;
  sort?: Doc | undefined;
  hint?: unknown;
  skip?: number;
  limit?: number;
}

/** Chooses how to run a search. */
export const planSearch = (
  view: KeyValue,
  collection: Collection,
  { filter, sort, hint, skip = 0, limit }: Search,
  { collator, remaining }: MatchContext,
): Plan =>
  plan(collection, {
    view,
    filter,
    sort,
    hint,
    collator,
    remaining,
    limit: limit === undefined ? undefined : skip + limit,
  });

/**
 * Finds documents in order; sorts in memory only when no index yields the order. A filter, a sort or a hint that is malformed is
 * an error at once, whatever documents there are.
 */
export function search(
  view: KeyValue,
  collection: Collection,
  request: Search,
  context: MatchContext,
  given?: Plan,
): Generator<Step<Found>> {
  const { filter, sort, skip = 0, limit = Number.MAX_SAFE_INTEGER } = request;
  const test = { matches: compileFilter(filter, context), fields: fieldsOf(filter) };
  const order = sort === undefined ? undefined : compileSort(sort, context.collator);
  const chosen = given ?? planSearch(view, collection, request, context);
  const examined = chosen.examined ?? { keys: 0, documents: 0 };
  const own = chosen.fallback === undefined ? chosen : { ...chosen, examined };
  const passed = chosen.exact && chosen.union === undefined && chosen.sorted ? skip : 0;
  const found = pausingScan(
    view,
    collection,
    own,
    test,
    expectedEntries(chosen, { ...request, skip: skip - passed }),
    passed,
  );
  const most = skip + limit;
  if (order === undefined) return part(found, skip - passed, limit);
  if (!chosen.sorted) return part(sortFound(view, collection, found, test, order, most), skip, limit);
  if (chosen.fallback === undefined) return part(found, skip - passed, limit);
  const other = pausingScan(view, collection, { ...chosen.fallback, examined }, test);
  const rest = sortFound(view, collection, other, test, order, most);
  return part(orderedAtFirst(view, chosen.fallback, examined, found, rest), skip, limit);
}

/** What a command searches for, in a collection or in none. @throws CommandError for what is malformed in either case */
export function searchIn(
  engine: Engine,
  command: Command,
  collection: Collection | undefined,
  request: Search,
  context: MatchContext = matchContext(command),
): Iterable<Step<Found>> {
  if (collection !== undefined) return search(viewOf(engine, command), collection, request, context);
  compileFilter(request.filter, context);
  if (request.sort !== undefined) compileSort(request.sort, context.collator);
  return [];
}

/** Documents that are read in order before it is looked whether the fallback would read fewer. */
const FIRST_BUDGET = 256;

/**
 * Reads in order until a fallback reads fewer documents than that has cost: both together cost no more than three times the
 * cheaper of the two. What came in order is the beginning of what the fallback yields, and left out there.
 */
function* orderedAtFirst(
  view: KeyValue,
  fallback: Plan,
  examined: Examined,
  found: Iterable<Step<Found>>,
  others: Iterable<Step<Found>>,
): Generator<Step<Found>> {
  const seen = new SeenKeys();
  let budget = FIRST_BUDGET;
  for (const each of found) {
    if (each !== undefined) seen.add(each.key);
    yield each;
    if (examined.documents < budget) continue;
    if (readsFewer(fallback, view, budget)) {
      examined.fellBack = true;
      break;
    }
    budget *= 2;
  }
  if (!examined.fellBack) return;
  for (const each of others) if (each === undefined || !seen.has(each.key)) yield each;
}

function* part(results: Iterable<Step<Found>>, skip: number, limit: number): Generator<Step<Found>> {
  if (limit <= 0) return;
  let skipped = 0;
  let taken = 0;
  for (const found of results) {
    if (found === undefined) yield undefined;
    else if (skipped++ >= skip) {
      yield found;
      if (++taken >= limit) return;
    }
  }
}

/** A found document in a sort: beyond some bytes only its key is kept, and it is read again when its turn comes. */
interface Row {
  key: Buffer;
  raw: Buffer | undefined;
  values: unknown[];
  size: number;
}

/** Bytes of documents that a sort keeps beside what it sorts them by. */
const MAX_DOCUMENT_BYTES = 16 * 1024 * 1024;
const ROW_BYTES = 64;

/** Sorts found documents, those that are wanted first; `most` is how many that are. */
function* sortFound(
  view: KeyValue,
  collection: Collection,
  found: Iterable<Step<Found>>,
  test: Test,
  { fields, valuesOf, order }: SortOrder,
  most: number,
): Generator<Step<Found>> {
  const memory = new Memory();
  let documentBytes = 0;
  function* rows(): Generator<Step<Row>> {
    for (const each of found) {
      if (each === undefined) {
        yield undefined;
        continue;
      }
      const values = valuesOf(each.document ?? decodeFields(each.raw, fields));
      const raw = documentBytes + each.raw.length <= MAX_DOCUMENT_BYTES ? each.raw : undefined;
      yield { key: each.key, raw, values, size: ROW_BYTES + each.key.length + sizeOf(values) };
    }
  }
  const sorting: Sorting<Row> = {
    order: (a, b) => order(a.values, b.values),
    hold: ({ raw, size }, sign) => {
      memory.add(sign * size, 'sort');
      documentBytes += sign * (raw?.length ?? 0);
    },
  };
  for (const row of sorted(rows(), sorting, most)) {
    if (row === undefined) yield undefined;
    else {
      if (row.raw === undefined) checkExists(collection);
      const raw = row.raw ?? readAgain(view, row, test, (document) => order(valuesOf(document), row.values) === 0);
      yield raw && { key: row.key, raw, document: undefined };
    }
  }
}

/** The document as it is now; undefined where it is gone, or was changed so that it stands elsewhere. */
function readAgain(
  view: KeyValue,
  { key }: Row,
  { matches }: Test,
  isInPlace: (document: Doc) => boolean,
): Buffer | undefined {
  const raw = view.get(key);
  if (raw === undefined) return undefined;
  const document = decode(raw);
  return matches(document) && isInPlace(document) ? raw : undefined;
}

/** How many entries a search will read at least: all it may return, or what a first batch takes. */
function expectedEntries(chosen: Plan, { skip = 0, limit }: Search): number {
  return chosen.sorted && limit !== undefined ? skip + limit : FIRST_ENTRIES;
}

const FIRST_ENTRIES = 101;

/** Whether an _id in a filter can only mean itself, and its key is certainly whole. */
export const isPlainId = (id: unknown): boolean =>
  (typeof id === 'string' && id.length < MAX_PLAIN_LENGTH) || typeof id === 'number' || id instanceof ObjectId;

/** Characters of a string that take up to 3 bytes each in a key. */
const MAX_PLAIN_LENGTH = 200;

/**
 * Counts matches, those to be skipped among them, with pauses, and without reading documents where an index answers alone. What
 * is found beyond the limit may be left out.
 */
export function* countMatches(
  engine: Engine,
  command: Command,
  collection: Collection,
  request: Search,
): Generator<undefined, number> {
  const context = matchContext(command);
  const view = viewOf(engine, command);
  const test = { matches: compileFilter(request.filter, context), fields: fieldsOf(request.filter) };
  const { collator, remaining } = context;
  const chosen = plan(collection, { view, filter: request.filter, hint: request.hint, collator, remaining });
  if (isCoveredCount(chosen)) {
    const isLatest = command.transaction === undefined && command.snapshot === undefined;
    if (!chosen.narrowed && isLatest && chosen.index === undefined) return collection.syncedCount;
    const total = yield* countEntries(view, chosen, collection.count);
    checkExists(collection, chosen);
    return total;
  }
  const most = (request.skip ?? 0) + (request.limit ?? Number.POSITIVE_INFINITY);
  let total = 0;
  const isByKeys = chosen.exact && chosen.union === undefined && chosen.index !== undefined;
  const matches = isByKeys ? keysOf(view, chosen) : pausingScan(view, collection, chosen, test);
  for (const match of matches) {
    if (match === undefined) yield undefined;
    else if (++total >= most) break;
  }
  checkExists(collection, chosen);
  return total;
}

/** Counts the entries of a plan whose documents have one each, with pauses; `most` is how many there can be. */
function* countEntries(view: KeyValue, { points, ranges }: Plan, most: number): Generator<undefined, number> {
  let total = 0;
  for (const range of ranges) {
    if (points) total += Number(view.get(range.low) !== undefined);
    else if (most <= COUNTED_AT_ONCE) total += view.count(range).keys;
    else total += yield* countKeys(view, range);
    yield undefined;
  }
  return total;
}

/** Keys that are counted without a pause: less than 1 ms. */
const COUNTED_AT_ONCE = 10_000;

function* countKeys(view: KeyValue, { low, high }: Range): Generator<undefined, number> {
  let total = 0;
  for (let from: Buffer | undefined = low; from !== undefined; ) {
    const { keys, next }: Counted = view.count({ low: from, high }, COUNTED_AT_ONCE);
    total += keys;
    from = next;
    if (next !== undefined) yield undefined;
  }
  return total;
}

/** Whether index entries alone say how many documents match. */
const isCoveredCount = (chosen: Plan): boolean => chosen.exact && chosen.union === undefined && chosen.distinct;

/** A name that no stage refuses. */
const PLAIN_NAME = /^(?!_id$)[^.$\0]+$/;

/** A stage that needs no documents, only their number: the $group of countDocuments. */
export function countStage(stage: Doc): ((total: number) => Doc) | undefined {
  const group = stage.$group;
  if (!isDocument(group) || Object.keys(group).length !== 2) return undefined;
  const { _id: id, ...fields } = group;
  const [name, operation] = Object.entries(fields)[0] as [string, unknown];
  const isConstant = id === null || typeof id === 'number';
  const isCount = isDocument(operation) && Object.keys(operation).join() === '$sum' && operation.$sum === 1;
  return isConstant && isCount && PLAIN_NAME.test(name) ? (total) => ({ _id: id, [name]: total }) : undefined;
}
