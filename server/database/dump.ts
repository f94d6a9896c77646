import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { deserialize, EJSON, onDemand } from 'bson';
import type { CollectionInfo, Db } from 'mongodb';
import { Moment } from './moment.ts';

const BATCH = 1000;

/** Bytes of documents that go in one message; MongoDB takes 48 MB. */
const MESSAGE = 16 * 1024 * 1024;
const METADATA = '.metadata.json';

/** MongoDB's error codes (src/mongo/base/error_codes.yml). */
const SNAPSHOT_TOO_OLD = 239;
const SNAPSHOT_UNAVAILABLE = 246;

interface Metadata {
  collectionName: string;
  type: string;
  options: Record<string, unknown>;
  indexes: Record<string, unknown>[];
}

/** Ends the name of a folder that is being written. */
const UNFINISHED = '.partial';

/**
 * Writes a database in mongodump's layout, `DATABASE/COLLECTION.bson` with its metadata beside it: all collections as they were
 * at one moment, whatever is written meanwhile. A dump that is killed leaves a folder that `restore` refuses.
 * @throws Error where the database has no documents, the folder has a dump of it already, or the server keeps the moment no
 * longer
 */
export async function dump(database: Db, folder: string): Promise<{ collections: number; documents: number }> {
  const { databaseName: name } = database;
  const target = join(folder, name);
  if (existsSync(target)) throw new Error(`${target} is there already; give a folder without a dump of ${name}`);
  const collections = await describe(database);
  if (collections.every(({ type }) => type === 'view'))
    throw new Error(`the server has no database ${name}, or nothing is in it`);
  const writing = `${target}${UNFINISHED}`;
  await rm(writing, { recursive: true, force: true });
  await mkdir(writing, { recursive: true });
  let documents = 0;
  try {
    const first = collections.find(({ type }) => type !== 'view') as Metadata;
    const moment = await Moment.now(database, first.collectionName);
    for (const metadata of collections) {
      const base = join(writing, encodeURIComponent(metadata.collectionName));
      await writeFile(`${base}${METADATA}`, EJSON.stringify(metadata, { relaxed: false }));
      if (metadata.type === 'view') continue;
      documents += await writeDocuments(moment.find(metadata.collectionName, {}, { raw: true }), `${base}.bson`);
    }
    if (documents === 0) throw new Error(`the database ${name} has no documents`);
  } catch (error) {
    await rm(writing, { recursive: true });
    throw snapshotProblem(error);
  }
  await rename(writing, target);
  return { collections: collections.length, documents };
}

/** The collections and views of a database with their options and indexes. */
async function describe(database: Db): Promise<Metadata[]> {
  const found = await database.listCollections<CollectionInfo>().toArray();
  const own = found.filter(({ name }) => !name.startsWith('system.'));
  return Promise.all(
    own.map(async ({ name, type = 'collection', options = {} }) => {
      const indexes = type === 'view' ? [] : await database.collection(name).listIndexes().toArray();
      return { collectionName: name, type, options, indexes };
    }),
  );
}

/** What a person can do about a moment that cannot be read (MongoDB's error codes), else the error itself. */
function snapshotProblem(error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message?: string };
  if (code === SNAPSHOT_TOO_OLD) {
    const keep = 'db.adminCommand({ setParameter: 1, minSnapshotHistoryWindowInSeconds: 3600 })';
    return new Error(
      `the dump took longer than the server keeps what was (${message}); let it keep more, with ${keep}`,
    );
  }
  if (code === SNAPSHOT_UNAVAILABLE) {
    return new Error(`collections or indexes were made or dropped during the dump (${message}); start it again`);
  }
  return error;
}

async function writeDocuments(documents: AsyncIterable<unknown>, path: string): Promise<number> {
  let count = 0;
  const counted = async function* () {
    for await (const document of documents) {
      count++;
      yield document as Buffer;
    }
  };
  await pipeline(counted, createWriteStream(path, { flush: true }));
  return count;
}

/**
 * Reads what `dump` or mongodump wrote of a database into it.
 * @throws Error when a collection already has documents: restoring never mixes data; or when a file cannot be read
 */
export async function restore(database: Db, folder: string): Promise<{ collections: number; documents: number }> {
  const total = { collections: 0, documents: 0 };
  const { databaseName: name } = database;
  const source = join(folder, name);
  if (!existsSync(source)) throw new Error(missing(folder, name, await readdir(folder)));
  const files = await readdir(source);
  for (const file of files) refuseUnreadable(join(source, file), files);
  for (const file of files.filter((each) => each.endsWith(METADATA))) {
    const base = join(source, file.slice(0, -METADATA.length));
    const metadata = EJSON.parse(await readFile(`${base}${METADATA}`, 'utf8')) as Metadata;
    total.documents += await restoreCollection(database, base, metadata);
    total.collections++;
  }
  if (total.collections === 0) throw new Error(`${source} holds no collection`);
  return total;
}

function missing(folder: string, name: string, found: readonly string[]): string {
  if (found.includes(`${name}${UNFINISHED}`)) return `the dump of ${name} in ${folder} did not come to its end`;
  return `${folder} has no dump of the database ${name}, only: ${found.join(', ')}. MONGODB_URI names the database; to restore one under another name, rename its folder`;
}

/** Nothing is left out silently: neither what `mongodump --gzip` writes nor documents whose collection is not described. */
function refuseUnreadable(path: string, files: readonly string[]): void {
  if (path.endsWith('.gz')) throw new Error(`${path} is compressed; unpack the folder first (gunzip -r)`);
  if (path.endsWith('.bson') && !files.includes(`${basename(path, '.bson')}${METADATA}`))
    throw new Error(`${path} has no ${METADATA.slice(1)} beside it`);
}

async function restoreCollection(given: Db, base: string, metadata: Metadata): Promise<number> {
  const { databaseName: name, client } = given;
  const database = client.db(name, { writeConcern: { w: 'majority' } });
  const collection = database.collection(metadata.collectionName);
  if (metadata.type === 'view') {
    await database.createCollection(metadata.collectionName, metadata.options);
    return 0;
  }
  if ((await collection.findOne({}, { projection: { _id: 1 } })) !== null) {
    throw new Error(`${name}.${metadata.collectionName} already has documents; restore into an empty database`);
  }
  await database.createCollection(metadata.collectionName, metadata.options).catch((error) => {
    if (error.codeName !== 'NamespaceExists') throw error;
  });
  let count = 0;
  let batch: object[] = [];
  let bytes = 0;
  const send = async () => {
    if (batch.length > 0) await collection.insertMany(batch);
    count += batch.length;
    batch = [];
    bytes = 0;
  };
  for await (const raw of documentsIn(`${base}.bson`)) {
    if (batch.length === BATCH || bytes + raw.length > MESSAGE) await send();
    batch.push(inOrder(raw, deserialize(raw, { promoteValues: false, bsonRegExp: true })));
    bytes += raw.length;
  }
  await send();
  for (const { v: _version, ns: _namespace, ...index } of metadata.indexes) {
    if (index.name === '_id_') continue;
    const { key, ...options } = index;
    await collection.createIndex(key as never, options);
  }
  return count;
}

const DOCUMENT = 3;
const ARRAY = 4;

/** A document as Maps in the order of its bytes: in objects JavaScript puts names like integers first. */
function inOrder(raw: Buffer, value: Record<string, unknown>, start = 0): Map<string, unknown> {
  const entries = [...onDemand.parseToElements(raw, start)].map(([type, nameAt, nameLength, at]): [string, unknown] => {
    const name = raw.toString('utf8', nameAt, nameAt + nameLength);
    const field = value[name];
    const isPlain = type === DOCUMENT && Object.getPrototypeOf(field) === Object.prototype;
    if (!isPlain && type !== ARRAY) return [name, field];
    const ordered = inOrder(raw, field as Record<string, unknown>, at);
    return [name, isPlain ? ordered : [...ordered.values()]];
  });
  return new Map(entries);
}

async function* documentsIn(path: string): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(path)) {
    rest = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
    let at = 0;
    while (rest.length - at >= 4 && rest.length - at >= rest.readInt32LE(at)) {
      const size = rest.readInt32LE(at);
      if (size < 5) throw new Error(`${path} is damaged`);
      yield rest.subarray(at, at + size);
      at += size;
    }
    rest = rest.subarray(at);
  }
  if (rest.length > 0) throw new Error(`${path} ends within a document`);
}
