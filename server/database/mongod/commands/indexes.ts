import type { Engine } from '../engine.ts';
import { badValue, CommandError, invalidOptions, namespaceNotFound, notImplemented } from '../errors.ts';
import { compileFilter } from '../query/matcher.ts';
import { plan } from '../query/planner.ts';
import { scan } from '../query/scan.ts';
import { type Collection, createIndexEntry, type Index, type IndexSpec, indexSpecs } from '../storage/catalog.ts';
import { buildIndex, type Target } from '../storage/documents.ts';
import { textIndexOf } from '../text/plan.ts';
import { isTextKey, textSpec } from '../text/spec.ts';
import { type Doc, encode, isDocument } from '../values/codec.ts';
import { checkedCollation } from '../values/collation.ts';
import { equal } from '../values/compare.ts';
import { fieldNames } from '../values/order.ts';
import { plain } from '../values/plain.ts';
import { collectionName, collectionOf, countField, type Handler } from './context.ts';
import { cursorReply } from './replies.ts';

export const createIndexes: Handler = async (engine, command) => {
  const { body, database } = command;
  const name = collectionName(command);
  const specs = (body.indexes as Doc[] | undefined)?.map(checkedSpec);
  if (specs === undefined || specs.length === 0) throw badValue('Must specify at least one index to create');
  const existed = engine.find(database, name, command.transaction) !== undefined;
  const collection = await engine.collectionForWrite(database, name, command.transaction);
  const before = indexSpecs(collection).length;
  let created = 0;
  if (command.transaction !== undefined && !command.transaction.created.has(collection.namespace)) {
    throw new CommandError(
      263,
      'OperationNotSupportedInTransaction',
      `Cannot create new indexes on existing collection ${collection.namespace} in a multi-document transaction.`,
    );
  }
  await engine.transactions.write((target) => {
    created = 0;
    for (const spec of specs)
      if (addIndex(engine, target, collection, spec, command.transaction === undefined)) created++;
  });
  return {
    numIndexesBefore: before,
    numIndexesAfter: indexSpecs(collection).length,
    createdCollectionAutomatically: !existed,
    ...(created === 0 ? { note: 'all indexes already exist' } : {}),
    ok: 1,
  };
};

const indexOptions = new Set(
  `key name v ns background unique sparse hidden expireAfterSeconds partialFilterExpression collation prepareUnique
weights default_language language_override textIndexVersion`.split(/\s+/),
);

function checkedSpec(given: Doc): IndexSpec {
  const { key, name } = given;
  const bad = (message: string) => new CommandError(67, 'CannotCreateIndex', message);
  if (!isDocument(key) || Object.keys(key).length === 0) throw bad('Index keys cannot be an empty object');
  if (typeof name !== 'string')
    throw new CommandError(9, 'FailedToParse', "The 'name' field is a required property of an index specification");
  if (name === '') throw bad('index name cannot be empty');
  for (const kind of Object.values(key)) {
    if (typeof kind !== 'string') {
      const number = plain(kind);
      if (typeof number !== 'number' || number === 0 || Number.isNaN(number))
        throw bad(`Values in the index key pattern cannot be ${String(kind)}`);
    } else if (kind === '2dsphere' || kind === '2d' || kind === 'wildcard')
      throw notImplemented(`${kind} indexes are not supported`);
    else if (kind !== 'text' && kind !== 'hashed') throw bad(`Unknown index plugin '${kind}'`);
  }
  if (Object.keys(key).some((field) => field.endsWith('$**') && key[field] !== 'text'))
    throw notImplemented('wildcard indexes are not supported');
  if (isDocument(given.partialFilterExpression)) compileFilter(given.partialFilterExpression);
  for (const option of Object.keys(given)) {
    if (indexOptions.has(option)) continue;
    const message = `The field '${option}' is not valid for an index specification. Specification: ${JSON.stringify(given)}`;
    throw new CommandError(197, 'InvalidIndexSpecificationOption', message);
  }
  const complete = { ...(plain(given) as Doc), v: 2, key: plain(key), name } as Doc;
  const spec = (isTextKey(complete.key as Doc) ? textSpec(complete) : complete) as IndexSpec;
  for (const flag of ['unique', 'sparse', 'hidden'] as const) {
    if (spec[flag] !== undefined) {
      if (spec[flag] as unknown) spec[flag] = true;
      else delete spec[flag];
    }
  }
  delete spec.background;
  delete spec.ns;
  return spec;
}

function addIndex(engine: Engine, target: Target, collection: Collection, spec: IndexSpec, visible: boolean): boolean {
  if (equal(spec.key, { _id: 1 })) return false;
  if (spec.unique && collection.options.timeseries !== undefined)
    throw invalidOptions('Unique indexes are not supported on time-series collections');
  inheritCollation(collection, spec);
  checkOnlyText(collection, spec);
  const sameName = collection.indexes.find((each) => each.spec.name === spec.name);
  const sameKey = collection.indexes.find(
    (each) =>
      equal(each.spec.key, spec.key) &&
      keysInOrder(each.spec, spec) &&
      equal(each.spec.collation, spec.collation) &&
      equal(each.spec.partialFilterExpression, spec.partialFilterExpression),
  );
  if (sameName !== undefined) {
    if (sameName === sameKey && sameOptions(sameName.spec, spec)) return false;
    const [code, codeName] = sameName === sameKey ? [85, 'IndexOptionsConflict'] : [86, 'IndexKeySpecsConflict'];
    throw new CommandError(
      code as number,
      codeName as string,
      `An existing index has the same name as the requested index. Requested index: ${JSON.stringify(spec)}, existing index: ${JSON.stringify(sameName.spec)}`,
    );
  }
  if (sameKey !== undefined) {
    throw new CommandError(
      85,
      'IndexOptionsConflict',
      `Index already exists with a different name: ${sameKey.spec.name}`,
    );
  }
  const index = createIndexEntry(spec, engine.catalog.allocate(engine.store));
  try {
    buildIndex(target, collection, index, scan(target.view, collection, plan(collection, { filter: {} }), undefined));
  } catch (error) {
    engine.catalog.abandon(engine.store, [index.ident]);
    throw error;
  }
  collection.indexes.push(index);
  if (visible) engine.catalog.save(engine.store, collection);
  return true;
}

/** An index compares strings as its own collation says, or else that of its collection; text indexes have none. */
function inheritCollation(collection: Collection, spec: IndexSpec): void {
  const collation = checkedCollation(spec.collation ?? collection.options.collation);
  if (collation === undefined || isTextKey(spec.key)) delete spec.collation;
  else spec.collation = collation;
}

function checkOnlyText(collection: Collection, spec: IndexSpec): void {
  const other = isTextKey(spec.key) ? textIndexOf(collection) : undefined;
  if (other === undefined || other.spec.name === spec.name) return;
  const message = `only one text index per collection allowed, found existing text index "${other.spec.name}"`;
  throw new CommandError(67, 'CannotCreateIndex', message);
}

const keysInOrder = (a: IndexSpec, b: IndexSpec) => fieldNames(a.key).join() === fieldNames(b.key).join();

function sameOptions(a: IndexSpec, b: IndexSpec): boolean {
  return ['unique', 'sparse', 'expireAfterSeconds', 'partialFilterExpression', 'collation', 'weights'].every((option) =>
    equal(a[option] ?? false, b[option] ?? false),
  );
}

export const listIndexes: Handler = (engine, command) => {
  const collection = collectionOf(engine, command);
  const namespace = `${command.database}.${collectionName(command)}`;
  if (collection === undefined) throw namespaceNotFound(`ns does not exist: ${namespace}`);
  const rows = indexSpecs(collection);
  const size = countField((command.body.cursor ?? {}) as Doc, 'batchSize') ?? Number.MAX_SAFE_INTEGER;
  const batch = engine.cursors.open(namespace, rows.map(encode)[Symbol.iterator](), size);
  return cursorReply(namespace, batch, 'firstBatch');
};

export const dropIndexes: Handler = async (engine, command) => {
  const { body } = command;
  const collection = collectionOf(engine, command);
  if (collection === undefined) throw namespaceNotFound(`ns not found ${command.database}.${collectionName(command)}`);
  const before = indexSpecs(collection).length;
  await engine.transactions.write(() => {
    const dropped = chosen(collection, body.index);
    collection.indexes = collection.indexes.filter((index) => !dropped.includes(index));
    engine.catalog.abandon(
      engine.store,
      dropped.map((index) => index.ident),
    );
    engine.catalog.save(engine.store, collection);
  });
  engine.reap();
  return { nIndexesWas: before, ok: 1 };
};

function chosen(collection: Collection, which: unknown): Index[] {
  if (which === '*') return collection.indexes.filter((index) => index.spec.name !== '_id_');
  const wanted = Array.isArray(which) ? which : [which];
  return wanted.map((each) => {
    const isId = each === '_id_' || (isDocument(each) && equal(each, { _id: 1 }));
    if (isId) throw new CommandError(72, 'InvalidOptions', 'cannot drop _id index');
    const found = collection.indexes.find(
      (index) => index.spec.name === each || (isDocument(each) && equal(index.spec.key, each)),
    );
    if (found === undefined) {
      throw new CommandError(
        27,
        'IndexNotFound',
        `index not found with name [${typeof each === 'string' ? each : JSON.stringify(each)}]`,
      );
    }
    return found;
  });
}
