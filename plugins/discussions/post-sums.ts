import type { mongo } from 'mongoose';
import { beijingDay } from '#platform';
import { fingerprintOf, toBytes } from './likeness.ts';
import { type Post, pointsOf, STAFF } from './post.model.ts';

const BATCH = 500;

/** Adds to posts, ledgers and topics from before what a post keeps up to date now. Running it again gives the same. */
export async function addPostSums(db: mongo.Db): Promise<void> {
  const posts = db.collection<Post>('discussions_posts');
  const sums = new Map<string, Record<string, number>>();
  const threads = new Map<string, number>();
  let writes: mongo.AnyBulkWriteOperation<Post>[] = [];
  const flush = async () => {
    if (writes.length > 0) await posts.bulkWrite(writes, { ordered: false });
    writes = [];
  };
  for await (const post of posts.find()) {
    if (!post.parent && !post.opening) threads.set(post.topic, (threads.get(post.topic) ?? 0) + 1);
    const filter = { _id: post._id, topic: post.topic };
    if (post.enrolment) {
      const own = sums.get(post.enrolment) ?? {};
      sums.set(post.enrolment, own);
      add(own, `days.${beijingDay(post.at)}`, post.base);
      add(own, `topics.${post.topic}`, pointsOf(post));
      writes.push({ updateOne: { filter, update: { $set: { print: toBytes(fingerprintOf(post.text)) } } } });
    } else writes.push({ updateOne: { filter, update: { $set: { scopes: [STAFF] } } } });
    if (writes.length >= BATCH) await flush();
  }
  await flush();
  await inBatches([...sums], (some) =>
    db.collection<{ _id: string; rev: number }>('discussions_ledgers').bulkWrite(
      some.map(([_id, own]) => ({
        updateOne: { filter: { _id }, update: { $set: own, $inc: { rev: 1 } }, upsert: true },
      })),
    ),
  );
  const topics = db.collection<{ _id: string; threads: number }>('discussions_topics');
  await topics.updateMany({ threads: { $exists: false } }, { $set: { threads: 0 } });
  await inBatches([...threads], (some) =>
    topics.bulkWrite(
      some.map(([_id, count]) => ({ updateOne: { filter: { _id }, update: { $set: { threads: count } } } })),
    ),
  );
}

function add(sums: Record<string, number>, name: string, tenths: number): void {
  sums[name] = (sums[name] ?? 0) + tenths;
}

async function inBatches<T>(list: readonly T[], write: (some: T[]) => Promise<unknown>): Promise<void> {
  for (let from = 0; from < list.length; from += BATCH) await write(list.slice(from, from + BATCH));
}
