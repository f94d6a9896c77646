import { type ReadsById, readsFrom } from '#platform';
import type { Models } from './plugin.ts';
import { requestId } from './watch.model.ts';

/** How long a request is remembered here before it is written again, ms; players ask every few seconds. */
const FRESH_MS = 3_600_000;
/** Requests remembered in this process at most; beyond that some are written more often. */
const MOST_REMEMBERED = 50_000;
/** Credited seconds at which it is looked whether the media was asked for, first and then at each doubling. */
const FIRST_LOOK = 60;

/** Which lessons' media people's browsers have asked for lately: credit for any other is evidence. */
export class MediaRequests {
  readonly #models: Models;
  readonly #found: ReadsById<{ _id: string }>;
  readonly #remembered = new Map<string, number>();

  constructor(models: Models) {
    this.#models = models;
    this.#found = readsFrom(models.requests.collection);
  }

  /** Writes down that a learner's browser asked for a lesson's media, once an hour. */
  async note(learner: string, lesson: string, now: number): Promise<void> {
    const _id = requestId(learner, lesson);
    const known = this.#remembered.get(_id);
    if (known !== undefined && Math.abs(now - known) < FRESH_MS) return;
    if (this.#remembered.size >= MOST_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(_id, now);
    try {
      await this.#models.requests.updateOne({ _id }, { $set: { at: new Date(now) } }, { upsert: true });
    } catch (error) {
      this.#remembered.delete(_id);
      throw error;
    }
  }

  /** Whether a learner's browser asked for a lesson's media in the last two days. */
  async has(learner: string, lesson: string): Promise<boolean> {
    return (await this.#found.get(requestId(learner, lesson))) !== undefined;
  }
}

/** Whether credit that was not seen to be asked for has grown so that it is time to look; mostly it has not. */
export function isTimeToLook(before: number, after: number): boolean {
  if (after < FIRST_LOOK || before === after) return false;
  return Math.clz32(before / FIRST_LOOK) !== Math.clz32(after / FIRST_LOOK);
}
