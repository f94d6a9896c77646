import { trusted } from 'mongoose';
import { beijingDay, errors, groupBy, newId } from '#platform';
import { awardInOrder } from './discussion-points.ts';
import { type DiscussionsHost, rulesOf } from './discussions.host.ts';
import { type Fingerprint, fingerprintOf, toBytes } from './likeness.ts';
import { activityOf } from './points.service.ts';
import { emptyPost, type Post, pointsOf, scopesOfPost } from './post.model.ts';
import type { Topic } from './topic.model.ts';

/** What a learner wrote in one topic, oldest first. */
export interface PastPosts {
  enrolment: string;
  learner: string;
  topic: string;
  posts: { text: string; at: Date; kind: 'post' | 'reply' }[];
}

interface Draft {
  post: Post;
  print: Fingerprint;
  kind: 'post' | 'reply';
}

const batch = 2_000;

/**
 * Takes over what was written before: posts in bulk, points by the same rule, one record per learner.
 * A reply answers the oldest unanswered post of somebody else in its topic, else the latest one.
 * @param scopesOf scopes of each enrolment
 */
export async function importHistory(
  host: DiscussionsHost,
  list: PastPosts[],
  scopesOf: ReadonlyMap<string, readonly string[]>,
): Promise<void> {
  const ids = [...new Set(list.map(({ topic }) => topic))];
  const topics = (await host.models.topics.find({ _id: trusted({ $in: ids }) }).lean()) as Topic[];
  const drafts = list.flatMap((past) => past.posts.map((one) => draft(past, one, scopesOf)));
  drafts.sort((a, b) => a.post.at.getTime() - b.post.at.getTime());
  for (const inTopic of groupBy(drafts, ({ post }) => post.topic).values()) answer(inTopic);
  const byEnrolment = groupBy(drafts, ({ post }) => post.enrolment as string);
  for (const own of byEnrolment.values()) await award(host, own, topics);
  const posts = drafts.map(({ post }) => post);
  for (let from = 0; from < posts.length; from += batch) {
    await host.models.posts.insertMany(posts.slice(from, from + batch), { lean: true, ordered: false });
  }
  await Promise.all([...byEnrolment].map(([enrolment, own]) => record(host, enrolment, own)));
  await addSums(host, byEnrolment);
  await countTopics(host, posts);
}

function draft(
  { enrolment, learner, topic }: PastPosts,
  { text, at, kind }: PastPosts['posts'][number],
  scopesOf: ReadonlyMap<string, readonly string[]>,
): Draft {
  const scopes = scopesOfPost(scopesOf.get(enrolment) ?? []);
  const print = fingerprintOf(text);
  const own = { _id: newId(), topic, enrolment, author: learner, text, at, scopes };
  return { kind, print, post: { ...emptyPost(), ...own, print: toBytes(print) } };
}

/** Gives the replies of one topic, oldest first, the posts that they answer. */
function answer(drafts: Draft[]): void {
  const open: Post[] = [];
  let latest: Post | undefined;
  for (const { post, kind } of drafts) {
    if (kind === 'post') {
      open.push(post);
      latest = post;
      continue;
    }
    const index = open.findIndex(({ author }) => author !== post.author);
    const parent = index >= 0 ? open.splice(index, 1)[0] : latest;
    if (!parent) continue;
    post.parent = parent._id;
    parent.replies += 1;
  }
}

async function award(host: DiscussionsHost, own: Draft[], topics: Topic[]): Promise<void> {
  const programme = topics.find(({ _id }) => _id === own[0]?.post.topic)?.programme;
  if (!programme) throw errors.notFound();
  const rules = rulesOf(await host.programmes.get(programme));
  const texts = own.map(({ post, kind, print }) => ({
    kind,
    print,
    text: post.text,
    day: beijingDay(post.at),
    featured: false,
  }));
  for (const [index, { base, reason }] of awardInOrder(texts, rules).entries()) {
    Object.assign(own[index]?.post as Post, { base, reason: reason ?? null });
  }
}

/** One report for each day, of everything up to it, so that the roll-ups count each day on its own. */
function record(host: DiscussionsHost, enrolment: string, own: Draft[]): Promise<unknown> {
  const posts = own.map(({ post }) => post);
  const lastOfDay = posts.flatMap(({ at }, index) => {
    const next = posts[index + 1];
    return next && beijingDay(next.at) === beijingDay(at) ? [] : [{ at, until: index + 1 }];
  });
  return Promise.all(
    lastOfDay.map(({ at, until }) => {
      const before = posts.slice(0, until);
      const topics = [...new Set(before.map(({ topic }) => topic))];
      return host.progress.record({ enrolment, values: topicValues(before, topics), at });
    }),
  );
}

/** Adds what the posts earn to their learners' sums. */
async function addSums(host: DiscussionsHost, byEnrolment: ReadonlyMap<string, Draft[]>): Promise<void> {
  const writes = [...byEnrolment].map(([_id, own]) => {
    const sums: Record<string, number> = {};
    for (const { post } of own) {
      for (const [name, tenths] of [
        [`days.${beijingDay(post.at)}`, post.base],
        [`topics.${post.topic}`, pointsOf(post)],
      ] as const) {
        sums[name] = (sums[name] ?? 0) + tenths;
      }
    }
    return { updateOne: { filter: { _id }, update: { $inc: { rev: 1, ...sums } }, upsert: true } };
  });
  if (writes.length) await host.models.ledgers.bulkWrite(writes);
}

async function countTopics(host: DiscussionsHost, posts: Post[]): Promise<void> {
  const writes = [...groupBy(posts, ({ topic }) => topic)].map(([_id, inTopic]) => ({
    updateOne: {
      filter: { _id },
      update: {
        $inc: { posts: inTopic.length, threads: inTopic.filter(({ parent }) => !parent).length },
        $max: { lastAt: inTopic.at(-1)?.at as Date },
      },
    },
  }));
  if (writes.length) await host.models.topics.bulkWrite(writes);
}

/** The activity values of these topics: the sum of the posts in each. */
function topicValues(posts: readonly Post[], topics: readonly string[]): Record<string, number> {
  const values = topics.map((topic) => {
    const sum = posts.filter((post) => post.topic === topic).reduce((all, post) => all + pointsOf(post), 0);
    return [activityOf(topic), sum];
  });
  return Object.fromEntries(values);
}
