import { UUID } from 'bson';
import { failure } from '../errors.ts';
import { compileFilter } from '../query/matcher.ts';
import { type Collection, indexSpecs } from '../storage/catalog.ts';
import { type Doc, encode } from '../values/codec.ts';
import { collectionName, countField, documentField, type Handler } from './context.ts';
import { placeOf } from './place.ts';
import { cursorReply } from './replies.ts';

/** Creates a collection; creating one that exists changes nothing, as collections have no options. */
export const create: Handler = async (engine, command) => {
  const { database, transaction } = command;
  const name = collectionName(command);
  if (transaction !== undefined && engine.find(database, name, transaction) !== undefined)
    throw failure(48, `namespace ${database}.${name} already exists`);
  const place = await placeOf(engine, command, database, name, true);
  if (transaction === undefined) await engine.transactions.write(() => void place.create());
  return { ok: 1 };
};

export const drop: Handler = async (engine, command) => {
  const { database } = command;
  const name = collectionName(command);
  let dropped: Collection | undefined;
  await engine.transactions.write(() => {
    dropped = engine.catalog.get(database, name);
    if (dropped !== undefined) engine.catalog.drop(engine.store, dropped);
  });
  if (dropped === undefined) return { ok: 1 };
  engine.reap();
  return { nIndexesWas: indexSpecs(dropped).length, ns: dropped.namespace, ok: 1 };
};

export const dropDatabase: Handler = async (engine, command) => {
  await engine.transactions.write(() => {
    for (const collection of engine.catalog.inDatabase(command.database)) engine.catalog.drop(engine.store, collection);
  });
  engine.reap();
  return { dropped: command.database, ok: 1 };
};

export const listCollections: Handler = async (engine, command) => {
  const { database, body } = command;
  const filter = documentField(body, 'filter') ?? {};
  const matches = compileFilter(filter);
  const rows = engine.catalog
    .inDatabase(database)
    .map(describe)
    .filter(matches)
    .map((row) => (body.nameOnly === true ? { name: row.name, type: row.type } : row))
    .sort((a, b) => (String(a.name) < String(b.name) ? -1 : 1));
  const namespace = `${database}.$cmd.listCollections`;
  const size = countField(body.cursor, 'batchSize') ?? Number.MAX_SAFE_INTEGER;
  const batch = await engine.cursors.open(namespace, rows.map(encode)[Symbol.iterator](), size);
  return cursorReply(namespace, batch, 'firstBatch');
};

function describe(collection: Collection): Doc {
  const { name, options, uuid } = collection;
  const info = { readOnly: false, uuid: new UUID(uuid) };
  return { name, type: 'collection', options, info, idIndex: indexSpecs(collection)[0] };
}

export const listDatabases: Handler = (engine, { body }) => {
  const sizes = new Map<string, number>();
  for (const collection of engine.catalog.all()) {
    sizes.set(collection.database, (sizes.get(collection.database) ?? 0) + collection.size);
  }
  const matches = compileFilter(documentField(body, 'filter') ?? {});
  const databases = [...sizes]
    .map(([name, size]) => ({ name, sizeOnDisk: size + 4096, empty: false }))
    .filter(matches)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  if (body.nameOnly === true) return { databases: databases.map(({ name }) => ({ name })), ok: 1 };
  const totalSize = databases.reduce((sum, each) => sum + each.sizeOnDisk, 0);
  return { databases, totalSize, totalSizeMb: Math.floor(totalSize / 1048576), ok: 1 };
};

export const dbStats: Handler = (engine, { database, body }) => {
  const collections = engine.catalog.inDatabase(database);
  const sum = (of: (collection: Collection) => number) => collections.reduce((total, each) => total + of(each), 0);
  const scale = Math.max(1, Math.floor(countField(body, 'scale') ?? 1));
  const size = sum((each) => each.size) / scale;
  return {
    db: database,
    collections: collections.length,
    objects: sum((each) => each.syncedCount),
    dataSize: size,
    storageSize: size,
    indexes: sum((each) => indexSpecs(each).length),
    totalSize: size,
    scaleFactor: scale,
    ok: 1,
  };
};
