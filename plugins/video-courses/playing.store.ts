import { randomBytes } from 'node:crypto';
import type { CompanionWrite } from '#platform';
import { aheadOf } from './ahead.ts';
import { type DayLedger, emptyDay, isEmptyDay } from './day-ledger.ts';
import type { PlayingSession } from './playing-session.ts';
import type { Models, VideoHost } from './plugin.ts';
import { emptyRecord, type WatchRecord } from './watch-time.ts';

/** A learner's playing session with everything that a beat reads and writes. */
export interface LivePlaying {
  learner: string;
  /** Revision of the stored session; 0 before the first one. */
  rev: number;
  /** Public name of the session. */
  session: string;
  enrolment: string;
  lesson: string;
  ended: boolean;
  secret: string;
  playing: PlayingSession;
  record: WatchRecord;
  /** Media seconds. */
  position: number;
  day: DayLedger;
  /** Beats that record, position and day are ahead of their own documents. */
  ahead: number;
}

/** Beats after which the lesson's and the day's own documents are written again: a minute of playing. */
const MOST_AHEAD = 12;

/** Thrown where another server process wrote the session meanwhile: read it again and decide anew. */
export class StaleSession extends Error {}

/** Reads and writes playing sessions, watch records and day ledgers. */
export class PlayingStore {
  readonly #models: Models;

  constructor(models: Models) {
    this.#models = models;
  }

  /** The learner's stored session of whatever lesson. */
  async load(learner: string, day: string): Promise<LivePlaying | undefined> {
    const stored = await this.#models.sessions.findById(learner).lean();
    if (!stored) return undefined;
    const { rev, session, enrolment, lesson, ended, secret } = stored;
    const seen = aheadOf(stored) ?? (await this.seen(enrolment, lesson, day));
    return {
      learner,
      rev,
      session,
      enrolment,
      lesson,
      ended,
      secret,
      playing: stored.playing as PlayingSession,
      ...seen,
    };
  }

  /** What the enrolment has seen of a lesson, and its day. */
  async seen(
    enrolment: string,
    lesson: string,
    day: string,
  ): Promise<Pick<LivePlaying, 'record' | 'position' | 'day' | 'ahead'>> {
    const [watch, ledger] = await Promise.all([
      this.#models.watch.findById(watchId(enrolment, lesson)).lean(),
      this.day(enrolment, day),
    ]);
    const record = watch ? { covered: watch.covered, played: watch.played, furthest: watch.furthest } : emptyRecord();
    return { record, position: watch?.position ?? 0, day: ledger, ahead: 0 };
  }

  async day(enrolment: string, day: string): Promise<DayLedger> {
    const stored = await this.#models.days.findById(dayId(enrolment, day)).lean();
    if (!stored) return emptyDay(day);
    const empty = emptyDay(day);
    return {
      day,
      credited: stored.credited,
      lessons: (stored.lessons ?? {}) as DayLedger['lessons'],
      presence: { ...empty.presence, ...(stored.presence as Partial<DayLedger['presence']>) },
    };
  }

  /**
   * What a beat changes, for one commit together with the enrolment; refused there where the revision is old. Mostly the
   * session alone, which holds the lesson and the day too; their own documents follow every dozen beats.
   */
  companions(before: LivePlaying, after: LivePlaying, now: number): { writes: CompanionWrite[]; stored: LivePlaying } {
    const whole = after.ended || before.ahead + 1 >= MOST_AHEAD || isEmptyDay(before.day);
    return this.#writes({ ...after, ahead: whole ? 0 : before.ahead + 1 }, now);
  }

  /** Writes what changes without any credit, and all that is ahead. @throws StaleSession */
  async save(live: LivePlaying, transaction: VideoHost['transaction'], now: number): Promise<LivePlaying> {
    const { writes, stored } = this.#writes({ ...live, ahead: 0 }, now);
    try {
      await transaction(async (session) => {
        for (const { model, write } of writes) await model.bulkWrite([write], { session });
      });
    } catch (error) {
      throw isDuplicate(error) ? new StaleSession() : error;
    }
    return stored;
  }

  #writes(live: LivePlaying, now: number): { writes: CompanionWrite[]; stored: LivePlaying } {
    const { watch, days } = this.#models;
    const writes = [this.#sessionWrite(live)];
    if (live.ahead === 0) {
      writes.push({
        model: watch,
        key: watchId(live.enrolment, live.lesson),
        write: { updateOne: watchUpdate(live, now) },
      });
      if (!isEmptyDay(live.day)) {
        writes.push({ model: days, key: dayId(live.enrolment, live.day.day), write: { updateOne: dayUpdate(live) } });
      }
    }
    return { writes, stored: { ...live, rev: live.rev + 1 } };
  }

  #sessionWrite({ learner, rev, ...rest }: LivePlaying): CompanionWrite {
    return {
      model: this.#models.sessions,
      key: learner,
      // Where the revision is no longer there the upsert inserts, and fails on the `_id`.
      write: {
        updateOne: { filter: { _id: learner, rev }, update: { $set: { ...rest, rev: rev + 1 } }, upsert: true },
      },
    };
  }
}

export const watchId = (enrolment: string, lesson: string): string => `${enrolment}|${lesson}`;
export const dayId = (enrolment: string, day: string): string => `${enrolment}|${day}`;
export const newSecret = (): string => randomBytes(24).toString('base64url');

/** Whether a write met a document that another process had written first. */
export function isDuplicate(error: unknown): boolean {
  return (error as { code?: unknown } | undefined)?.code === 11000;
}

function watchUpdate({ enrolment, lesson, record, position }: LivePlaying, now: number) {
  const { covered, played, furthest } = record;
  const set = { enrolment, lesson, covered, played, furthest, position, at: new Date(now) };
  return { filter: { _id: watchId(enrolment, lesson) }, update: { $set: set }, upsert: true };
}

function dayUpdate({ enrolment, day }: LivePlaying) {
  const { credited, lessons, presence } = day;
  const set = { enrolment, day: day.day, credited, lessons, presence };
  return { filter: { _id: dayId(enrolment, day.day) }, update: { $set: set }, upsert: true };
}
