import {
  type ClientSession,
  type Collection,
  type Db,
  type GridFSBucket,
  type MongoClient,
  ReadPreference,
} from 'mongodb';
import type { Entities } from './entities.ts';
import type { Operation, Value } from './types.ts';

type Run = (entities: Entities, target: never, given: Value) => unknown;

/** Takes named arguments out; what is left are the options of the driver's method. */
function split(entities: Entities, given: Value, ...names: string[]): [Value, Value] {
  const options = { ...given };
  const taken: Value = {};
  for (const name of names) {
    taken[name] = options[name];
    delete options[name];
  }
  if (typeof options.session === 'string') options.session = entities.session(options.session);
  if (options.returnDocument !== undefined) options.returnDocument = String(options.returnDocument).toLowerCase();
  if (options.readPreference !== undefined) options.readPreference = ReadPreference.fromOptions(options as never);
  return [taken, options];
}

const writes: Record<string, Run> = {
  insertOne: (e, c: Collection, a) => {
    const [{ document }, o] = split(e, a, 'document');
    return c.insertOne({ ...(document as Value) }, o);
  },
  insertMany: (e, c: Collection, a) => {
    const [{ documents }, o] = split(e, a, 'documents');
    return c.insertMany(
      (documents as Value[]).map((each) => ({ ...each })),
      o,
    );
  },
  updateOne: update('updateOne'),
  updateMany: update('updateMany'),
  replaceOne: (e, c: Collection, a) => {
    const [{ filter, replacement }, o] = split(e, a, 'filter', 'replacement');
    return c.replaceOne(filter as Value, replacement as Value, o);
  },
  deleteOne: (e, c: Collection, a) => {
    const [{ filter }, o] = split(e, a, 'filter');
    return c.deleteOne(filter as Value, o);
  },
  deleteMany: (e, c: Collection, a) => {
    const [{ filter }, o] = split(e, a, 'filter');
    return c.deleteMany(filter as Value, o);
  },
  findOneAndUpdate: (e, c: Collection, a) => {
    const [{ filter, update: change }, o] = split(e, a, 'filter', 'update');
    return c.findOneAndUpdate(filter as Value, change as Value, o as never);
  },
  findOneAndReplace: (e, c: Collection, a) => {
    const [{ filter, replacement }, o] = split(e, a, 'filter', 'replacement');
    return c.findOneAndReplace(filter as Value, replacement as Value, o as never);
  },
  findOneAndDelete: (e, c: Collection, a) => {
    const [{ filter }, o] = split(e, a, 'filter');
    return c.findOneAndDelete(filter as Value, o as never);
  },
  bulkWrite: (e, c: Collection, a) => {
    const [{ requests }, o] = split(e, a, 'requests');
    return c.bulkWrite(structuredCloneOf(requests) as never, o);
  },
  clientBulkWrite: (e, c: MongoClient, a) => {
    const [{ models }, o] = split(e, a, 'models');
    const operations = (models as Value[]).map((model) => {
      const [name, value] = Object.entries(model)[0] as [string, Value];
      return { name, ...value };
    });
    return c.bulkWrite(operations as never, o);
  },
};

function update(method: 'updateOne' | 'updateMany'): Run {
  return (e, c: Collection, a) => {
    const [{ filter, update: change }, o] = split(e, a, 'filter', 'update');
    return c[method](filter as Value, change as Value, o);
  };
}

function structuredCloneOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(structuredCloneOf);
  if (typeof value !== 'object' || value === null || '_bsontype' in value || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, structuredCloneOf(each)]));
}

const reads: Record<string, Run> = {
  find: (e, c: Collection, a) => {
    const [{ filter }, o] = split(e, a, 'filter');
    return c.find(filter as Value, o).toArray();
  },
  findOne: (e, c: Collection, a) => {
    const [{ filter }, o] = split(e, a, 'filter');
    return c.findOne(filter as Value, o);
  },
  aggregate: (e, c: Collection | Db, a) => {
    const [{ pipeline }, o] = split(e, a, 'pipeline');
    return c.aggregate(pipeline as Value[], o).toArray();
  },
  count: (e, c: Collection, a) => {
    const [{ filter }, o] = split(e, a, 'filter');
    return c.count(filter as Value, o);
  },
  countDocuments: (e, c: Collection, a) => {
    const [{ filter }, o] = split(e, a, 'filter');
    return c.countDocuments(filter as Value, o);
  },
  estimatedDocumentCount: (e, c: Collection, a) => c.estimatedDocumentCount(split(e, a)[1]),
  distinct: (e, c: Collection, a) => {
    const [{ fieldName, filter }, o] = split(e, a, 'fieldName', 'filter');
    return c.distinct(fieldName as string, (filter ?? {}) as Value, o);
  },
  listCollections: (e, d: Db, a) => {
    const [{ filter }, o] = split(e, a, 'filter');
    return d.listCollections((filter ?? {}) as Value, o).toArray();
  },
  listCollectionNames: async (e, d: Db, a) => {
    const [{ filter }, o] = split(e, a, 'filter');
    return (await d.listCollections((filter ?? {}) as Value, { ...o, nameOnly: true }).toArray()).map(
      (each) => each.name,
    );
  },
  listCollectionObjects: (e, d: Db, a) => d.listCollections({}, split(e, a)[1]).toArray(),
  listDatabaseObjects: (e, c: MongoClient, a) => c.db('admin').admin().listDatabases(split(e, a)[1]),
  listDatabases: (e, c: MongoClient, a) => c.db('admin').admin().listDatabases(split(e, a)[1]),
  listDatabaseNames: async (e, c: MongoClient, a) =>
    (
      await c
        .db('admin')
        .admin()
        .listDatabases({ ...split(e, a)[1], nameOnly: true })
    ).databases.map((each) => each.name),
  listIndexes: (e, c: Collection, a) => c.listIndexes(split(e, a)[1]).toArray(),
  listIndexNames: async (e, c: Collection, a) =>
    (await c.listIndexes(split(e, a)[1]).toArray()).map((each) => each.name),
  download: (_e, b: GridFSBucket, a) => collectStream(b.openDownloadStream(a.id as never)),
  downloadByName: (_e, b: GridFSBucket, a) => collectStream(b.openDownloadStreamByName(a.filename as string)),
};

async function collectStream(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const administration: Record<string, Run> = {
  runCommand: (e, d: Db, a) => {
    const [{ command }, o] = split(e, a, 'command', 'commandName');
    return d.command(command as Value, o);
  },
  createCollection: (e, d: Db, a) => {
    const [{ collection }, o] = split(e, a, 'collection');
    return d.createCollection(collection as string, o as never);
  },
  dropCollection: (e, d: Db, a) => {
    const [{ collection }, o] = split(e, a, 'collection');
    return d.dropCollection(collection as string, o);
  },
  modifyCollection: (e, d: Db, a) => {
    const [{ collection, session: _s, ...rest }] = [a];
    void e;
    return d.command({ collMod: collection, ...rest });
  },
  createIndex: (e, c: Collection, a) => {
    const [{ keys }, o] = split(e, a, 'keys');
    return c.createIndex(keys as never, o);
  },
  dropIndex: (e, c: Collection, a) => {
    const [{ name }, o] = split(e, a, 'name');
    return c.dropIndex(name as string, o);
  },
  createSearchIndex: (_e, c: Collection, a) => c.createSearchIndex(a.model as never),
  createSearchIndexes: (_e, c: Collection, a) => c.createSearchIndexes(a.models as never),
  dropSearchIndex: (_e, c: Collection, a) => c.dropSearchIndex(a.name as string),
  updateSearchIndex: (_e, c: Collection, a) => c.updateSearchIndex(a.name as string, a.definition as never),
  listSearchIndexes: (_e, c: Collection, a) =>
    c.listSearchIndexes(a.name as string, a.aggregationOptions as never).toArray(),
};

const sessions: Record<string, Run> = {
  startTransaction: (_e, s: ClientSession, a) => s.startTransaction(transactionOptions(a) as never),
  commitTransaction: (_e, s: ClientSession, a) => s.commitTransaction(a as never),
  abortTransaction: (_e, s: ClientSession, a) => s.abortTransaction(a as never),
  endSession: (_e, s: ClientSession) => s.endSession(),
  getSnapshotTime: (_e, s: ClientSession) => (s as unknown as { snapshotTime: unknown }).snapshotTime,
  withTransaction: async (e, s: ClientSession, a) => {
    const { callback, ...options } = a;
    await s.withTransaction(async () => {
      for (const operation of callback as Operation[]) {
        const error = await runOperation(e, operation);
        if (error !== undefined) throw error;
      }
    }, transactionOptions(options) as never);
  },
};

function transactionOptions({ readPreference, ...rest }: Value): Value {
  return readPreference === undefined
    ? rest
    : { ...rest, readPreference: ReadPreference.fromOptions({ readPreference } as never) };
}

const all: Record<string, Run> = { ...writes, ...reads, ...administration, ...sessions };

let checkResult: (entities: Entities, operation: Operation, result: unknown, error: unknown) => void = () => {};

/** Sets how the outcome of an operation is judged, also within a transaction's callback. */
export function judgeBy(judge: typeof checkResult): void {
  checkResult = judge;
}

/** Runs one operation and judges its outcome; returns the error that was expected, for callbacks to throw on. */
export async function runOperation(entities: Entities, operation: Operation): Promise<unknown> {
  const run = all[operation.name];
  if (run === undefined) throw new Error(`unknown operation ${operation.name}`);
  let result: unknown;
  let error: unknown;
  try {
    result = await run(entities, entities.get(operation.object) as never, { ...(operation.arguments ?? {}) });
  } catch (thrown) {
    error = thrown ?? new Error('nothing was thrown');
  }
  if (operation.ignoreResultAndError) return error;
  checkResult(entities, operation, result, error);
  if (operation.saveResultAsEntity !== undefined) entities.save(operation.saveResultAsEntity, result);
  return error;
}
