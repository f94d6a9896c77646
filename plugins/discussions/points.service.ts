import type { Binary } from 'mongodb';
import { beijingDay, type CompanionWrite, type Enrolment, isInTerm, Kept } from '#platform';
import { type Award, awardPoints, type DiscussionRules, type NoPointsReason } from './discussion-points.ts';
import { type DiscussionsHost, rulesOf } from './discussions.host.ts';
import { type Fingerprint, fromBytes } from './likeness.ts';
import { Serial } from './serial.ts';

/** Reasons of the rule, and one that only the programme's term knows. */
export type Reason = NoPointsReason | 'out-of-term';

/** What a learner's posts have earned so far, in tenths. */
export interface Sums {
  rev: number;
  /** By Beijing day, without bonuses. */
  days: Record<string, number>;
  topics: Record<string, number>;
}

/** What a change of one post adds to its learner's sums, or takes away; `companions` are the writes that do it. */
export interface PostChange {
  topic: string;
  /** Tenths, for the topic. */
  points: number;
  /** Tenths without bonuses, for the day on which it was written. */
  base: number;
  /** When what counts happened: the time of the post, whoever changes it later. */
  at: Date;
  /** Fingerprints of all that the learner has written then, where they are known. */
  prints?: readonly Fingerprint[];
  /** Nothing of it counts, as after the programme's term: nothing is recorded. */
  unrecorded?: boolean;
  companions: CompanionWrite[];
}

/** How long and of how many authors fingerprints are kept in memory: a few hundred bytes for each post. */
const PRINTS_KEPT_MS = 10 * 60_000;
const MAX_AUTHORS_KEPT = 500;

const duplicateKey = 11_000;
const attempts = 5;

/** Keeps what a learner's posts earn as one absolute value per topic, durable together with the posts. */
export class Points {
  readonly #host: DiscussionsHost;
  readonly #serial = new Serial();
  readonly #prints = new Kept<readonly Fingerprint[]>(PRINTS_KEPT_MS, MAX_AUTHORS_KEPT);

  constructor(host: DiscussionsHost) {
    this.#host = host;
  }

  /** What a new text of this learner is worth, given everything they wrote before. */
  async award(
    enrolment: Enrolment,
    text: { kind: 'post' | 'reply'; text: string; at: Date; print: Fingerprint },
    { days }: Sums,
    prints: readonly Fingerprint[],
  ): Promise<Award | { points: 0; base: 0; reason: 'out-of-term' }> {
    const programme = await this.#host.programmes.get(enrolment.programme);
    if (!isInTerm(programme, text.at.getTime())) return { points: 0, base: 0, reason: 'out-of-term' };
    const rules = rulesOf(programme);
    const day = beijingDay(text.at);
    return awardPoints({ ...text, day, featured: false }, { spent: days[day] ?? 0, prints }, rules);
  }

  /** The fingerprints of all that the learner has written; they belong to a revision of the sums. */
  prints(enrolment: string, { rev }: Sums): Promise<readonly Fingerprint[]> {
    return this.#prints.get(`${enrolment} ${rev}`, async () => {
      const { posts } = this.#host.models;
      const found = posts.collection.find<{ print: Binary }>({ enrolment }, { projection: { _id: 0, print: 1 } });
      return (await found.toArray()).map(({ print }) => fromBytes(print.buffer));
    });
  }

  async rules(programme: string): Promise<DiscussionRules> {
    return rulesOf(await this.#host.programmes.get(programme));
  }

  /**
   * Changes a learner's posts; resolves when the posts and the value of the topic are durable. Changes of one learner
   * follow each other; where another process was faster the ledger's revision does not fit, and `decide` is asked again.
   */
  change(enrolment: string, decide: (sums: Sums) => Promise<PostChange>): Promise<void> {
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

  async #try(enrolment: string, decide: (sums: Sums) => Promise<PostChange>): Promise<void> {
    const { ledgers } = this.#host.models;
    const found = (await ledgers.findById(enrolment).lean()) as Partial<Sums> | null;
    const { rev = 0, days = {}, topics = {} } = found ?? {};
    const { topic, points, base, at, prints, unrecorded, companions } = await decide({ rev, days, topics });
    const day = beijingDay(at);
    const value = (topics[topic] ?? 0) + points;
    const sums = { [`days.${day}`]: (days[day] ?? 0) + base, [`topics.${topic}`]: value };
    const update = { $set: { rev: rev + 1, ...sums } };
    const next = { updateOne: { filter: { _id: enrolment, rev }, update, upsert: true } };
    const writes = [...companions, { model: ledgers, key: enrolment, write: next }];
    if (unrecorded) await this.transact(writes);
    else {
      const values = { [activityOf(topic)]: value };
      await this.#host.progress.record({ enrolment, values, at, companions: writes });
    }
    this.#prints.forget(`${enrolment} ${rev}`);
    if (prints !== undefined) void this.#prints.get(`${enrolment} ${rev + 1}`, async () => prints);
  }

  /** Writes what changes nobody's points. */
  async transact(writes: CompanionWrite[]): Promise<void> {
    await this.#host.transaction(async (session) => {
      for (const { model, write } of writes) await model.bulkWrite([write], { session });
    });
  }
}

/** The activity whose value is what a learner's posts in a topic earn, in tenths. */
export const activityOf = (topic: string): string => `discussions/topic/${topic}`;
