import { Long } from 'bson';
import type { Engine } from '../engine.ts';
import { badValue } from '../errors.ts';
import { Memory } from '../memory.ts';
import { eachResult, resultOf, Slices, type Step } from '../pauses.ts';
import { compileFilter } from '../query/matcher.ts';
import { visitPath } from '../query/paths.ts';
import { type CompiledProjection, compileProjection } from '../query/projection.ts';
import { decoded, type Found } from '../query/scan.ts';
import { documentKey } from '../storage/documents.ts';
import { type Doc, encode, isDocument } from '../values/codec.ts';
import { kindBy } from '../values/kinds.ts';
import { toDouble } from '../values/numeric.ts';
import { sizeOf } from '../values/size.ts';
import {
  type Command,
  collectionName,
  collectionOf,
  countField,
  documentField,
  type Handler,
  isSet,
  matchContext,
  ownerOf,
  viewOf,
} from './context.ts';
import { wrongType } from './fields.ts';
import { cursorReply } from './replies.ts';
import { countMatches, isPlainId, type Search, searchIn } from './search.ts';

export const find: Handler = (engine, command) => {
  const namespace = `${command.database}.${collectionName(command)}`;
  return findById(engine, command, namespace) ?? findAll(engine, command, namespace);
};

async function findAll(engine: Engine, command: Command, namespace: string): Promise<Buffer> {
  const { body } = command;
  const context = matchContext(command);
  const collection = collectionOf(engine, command);
  const request = searchOf(body);
  const asked = documentField(body, 'projection');
  const found = searchIn(engine, command, collection, request, context);
  const results = rawResults(found, compileProjection(asked, context));
  const batch = await engine.cursors.open(namespace, results, countField(body, 'batchSize'), {
    singleBatch: isSet(body.singleBatch),
    noTimeout: isSet(body.noCursorTimeout),
    owner: ownerOf(command),
    limits: command,
  });
  return cursorReply(namespace, batch, 'firstBatch');
}

/** The search that a find asks for. */
export function searchOf(body: Doc): Search {
  const limit = countField(body, 'limit') || undefined;
  return {
    filter: documentField(body, 'filter') ?? {},
    sort: documentField(body, 'sort'),
    hint: body.hint,
    skip: countField(body, 'skip') ?? 0,
    ...(limit === undefined ? {} : { limit }),
  };
}

const isPositive = (count: unknown): boolean => count === undefined || toDouble(count) > 0;

/** A search for one _id and nothing else is a single read. */
function findById(engine: Engine, command: Command, namespace: string): Buffer | undefined {
  const { filter, projection, collation, batchSize, skip, hint, limit } = command.body;
  const id = isDocument(filter) ? filter._id : undefined;
  if (!isPlainId(id) || Object.keys(filter as Doc).length !== 1) return undefined;
  if (projection !== undefined && Object.keys(projection as Doc).length > 0) return undefined;
  if (collation !== undefined || skip || hint !== undefined) return undefined;
  if (!isPositive(batchSize) || !isPositive(limit)) return undefined;
  const collection = collectionOf(engine, command);
  if (collection === undefined) return undefined;
  const raw = viewOf(engine, command).get(documentKey(collection, id));
  return cursorReply(namespace, { documents: raw === undefined ? [] : [raw], id: Long.ZERO }, 'firstBatch');
}

function* rawResults(
  found: Iterable<Step<Found>>,
  projection: CompiledProjection | undefined,
): Generator<Step<Buffer>> {
  for (const each of found)
    yield each && (projection === undefined ? each.raw : encode(projection.project(decoded(each, projection.fields))));
}

export const getMore: Handler = async (engine, command) => {
  const { body } = command;
  if (body.maxTimeMS !== undefined)
    throw badValue('cannot set maxTimeMS on getMore command for a non-awaitData cursor');
  const namespace = `${command.database}.${String(body.collection)}`;
  if (!Long.isLong(body.getMore)) throw wrongType('getMore.getMore', body.getMore, 'long');
  const batch = await engine.cursors.more(
    body.getMore,
    namespace,
    countField(body, 'batchSize') || undefined,
    ownerOf(command),
    command.connection,
  );
  return cursorReply(namespace, batch, 'nextBatch');
};

export const killCursors: Handler = (engine, { body }) => {
  const { cursors } = body;
  if (!Array.isArray(cursors) || !cursors.every((each) => Long.isLong(each)))
    throw wrongType('killCursors.cursors', cursors, 'array of longs');
  const { killed, missing } = engine.cursors.kill(cursors);
  return { cursorsKilled: killed, cursorsNotFound: missing, cursorsAlive: [], cursorsUnknown: [], ok: 1 };
};

export const count: Handler = async (engine, command) => {
  const { body } = command;
  const collection = collectionOf(engine, command);
  const filter = documentField(body, 'query') ?? {};
  const skip = countField(body, 'skip') ?? 0;
  const limit = Math.abs(Math.trunc(toDouble(body.limit ?? 0))) || Number.MAX_SAFE_INTEGER;
  if (collection === undefined) {
    compileFilter(filter, matchContext(command));
    return { n: 0, ok: 1 };
  }
  const counting = countMatches(engine, command, collection, { filter, hint: body.hint, skip, limit });
  const total = await resultOf(counting, new Slices(engine.scheduler, command));
  return { n: Math.max(0, Math.min(total - skip, limit)), ok: 1 };
};

export const distinct: Handler = async (engine, command) => {
  const { body } = command;
  const collection = collectionOf(engine, command);
  const parts = (body.key as string).split('.');
  const context = matchContext(command);
  const request: Search = { filter: documentField(body, 'query') ?? {}, hint: body.hint };
  const found = searchIn(engine, command, collection, request, context);
  const kindOf = kindBy(context.collator);
  const values = new Map<unknown, unknown>();
  const memory = new Memory();
  const add = (value: unknown): void => {
    const kind = kindOf(value);
    if (value === undefined || values.has(kind)) return;
    memory.add(sizeOf(value), 'distinct');
    values.set(kind, value);
  };
  const visit = (value: unknown): boolean => {
    if (Array.isArray(value)) value.forEach(add);
    else add(value);
    return false;
  };
  const roots = new Set([parts[0] as string]);
  await eachResult(found, new Slices(engine.scheduler, command), (each) =>
    visitPath(decoded(each, roots), parts, visit),
  );
  return { values: [...values.values()], ok: 1 };
};
