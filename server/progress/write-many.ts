import type { AnyBulkWriteOperation, ClientSession, Connection, Model } from 'mongoose';
import { mongo } from 'mongoose';

/** One update as the database's command takes it. */
interface Statement {
  q: object;
  u: object;
  upsert?: boolean;
}

/**
 * Writes exactly what is given, in as few commands as it takes: neither mongoose casts it nor does the driver measure each
 * document first, which together cost more than the rest of a commit.
 * @returns how many documents were matched, inserted or upserted
 * @throws MongoServerError with the code of the first write that failed
 */
export async function writeMany(
  // biome-ignore lint/suspicious/noExplicitAny: any model's writes
  { db, collection: { name } }: Model<any>,
  // biome-ignore lint/suspicious/noExplicitAny: as above
  writes: readonly AnyBulkWriteOperation<any>[],
  session: ClientSession,
): Promise<number> {
  const updates: Statement[] = [];
  const inserts: object[] = [];
  const others: unknown[] = [];
  for (const write of writes) {
    if ('updateOne' in write && Object.keys(write.updateOne).every((key) => key in plain)) {
      const { filter, update, upsert } = write.updateOne;
      updates.push({ q: filter, u: update as object, ...(upsert && { upsert }) });
    } else if ('insertOne' in write) inserts.push(write.insertOne.document);
    else others.push(write);
  }
  let done = 0;
  if (updates.length) done += await run(db, { update: name, updates }, session);
  if (inserts.length) done += await run(db, { insert: name, documents: inserts }, session);
  if (others.length) {
    const options = { session, ordered: false };
    const result = await db.collection(name).bulkWrite(others as never[], options);
    done += result.matchedCount + result.insertedCount + result.upsertedCount + result.deletedCount;
  }
  return done;
}

const plain = { filter: 1, update: 1, upsert: 1 };

async function run(connection: Connection, command: object, session: ClientSession): Promise<number> {
  const options = { session, ignoreUndefined: true };
  const { n, writeErrors } = await (connection.db as mongo.Db).command({ ...command, ordered: false }, options);
  const [failed] = (writeErrors ?? []) as { code: number; errmsg: string }[];
  if (failed) throw new mongo.MongoServerError({ ...failed, message: failed.errmsg });
  return n as number;
}
