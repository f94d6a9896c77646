import { UUID } from 'bson';
import { failure } from '../errors.ts';
import { compileFilter } from '../query/matcher.ts';
import { type Collection, indexSpecs } from '../storage/catalog.ts';
import type { Doc } from '../values/codec.ts';
import { collectionName, documentField, type Handler, listReply } from './context.ts';
import { placeOf } from './place.ts';

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

export const listCollections: Handler = (engine, command) => {
  const { database, body } = command;
  const filter = documentField(body, 'filter') ?? {};
  const matches = compileFilter(filter);
  const rows = engine.catalog
    .inDatabase(database)
    .map(describe)
    .filter(matches)
    .map((row) => (body.nameOnly === true ? { name: row.name, type: row.type } : row))
    .sort((a, b) => (String(a.name) < String(b.name) ? -1 : 1));
  return listReply(engine, `${database}.$cmd.listCollections`, rows, body);
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
