import { UUID } from 'bson';
import { checkNamespace } from '../engine.ts';
import { CommandError, namespaceNotFound } from '../errors.ts';
import { compileFilter } from '../query/matcher.ts';
import { type Collection, indexSpecs } from '../storage/catalog.ts';
import { type Doc, encode } from '../values/codec.ts';
import { type Command, collectionName, collectionOf, countField, documentField, type Handler } from './context.ts';
import { wrongType } from './fields.ts';
import { cursorReply } from './replies.ts';

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

export const renameCollection: Handler = async (engine, { body }) => {
  if (typeof body.renameCollection !== 'string')
    throw wrongType('renameCollection.renameCollection', body.renameCollection, 'string');
  const from = splitNamespace(body.renameCollection);
  const to = splitNamespace(body.to as string);
  checkNamespace(to.database, to.name);
  await engine.transactions.write(() => {
    const collection = engine.catalog.get(from.database, from.name);
    if (collection === undefined)
      throw namespaceNotFound(`Source collection ${String(body.renameCollection)} does not exist`);
    const existing = engine.catalog.get(to.database, to.name);
    if (existing === collection) throw new CommandError(20, 'IllegalOperation', "Can't rename a collection to itself");
    if (existing !== undefined) {
      if (body.dropTarget !== true) throw new CommandError(48, 'NamespaceExists', 'target namespace exists');
      engine.catalog.drop(engine.store, existing);
    }
    engine.catalog.rename(engine.store, collection, to.database, to.name);
  });
  return { ok: 1 };
};

function splitNamespace(namespace: string): { database: string; name: string } {
  const dot = namespace.indexOf('.');
  return { database: namespace.slice(0, dot), name: namespace.slice(dot + 1) };
}

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
  const size = countField((body.cursor ?? {}) as Doc, 'batchSize') ?? Number.MAX_SAFE_INTEGER;
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

/** By how much the sizes in a report are divided. */
const scaleOf = ({ body }: Command): number => Math.max(1, Math.floor(countField(body, 'scale') ?? 1));

export const collStats: Handler = (engine, command) => {
  const collection = collectionOf(engine, command);
  const ns = `${command.database}.${collectionName(command)}`;
  if (collection === undefined) return { ns, size: 0, count: 0, storageSize: 0, nindexes: 0, ok: 1 };
  const { syncedCount: count } = collection;
  const scale = scaleOf(command);
  const size = Math.floor(collection.size / scale);
  return {
    ns,
    size,
    count,
    avgObjSize: count === 0 ? 0 : Math.round(collection.size / count),
    storageSize: size,
    scaleFactor: scale,
    capped: false,
    nindexes: indexSpecs(collection).length,
    indexSizes: {},
    totalIndexSize: 0,
    totalSize: size,
    ok: 1,
  };
};

export const dbStats: Handler = (engine, command) => {
  const collections = engine.catalog.inDatabase(command.database);
  const sum = (of: (collection: Collection) => number) => collections.reduce((total, each) => total + of(each), 0);
  const scale = scaleOf(command);
  const bytes = sum((each) => each.size);
  const dataSize = bytes / scale;
  const objects = sum((each) => each.syncedCount);
  return {
    db: command.database,
    collections: collections.length,
    views: 0,
    objects,
    avgObjSize: objects === 0 ? 0 : bytes / objects,
    dataSize,
    storageSize: dataSize,
    indexes: sum((each) => indexSpecs(each).length),
    indexSize: 0,
    totalSize: dataSize,
    scaleFactor: scale,
    fsUsedSize: 0,
    fsTotalSize: 0,
    ok: 1,
  };
};
