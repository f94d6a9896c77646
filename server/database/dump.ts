import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { deserialize, EJSON, onDemand } from 'bson';
import type { CollectionInfo, MongoClient } from 'mongodb';

const SYSTEM_DATABASES = new Set(['admin', 'config', 'local']);
const BATCH = 1000;

/** Bytes of documents that go in one message; MongoDB takes 48 MB. */
const MESSAGE = 16 * 1024 * 1024;
const METADATA = '.metadata.json';

interface Metadata {
  collectionName: string;
  type: string;
  options: Record<string, unknown>;
  indexes: Record<string, unknown>[];
}

/** Writes every database of a server in mongodump's layout: `DATABASE/COLLECTION.bson` with its metadata beside it. */
export async function dump(client: MongoClient, folder: string): Promise<{ collections: number; documents: number }> {
  const total = { collections: 0, documents: 0 };
  const { databases } = await client.db('admin').admin().listDatabases({ nameOnly: true });
  for (const { name } of databases) {
    if (SYSTEM_DATABASES.has(name)) continue;
    await mkdir(join(folder, name), { recursive: true });
    for (const info of await client.db(name).listCollections<CollectionInfo>().toArray()) {
      if (info.name.startsWith('system.')) continue;
      const collection = client.db(name).collection(info.name);
      const isView = info.type === 'view';
      const indexes = isView ? [] : await collection.listIndexes().toArray();
      const metadata: Metadata = {
        collectionName: info.name,
        type: info.type ?? 'collection',
        options: info.options ?? {},
        indexes,
      };
      const base = join(folder, name, encodeURIComponent(info.name));
      await writeFile(`${base}${METADATA}`, EJSON.stringify(metadata, { relaxed: false }));
      if (!isView) total.documents += await writeDocuments(collection.find({}, { raw: true }), `${base}.bson`);
      total.collections++;
    }
  }
  return total;
}

async function writeDocuments(documents: AsyncIterable<unknown>, path: string): Promise<number> {
  const file = createWriteStream(path);
  let count = 0;
  for await (const document of documents) {
    if (!file.write(document as Buffer)) await once(file, 'drain');
    count++;
  }
  file.end();
  await once(file, 'finish');
  return count;
}

/**
 * Reads what `dump` or mongodump wrote into a server.
 * @throws Error when a collection already has documents: restoring never mixes data; or when a file cannot be read
 */
export async function restore(
  client: MongoClient,
  folder: string,
): Promise<{ collections: number; documents: number }> {
  const total = { collections: 0, documents: 0 };
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (!entry.isDirectory() || SYSTEM_DATABASES.has(entry.name)) continue;
    const files = await readdir(join(folder, entry.name));
    for (const file of files) refuseUnreadable(join(folder, entry.name, file), files);
    for (const file of files.filter((each) => each.endsWith(METADATA))) {
      const base = join(folder, entry.name, file.slice(0, -METADATA.length));
      const metadata = EJSON.parse(await readFile(`${base}${METADATA}`, 'utf8')) as Metadata;
      total.documents += await restoreCollection(client, entry.name, base, metadata);
      total.collections++;
    }
  }
  return total;
}

/** Nothing is left out silently: neither what `mongodump --gzip` writes nor documents whose collection is not described. */
function refuseUnreadable(path: string, files: readonly string[]): void {
  if (path.endsWith('.gz')) throw new Error(`${path} is compressed; unpack the folder first (gunzip -r)`);
  if (path.endsWith('.bson') && !files.includes(`${basename(path, '.bson')}${METADATA}`))
    throw new Error(`${path} has no ${METADATA.slice(1)} beside it`);
}

async function restoreCollection(client: MongoClient, name: string, base: string, metadata: Metadata): Promise<number> {
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
