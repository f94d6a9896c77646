import { beijingDay, type CompanionWrite, type Enrolment, isInTerm } from '#platform';
import { type Award, awardPoints, type DiscussionRules, type NoPointsReason } from './discussion-points.ts';
import { type DiscussionsHost, rulesOf } from './discussions.host.ts';
import { type Post, pointsOf } from './post.model.ts';
import { Serial } from './serial.ts';

/** Reasons of the rule, and one that only the programme's term knows. */
export type Reason = NoPointsReason | 'out-of-term';

/** What a change makes of the learner's posts; `companions` are the writes that do it. */
export interface PostChange {
  /** All posts of the learner afterwards. */
  posts: Post[];
  /** Topics whose points may be different; where there are none, nothing is recorded. */
  topics: string[];
  /** When what counts happened: the time of the post, whoever changes it later. */
  at: Date;
  companions: CompanionWrite[];
}

const duplicateKey = 11_000;
const attempts = 5;

/** Turns a learner's stored posts into one absolute value per topic, durable together with the posts. */
export class Points {
  readonly #host: DiscussionsHost;
  readonly #serial = new Serial();

  constructor(host: DiscussionsHost) {
    this.#host = host;
  }

  /** What a new text of this learner is worth, given everything they wrote before. */
  async award(
    enrolment: Enrolment,
    text: { kind: 'post' | 'reply'; text: string; at: Date },
    before: readonly Post[],
  ): Promise<Award | { points: 0; base: 0; reason: 'out-of-term' }> {
    const programme = await this.#host.programmes.get(enrolment.programme);
    if (!isInTerm(programme, text.at.getTime())) return { points: 0, base: 0, reason: 'out-of-term' };
    const earlier = before.map((post) => ({ text: post.text, day: beijingDay(post.at), base: post.base }));
    const post = { kind: text.kind, text: text.text, day: beijingDay(text.at), featured: false };
    return awardPoints(post, earlier, rulesOf(programme));
  }

  async rules(programme: string): Promise<DiscussionRules> {
    return rulesOf(await this.#host.programmes.get(programme));
  }

  /**
   * Changes a learner's posts; resolves when the posts and the value of every topic are durable. Changes of one learner
   * follow each other; where another process was faster the ledger's revision does not fit, and `decide` is asked again.
   */
  change(enrolment: string, decide: (posts: Post[]) => PostChange | Promise<PostChange>): Promise<void> {
    return this.#serial.run(enrolment, async () => {
      for (let attempt = 1; ; attempt++) {
        try {
          return await this.#try(enrolment, decide);
        } catch (error) {
          if ((error as { code?: unknown }).code !== duplicateKey || attempt === attempts) throw error;
        }
      }
    });
  }

  async #try(enrolment: string, decide: (posts: Post[]) => PostChange | Promise<PostChange>): Promise<void> {
    const { posts, ledgers } = this.#host.models;
    const ledger = await ledgers.findById(enrolment).lean();
    const change = await decide(await posts.find({ enrolment }).sort({ at: 1, _id: 1 }).lean());
    const rev = ledger?.rev ?? 0;
    const next = { updateOne: { filter: { _id: enrolment, rev }, update: { $set: { rev: rev + 1 } }, upsert: true } };
    const companions = [...change.companions, { model: ledgers, key: enrolment, write: next }];
    if (change.topics.length === 0) return this.transact(companions);
    await this.#host.progress.record({
      enrolment,
      values: topicValues(change.posts, change.topics),
      at: change.at,
      companions,
    });
  }

  /** Writes what changes nobody's points. */
  async transact(writes: CompanionWrite[]): Promise<void> {
    await this.#host.transaction(async (session) => {
      for (const { model, write } of writes) await model.bulkWrite([write], { session });
    });
  }
}

/** The activity values of these topics: the sum of the learner's posts in each. */
export function topicValues(posts: readonly Post[], topics: readonly string[]): Record<string, number> {
  const values = topics.map((topic) => {
    const sum = posts.filter((post) => post.topic === topic).reduce((all, post) => all + pointsOf(post), 0);
    return [`discussions/topic/${topic}`, sum];
  });
  return Object.fromEntries(values);
}
