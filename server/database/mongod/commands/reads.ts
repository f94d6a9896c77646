import { Long } from 'bson';
import type { Engine } from '../engine.ts';
import { typeMismatch } from '../errors.ts';
import { compileFilter } from '../query/matcher.ts';
import { visitPath } from '../query/paths.ts';
import { compilePick, compileProjection, type Projection } from '../query/projection.ts';
import type { Found } from '../query/scan.ts';
import { documentKey } from '../storage/documents.ts';
import { type Doc, encode, isDocument } from '../values/codec.ts';
import { equal, typeName } from '../values/compare.ts';
import { decode } from '../values/decode.ts';
import { toDouble } from '../values/numeric.ts';
import {
  type Command,
  collectionName,
  collectionOf,
  countField,
  documentField,
  type Handler,
  matchContext,
  ownerOf,
  viewOf,
} from './context.ts';
import { cursorReply } from './replies.ts';
import { countMatches, isPlainId, type Search, search } from './search.ts';

export const find: Handler = (engine, command) => {
  const { body } = command;
  const name = collectionName(command);
  const namespace = `${command.database}.${name}`;
  const byId = findById(engine, command, namespace);
  if (byId !== undefined) return byId;
  const filter = documentField(body, 'filter') ?? {};
  const context = matchContext(engine, command);
  compileFilter(filter, context);
  const asked = documentField(body, 'projection');
  const projection = compileProjection(asked, filter, context);
  const collection = collectionOf(engine, command);
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
      : rawResults(search(view, collection, request, context), projection, compilePick(asked));
  const batch = engine.cursors.open(namespace, results, countField(body, 'batchSize'), {
    singleBatch: body.singleBatch === true,
    noTimeout: body.noCursorTimeout === true,
    owner: ownerOf(command),
  });
  return cursorReply(namespace, batch, 'firstBatch');
};

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
  found: Iterable<Found>,
  projection: Projection | undefined,
  picked: ReturnType<typeof compilePick>,
): Generator<Buffer> {
  for (const { raw, document } of found) {
    if (picked) yield picked(raw);
    else yield projection === undefined ? raw : encode(projection(document ?? decode(raw)));
  }
}

export const getMore: Handler = (engine, command) => {
  const { body } = command;
  const namespace = `${command.database}.${String(body.collection)}`;
  if (!Long.isLong(body.getMore))
    throw typeMismatch(
      `BSON field 'getMore.getMore' is the wrong type '${typeName(body.getMore)}', expected type 'long'`,
    );
  const batch = engine.cursors.more(
    body.getMore,
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
  const total = countMatches(engine, command, collection, { filter, hint: body.hint });
  return { n: Math.max(0, Math.min(total - skip, limit)), ok: 1 };
};

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
  if (collection !== undefined) {
    for (const found of search(viewOf(engine, command), collection, { filter, hint: body.hint }, context)) {
      visit(found.document ?? decode(found.raw));
    }
  }
  return { values, ok: 1 };
};
