import { Long, ObjectId } from 'bson';
import { isKnownStage, runPipeline } from '../aggregation/pipeline.ts';
import type { Engine } from '../engine.ts';
import { CommandError, failedToParse, notImplemented, searchNeedsAtlas, typeMismatch } from '../errors.ts';
import { fieldsOf } from '../query/conditions.ts';
import { compileFilter, type MatchContext } from '../query/matcher.ts';
import { visitPath } from '../query/paths.ts';
import { type Plan, plan } from '../query/planner.ts';
import { compileProjection } from '../query/projection.ts';
import { type Found, scan } from '../query/scan.ts';
import { sortBy } from '../query/sort.ts';
import type { Collection } from '../storage/catalog.ts';
import { documentKey } from '../storage/documents.ts';
import type { KeyValue } from '../storage/store.ts';
import { type Doc, decode, decodeFields, encode, isDocument } from '../values/codec.ts';
import { equal } from '../values/compare.ts';
import { aggregate } from './aggregate.ts';
import {
  type Command,
  collectionName,
  collectionOf,
  countField,
  documentField,
  type Handler,
  matchContext,
  ownerOf,
  pipelineContext,
  viewOf,
} from './context.ts';
import { cursorReply } from './replies.ts';

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
  const test = { matches: compileFilter(filter, context), fields: fieldsOf(filter) };
  const chosen = plan(collection, {
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
      context.collator,
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

export const find: Handler = (engine, command) => {
  const { body } = command;
  const name = collectionName(command);
  const namespace = `${command.database}.${name}`;
  const byId = findById(engine, command, namespace);
  if (byId !== undefined) return byId;
  if (body.tailable === true || body.awaitData === true) throw notImplemented('tailable cursors are not supported');
  const filter = documentField(body, 'filter') ?? {};
  const context = matchContext(engine, command);
  compileFilter(filter, context);
  const projection = compileProjection(documentField(body, 'projection'), filter, context);
  const collection = collectionOf(engine, command);
  if (collection?.view !== undefined) return findInView(engine, command);
  const limit = countField(body, 'limit') || undefined;
  const request: Search = {
    filter,
    sort: documentField(body, 'sort'),
    hint: body.hint,
    skip: countField(body, 'skip') ?? 0,
    ...(limit === undefined ? {} : { limit }),
  };
  const view = viewOf(engine, command);
  const results =
    collection === undefined
      ? [][Symbol.iterator]()
      : rawResults(search(view, collection, request, context), projection);
  const batch = engine.cursors.open(namespace, results, countField(body, 'batchSize'), {
    singleBatch: body.singleBatch === true,
    noTimeout: body.noCursorTimeout === true,
    owner: ownerOf(command),
  });
  return cursorReply(namespace, batch, 'firstBatch');
};

/** A search for one _id and nothing else is a single read. */
function findById(engine: Engine, command: Command, namespace: string): Buffer | undefined {
  const { filter, projection, collation, batchSize, skip, hint, tailable } = command.body;
  const id = isDocument(filter) ? filter._id : undefined;
  if (!isPlainId(id) || Object.keys(filter as Doc).length !== 1) return undefined;
  if (projection !== undefined && Object.keys(projection as Doc).length > 0) return undefined;
  if (collation !== undefined || batchSize === 0 || skip || hint !== undefined || tailable) return undefined;
  const collection = collectionOf(engine, command);
  if (collection === undefined || collection.view !== undefined) return undefined;
  const raw = viewOf(engine, command).get(documentKey(collection, id));
  return cursorReply(namespace, { documents: raw === undefined ? [] : [raw], id: Long.ZERO }, 'firstBatch');
}

/** Whether an _id in a filter can only mean itself. */
export const isPlainId = (id: unknown): boolean =>
  typeof id === 'string' || typeof id === 'number' || id instanceof ObjectId;

function* rawResults(found: Iterable<Found>, projection: ((document: Doc) => Doc) | undefined): Generator<Buffer> {
  for (const { raw, document } of found) {
    yield projection === undefined ? raw : encode(projection(document ?? decode(raw)));
  }
}

/** A view is read as the pipeline that it stands for. */
function findInView(engine: Engine, command: Command) {
  const { body } = command;
  const stages: Doc[] = [];
  if (isDocument(body.filter)) stages.push({ $match: body.filter });
  if (isDocument(body.sort) && Object.keys(body.sort).length > 0) stages.push({ $sort: body.sort });
  if (body.skip) stages.push({ $skip: body.skip });
  if (body.limit) stages.push({ $limit: body.limit });
  if (isDocument(body.projection) && Object.keys(body.projection).length > 0)
    stages.push({ $project: body.projection });
  const { filter: _f, sort: _s, skip: _k, limit: _l, projection: _p, batchSize, find: name, ...rest } = body;
  const cursor = batchSize === undefined ? {} : { batchSize };
  return aggregate(engine, {
    ...command,
    name: 'aggregate',
    body: { aggregate: name, pipeline: stages, cursor, ...rest },
  });
}

export const getMore: Handler = (engine, command) => {
  const { body } = command;
  const namespace = `${command.database}.${String(body.collection)}`;
  const batch = engine.cursors.more(
    body.getMore as Long,
    namespace,
    countField(body, 'batchSize') || undefined,
    ownerOf(command),
  );
  return cursorReply(namespace, batch, 'nextBatch');
};

export const killCursors: Handler = (engine, { body }) => {
  const { killed, missing } = engine.cursors.kill(body.cursors as Long[]);
  return { cursorsKilled: killed, cursorsNotFound: missing, cursorsAlive: [], cursorsUnknown: [], ok: 1 };
};

export const count: Handler = (engine, command) => {
  const { body } = command;
  const collection = collectionOf(engine, command);
  if (collection === undefined) return { n: 0, ok: 1 };
  const filter = documentField(body, 'query') ?? {};
  const skip = countField(body, 'skip') ?? 0;
  const limit = Math.abs(Number(body.limit ?? 0)) || Number.MAX_SAFE_INTEGER;
  if (collection.view !== undefined) {
    const stages = [...collection.view.pipeline, { $match: filter }];
    const context = pipelineContext(engine, command);
    const source = context.documentsOf(collection.view.on);
    const total = [...runPipeline(stages, source, context)].length;
    return { n: Math.max(0, Math.min(total - skip, limit)), ok: 1 };
  }
  const total = countMatches(engine, command, collection, { filter, hint: body.hint });
  return { n: Math.max(0, Math.min(total - skip, limit)), ok: 1 };
};

/** Counts matches, without reading documents where an index answers alone. */
export function countMatches(engine: Engine, command: Command, collection: Collection, request: Search): number {
  const context = matchContext(engine, command);
  const view = viewOf(engine, command);
  const test = { matches: compileFilter(request.filter, context), fields: fieldsOf(request.filter) };
  const chosen = plan(collection, { filter: request.filter, hint: request.hint, collator: context.collator });
  if (isCoveredCount(chosen)) {
    if (!chosen.narrowed && command.transaction === undefined && chosen.index === undefined) return collection.count;
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

const isCoveredCount = (chosen: Plan) => chosen.exact && chosen.union === undefined && !chosen.index?.multikey;

export const distinct: Handler = (engine, command) => {
  const { body } = command;
  if (typeof body.key !== 'string')
    throw typeMismatch("BSON field 'distinct.key' is the wrong type, expected type 'string'");
  const collection = collectionOf(engine, command);
  const parts = body.key.split('.');
  const values: unknown[] = [];
  const seen = new Set<unknown>();
  const context = matchContext(engine, command);
  const add = (value: unknown) => {
    if (value === undefined) return false;
    if (typeof value === 'string' && context.collator === undefined) {
      if (seen.has(value)) return false;
      seen.add(value);
      values.push(value);
    } else if (!values.some((other) => equal(other, value, context.collator))) values.push(value);
    return false;
  };
  const filter = documentField(body, 'query') ?? {};
  const visit = (document: Doc) =>
    visitPath(document, parts, (value) => {
      if (Array.isArray(value)) for (const each of value) add(each);
      else add(value);
      return false;
    });
  if (collection?.view !== undefined) {
    const given = pipelineContext(engine, command);
    for (const document of runPipeline(
      [...collection.view.pipeline, { $match: filter }],
      given.documentsOf(collection.view.on),
      given,
    ))
      visit(document);
  } else if (collection !== undefined) {
    for (const found of search(viewOf(engine, command), collection, { filter, hint: body.hint }, context)) {
      visit(found.document ?? decode(found.raw));
    }
  }
  return { values, ok: 1 };
};

/** The stages of a pipeline, each checked to be a known one with a single name. */
export function stagesOf(pipeline: unknown): Doc[] {
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
    checkStage(names[0] as string);
  }
  return pipeline as Doc[];
}

const refused = new Set(['$changeStream', '$search', '$searchMeta', '$vectorSearch', '$geoNear', '$planCacheStats']);

function checkStage(name: string): void {
  if (name === '$listSearchIndexes') throw searchNeedsAtlas();
  if (refused.has(name)) throw notImplemented(`${name} is not supported`);
  if (
    isKnownStage(name) ||
    ['$collStats', '$indexStats', '$currentOp', '$listLocalSessions', '$listSessions'].includes(name)
  )
    return;
  if (!name.startsWith('$')) throw failedToParse(`Unrecognized pipeline stage name: '${name}'`);
  throw new CommandError(40324, 'Location40324', `Unrecognized pipeline stage name: '${name}'`);
}

/** Found documents, decoded for a pipeline: all of each, or only the fields that it reads. */
export function* plainDocuments(found: Iterable<Found>, fields: ReadonlySet<string> | undefined): Generator<Doc> {
  for (const { raw } of found) yield fields === undefined ? decode(raw, 0, true) : decodeFields(raw, fields, true);
}
