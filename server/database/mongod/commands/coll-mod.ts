import type { Engine } from '../engine.ts';
import { CommandError, invalidOptions } from '../errors.ts';
import { everything } from '../query/planner.ts';
import { scan } from '../query/scan.ts';
import { type Collection, createIndexEntry, type Index } from '../storage/catalog.ts';
import { indexDocument, type Target } from '../storage/documents.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { equal } from '../values/compare.ts';
import { decode } from '../values/decode.ts';
import { successor } from '../values/keys.ts';
import { toDouble } from '../values/numeric.ts';
import { collectionName, type Handler } from './context.ts';
import { capBounds, checkValidation } from './create.ts';

export const collMod: Handler = async (engine, command) => {
  const { body } = command;
  const collection = engine.existing(command.database, collectionName(command));
  const reply: Doc = { ok: 1 };
  checkValidation(body);
  await engine.transactions.write((target) => {
    if (isDocument(body.index)) changeIndex(engine, target, collection, body.index, body.dryRun === true, reply);
    if (body.dryRun === true) return;
    for (const option of ['validator', 'validationLevel', 'validationAction', 'changeStreamPreAndPostImages']) {
      if (body[option] !== undefined) collection.options[option] = body[option];
    }
    if (body.cappedSize !== undefined || body.cappedMax !== undefined) resize(collection, body);
    if (body.expireAfterSeconds !== undefined) changeLifetime(collection, body.expireAfterSeconds);
    if (body.viewOn !== undefined) {
      if (collection.view === undefined) throw invalidOptions('ns is not a view');
      const pipeline = (body.pipeline ?? []) as Doc[];
      collection.view = { on: String(body.viewOn), pipeline };
      Object.assign(collection.options, { viewOn: body.viewOn, pipeline });
    }
    engine.catalog.save(engine.store, collection);
  });
  return reply;
};

function resize(collection: Collection, { cappedSize, cappedMax }: Doc): void {
  const { options } = collection;
  if (options.capped !== true) throw invalidOptions('ns is not a capped collection');
  Object.assign(options, capBounds(cappedSize ?? options.size, cappedMax ?? options.max));
}

function changeLifetime(collection: Collection, seconds: unknown): void {
  const { options } = collection;
  if (options.timeseries === undefined && options.clusteredIndex === undefined)
    throw invalidOptions("'expireAfterSeconds' is only supported on time-series collections or clustered ones");
  if (seconds === 'off') delete options.expireAfterSeconds;
  else options.expireAfterSeconds = toDouble(seconds);
}

const changes = new Set(['name', 'keyPattern', 'expireAfterSeconds', 'hidden', 'unique', 'prepareUnique']);

function changeIndex(
  engine: Engine,
  target: Target,
  collection: Collection,
  change: Doc,
  dryRun: boolean,
  reply: Doc,
): void {
  const unknown = Object.keys(change).find((name) => !changes.has(name));
  if (unknown !== undefined)
    throw new CommandError(40415, 'Location40415', `BSON field 'collMod.index.${unknown}' is an unknown field.`);
  const index = collection.indexes.find(
    (each) =>
      each.spec.name === change.name || (isDocument(change.keyPattern) && equal(each.spec.key, change.keyPattern)),
  );
  if (index === undefined)
    throw new CommandError(27, 'IndexNotFound', `cannot find index for ns ${collection.namespace}`);
  if (change.unique === true) {
    makeUnique(engine, target, collection, index, dryRun);
    reply.unique_new = true;
    return;
  }
  if (dryRun) throw invalidOptions("'dryRun' is only supported for converting an index to unique");
  for (const option of ['expireAfterSeconds', 'hidden', 'prepareUnique'] as const) {
    if (change[option] === undefined) continue;
    const value = option === 'expireAfterSeconds' ? toDouble(change[option]) : change[option] === true;
    reply[`${option}_old`] = index.spec[option] ?? (option === 'expireAfterSeconds' ? undefined : false);
    reply[`${option}_new`] = value;
    if (value === false) delete index.spec[option];
    else index.spec[option] = value as never;
  }
}

/** Makes an index unique after it has kept out new duplicates for a while (`prepareUnique`). */
function makeUnique(engine: Engine, target: Target, collection: Collection, index: Index, dryRun: boolean): void {
  if (index.unique) return;
  if (!dryRun && index.spec.prepareUnique !== true)
    throw invalidOptions('Cannot make index unique with prepareUnique=false. Run collMod to set it first.');
  const violations = duplicatesIn(target, collection, index);
  if (violations.length > 0) {
    const message =
      'Cannot convert the index to unique. Please resolve conflicting documents before running collMod again.';
    throw new CommandError(359, 'CannotConvertIndexToUnique', message, { violations });
  }
  if (dryRun) return;
  const { prepareUnique: _prepared, ...spec } = index.spec;
  const unique = createIndexEntry({ ...spec, unique: true }, engine.catalog.allocate(engine.store));
  for (const { key, raw } of scan(target.view, collection, everything(collection), undefined))
    indexDocument(target, collection, unique, key, decode(raw));
  collection.indexes[collection.indexes.indexOf(index)] = unique;
  engine.catalog.abandon(engine.store, [index.ident]);
}

/** The _ids of documents that share an entry, one list for each such entry. */
function duplicatesIn({ view }: Target, collection: Collection, index: Index): { ids: unknown[] }[] {
  const groups = new Map<string, Buffer[]>();
  const range = { low: index.ident, high: successor(index.ident) };
  for (const { key, value } of view.entries(range, Number.MAX_SAFE_INTEGER, false)) {
    const entry = key.latin1Slice(0, key.length - value.length);
    groups.set(entry, [...(groups.get(entry) ?? []), value]);
  }
  const idOf = (suffix: Buffer) => {
    const raw = view.get(Buffer.concat([collection.ident, suffix]));
    return raw === undefined ? null : decode(raw)._id;
  };
  return [...groups.values()].filter((each) => each.length > 1).map((each) => ({ ids: each.map(idOf) }));
}
