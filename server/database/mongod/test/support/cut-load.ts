import { Long } from 'bson';
import { type ClientSession, type Document, MongoClient, ReadConcern } from 'mongodb';
import { startEngine } from './engine.ts';

/** Makes the collections that the load uses, in a folder of their own. */
export async function prepare(folder: string): Promise<void> {
  const engine = await startEngine(folder);
  const client = await new MongoClient(engine.uri).connect();
  const db = client.db('cuts');
  await db.collection('rows').createIndexes([{ key: { group: 1, n: -1 } }, { key: { name: 1 }, unique: true }]);
  await db.collection('rows').createIndex({ tags: 1 });
  for (const name of ['left', 'right', 'once', 'taken']) await db.createCollection(name);
  await client.close();
  await engine.stop();
}

/** A command that a session has sent, and may send again. */
export interface Sent {
  session: Document;
  number: number;
  body: Document;
  /** The _id of the documents that it is about. */
  _id: string;
}

/** The retryable writes and the commits that were sent. */
export interface SentAgain {
  writes: Sent[];
  commits: Sent[];
}

type Work = (client: MongoClient, name: string, step: number, sent: SentAgain) => Promise<void>;

/** Writes and reads over several connections at once, for so many milliseconds and until it is enough. */
export async function load(client: MongoClient, duration: number, isEnough: () => boolean): Promise<SentAgain> {
  const until = performance.now() + duration;
  const sent: SentAgain = { writes: [], commits: [] };
  const workers: Work[] = [inserting, inserting, updating, updating, paired, paired, retried, taken, reading, reading];
  await Promise.all(
    workers.map(async (work, worker) => {
      for (let step = 0; performance.now() < until || !isEnough(); step++)
        await work(client, String(worker), step, sent);
    }),
  );
  return sent;
}

const row = (_id: string, step: number) => ({ _id, n: step, name: _id, group: step % 7, tags: [step % 5, step % 3] });

async function inserting(client: MongoClient, name: string, step: number): Promise<void> {
  const documents = [0, 1, 2].map((at) => row(`${name}-${step}-${at}`, step));
  const writeConcern = step % 3 === 0 ? { w: 1, j: false } : { w: 'majority' as const };
  await client
    .db('cuts')
    .collection<Document>('rows')
    .insertMany(documents as never[], { writeConcern });
}

async function updating(client: MongoClient, name: string, step: number): Promise<void> {
  const { _id, ...fields } = row(`writer-${name}`, step);
  await client
    .db('cuts')
    .collection<{ _id: string }>('rows')
    .updateOne({ _id }, { $set: fields }, { upsert: true, writeConcern: { w: 'majority' } });
}

/** What the driver knows of a session: it may have used it before, and writes its own number into commits. */
const driverOf = (session: ClientSession) =>
  (session as unknown as { serverSession: { txnNumber: number } }).serverSession;

/** Sends a command of a session over any connection, at any time, with a number that the driver did not choose. */
function send(client: MongoClient, session: ClientSession, number: number, body: Document): Promise<Document> {
  driverOf(session).txnNumber = number;
  const database = body.commitTransaction === undefined ? 'cuts' : 'admin';
  return client.db(database).command({ ...body, txnNumber: Long.fromNumber(number) }, { session });
}

/** Sends a command once more, to another engine. */
export async function sendAgain(client: MongoClient, { session, number, body }: Sent): Promise<Document> {
  const again = client.startSession();
  Object.assign(again.id as Document, session);
  return send(client, again, number, body);
}

/** A transaction over two collections; its commit is sent twice at the same time. */
async function paired(client: MongoClient, name: string, step: number, { commits }: SentAgain): Promise<void> {
  // The session is not ended: the driver would use it again.
  const session = client.startSession();
  const number = driverOf(session).txnNumber + 1;
  const _id = `${name}-${step}`;
  const documents = [{ _id, n: step }];
  const autocommit = false;
  await send(client, session, number, { insert: 'left', documents, autocommit, startTransaction: true });
  await send(client, session, number, { insert: 'right', documents, autocommit });
  const body = { commitTransaction: 1, autocommit, writeConcern: { w: 'majority' } };
  commits.push({ session: { ...session.id }, number, body, _id });
  await Promise.all([send(client, session, number, body), send(client, session, number, body)]);
}

/** A retryable write that is sent twice at the same time, and once more when it has been answered. */
async function retried(client: MongoClient, name: string, step: number, { writes }: SentAgain): Promise<void> {
  const session = client.startSession();
  const number = driverOf(session).txnNumber + 1;
  const _id = `${name}-${step}`;
  const body = { update: 'once', updates: [{ q: { _id }, u: { $inc: { n: 1 } }, upsert: true }] };
  writes.push({ session: { ...session.id }, number, body, _id });
  await Promise.all([send(client, session, number, body), send(client, session, number, body)]);
  await send(client, session, number, body);
}

/** Two inserts of one document, one of which learns that it is there already. */
async function taken(client: MongoClient, name: string, step: number): Promise<void> {
  const insert = { insert: 'taken', documents: [{ _id: `${name}-${step}`, n: 0 }] };
  await Promise.all([client.db('cuts').command(insert), client.db('cuts').command(insert)]);
}

async function reading(client: MongoClient, _name: string, step: number): Promise<void> {
  const db = client.db('cuts', { readConcern: new ReadConcern('majority') });
  const name = ['rows', 'left', 'right', 'once'][step % 4] as string;
  if (step % 3 === 0) await db.collection(name).estimatedDocumentCount();
  else
    await db
      .collection(name)
      .find({}, { sort: { _id: step % 2 ? 1 : -1 }, limit: 50, batchSize: 50 })
      .toArray();
}
