import { runPipeline } from '../aggregation/pipeline.ts';
import type { Engine } from '../engine.ts';
import { CommandError, failedToParse, notImplemented } from '../errors.ts';
import { getPath } from '../query/paths.ts';
import { plan } from '../query/planner.ts';
import { scan } from '../query/scan.ts';
import type { Collection } from '../storage/catalog.ts';
import { claimDocument, insertDocument, prepareInsert, replaceDocument, type Target } from '../storage/documents.ts';
import { type Doc, encodeForStorage, isDocument } from '../values/codec.ts';
import { decode } from '../values/decode.ts';
import { addField } from '../values/fields.ts';
import { fieldNames, withIdFirst } from '../values/order.ts';
import { type Command, pipelineContext } from './context.ts';

/** Writes a pipeline's results where its last stage, $out or $merge, says. */
export async function writeOutput(
  engine: Engine,
  command: Command,
  stage: Doc,
  results: Iterable<Buffer>,
): Promise<void> {
  const rows = [...results];
  if ('$out' in stage) await writeOut(engine, command, stage.$out, rows);
  else await writeMerge(engine, command, stage.$merge, rows);
}

function namespaceOf(command: Command, into: unknown): { database: string; name: string } {
  if (typeof into === 'string') return { database: command.database, name: into };
  if (isDocument(into) && typeof into.coll === 'string')
    return { database: String(into.db ?? command.database), name: into.coll };
  throw failedToParse('$out and $merge need a collection name');
}

async function writeOut(engine: Engine, command: Command, into: unknown, rows: Buffer[]): Promise<void> {
  const { database, name } = namespaceOf(command, into);
  if (isDocument(into) && into.timeseries !== undefined)
    throw notImplemented('time series collections are not supported');
  await engine.transactions.write((target) => {
    const old = engine.catalog.get(database, name);
    const fresh = engine.createCollection(database, name, old?.options ?? {});
    if (old !== undefined) {
      fresh.indexes = old.indexes.map((index) => ({
        ...index,
        ident: engine.catalog.allocate(engine.store),
        multikey: false,
      }));
      engine.catalog.abandon(engine.store, [old.ident, ...old.indexes.map((index) => index.ident)]);
    }
    for (const row of rows) {
      const { id, raw, document } = prepareInsert(row);
      insertDocument(target, fresh, id, raw, document);
    }
    engine.catalog.save(engine.store, fresh);
  });
  engine.reap();
}

async function writeMerge(engine: Engine, command: Command, spec: unknown, rows: Buffer[]): Promise<void> {
  const options = isDocument(spec) ? spec : { into: spec };
  const { database, name } = namespaceOf(command, options.into);
  checkMerge(options);
  const on =
    options.on === undefined ? ['_id'] : Array.isArray(options.on) ? (options.on as string[]) : [String(options.on)];
  const collection = await engine.collectionForWrite(database, name);
  checkUniqueOn(collection, on);
  let next = 0;
  await engine.transactions.write((target) => {
    for (; next < rows.length; next++) mergeOne(engine, command, target, collection, options, on, rows[next] as Buffer);
  });
}

const mergeFields = new Set(['into', 'on', 'let', 'whenMatched', 'whenNotMatched']);

function checkMerge(options: Doc): void {
  const unknown = Object.keys(options).find((field) => !mergeFields.has(field));
  if (unknown !== undefined)
    throw new CommandError(40415, 'Location40415', `BSON field '$merge.${unknown}' is an unknown field.`);
  const { whenMatched = 'merge', whenNotMatched = 'insert' } = options;
  const invalid = (field: string, value: unknown) =>
    failedToParse(`Enumeration value '${String(value)}' for field '${field}' is not a valid value.`);
  if (!Array.isArray(whenMatched) && !['merge', 'replace', 'keepExisting', 'fail'].includes(String(whenMatched)))
    throw invalid('whenMatched', whenMatched);
  if (!['insert', 'discard', 'fail'].includes(String(whenNotMatched))) throw invalid('whenNotMatched', whenNotMatched);
}

function checkUniqueOn(collection: Collection, on: readonly string[]): void {
  if (on.length === 1 && on[0] === '_id') return;
  const unique = collection.indexes.some(
    (index) => index.unique && index.fields.length === on.length && on.every((field) => index.fields.includes(field)),
  );
  if (!unique)
    throw new CommandError(51183, 'Location51183', 'Cannot find index to verify that join fields will be unique');
}

function mergeOne(
  engine: Engine,
  command: Command,
  target: Target,
  collection: Collection,
  options: Doc,
  on: readonly string[],
  row: Buffer,
): void {
  const incoming = prepareInsert(row);
  const filter = Object.fromEntries(
    on.map((field) => [field, { $eq: getPath(incoming.document, field.split('.')) ?? null }]),
  );
  const [found] = scan(target.view, collection, plan(collection, { view: target.view, filter }), undefined);
  if (found === undefined) {
    const { whenNotMatched = 'insert' } = options;
    if (whenNotMatched === 'discard') return;
    if (whenNotMatched === 'fail')
      throw new CommandError(
        13113,
        'MergeStageNoMatchingDocument',
        '$merge could not find a matching document in the target collection for at least one document in the source collection',
      );
    insertDocument(target, collection, incoming.id, incoming.raw, incoming.document);
    return;
  }
  const before = decode(found.raw);
  const after = merged(engine, command, options, before, incoming.document);
  if (after === undefined) return;
  claimDocument(target, found.key);
  replaceDocument(
    target,
    collection,
    found.key,
    { raw: found.raw, document: before },
    { raw: encodeForStorage(after), document: after },
  );
}

function merged(engine: Engine, command: Command, options: Doc, before: Doc, incoming: Doc): Doc | undefined {
  const { whenMatched = 'merge' } = options;
  const { _id: id, ...fields } = incoming;
  if (Array.isArray(whenMatched)) {
    const context = pipelineContext(engine, command);
    const own = isDocument(options.let) ? evaluateLet(options.let, incoming) : { new: incoming };
    context.variables = { ...context.variables, ...own };
    const [result] = runPipeline(whenMatched as Doc[], [before], context);
    return withIdFirst(before._id, result ?? {});
  }
  switch (whenMatched) {
    case 'merge':
      return mergedFields(before, fields);
    case 'replace':
      return withIdFirst(before._id, fields);
    case 'keepExisting':
      return undefined;
    default:
      throw new CommandError(
        11000,
        'DuplicateKey',
        `PlanExecutor error during aggregation :: caused by :: $merge failed due to a DuplicateKey error: ${String(id)}`,
        { keyPattern: { _id: 1 }, keyValue: { _id: id } },
      );
  }
}

function mergedFields(before: Doc, fields: Doc): Doc {
  const result = { ...before };
  for (const name of fieldNames(fields)) addField(result, name, fields[name]);
  return result;
}

function evaluateLet(spec: Doc, incoming: Doc): Doc {
  const [result] = runPipeline([{ $replaceWith: spec }], [incoming], { documentsOf: () => [] });
  return result ?? {};
}
