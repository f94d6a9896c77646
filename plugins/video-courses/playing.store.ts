import { randomBytes } from 'node:crypto';
import { trusted } from 'mongoose';
import { type CompanionWrite, type ReadsById, readsFrom } from '#platform';
import { aheadOf } from './ahead.ts';
import type { Heard } from './anomalies.ts';
import { type DayLedger, dayOf, emptyDay, isEmptyDay } from './day-ledger.ts';
import { copyOf, type LivePlaying, type Superseded, supersededOf } from './live-playing.ts';
import type { PlayingSession } from './playing-session.ts';
import type { Models } from './plugin.ts';
import { dayId, type StoredDay, type StoredSession, type StoredWatch, watchId } from './watch.model.ts';
import { emptyRecord } from './watch-time.ts';

/** Beats after which the lesson's and the day's own documents are written again: a minute of playing. */
const MOST_AHEAD = 12;

/** Reads and writes playing sessions, watch records and day ledgers. */
export class PlayingStore {
  readonly #models: Models;
  readonly #sessions: ReadsById<StoredSession>;
  readonly #watch: ReadsById<StoredWatch>;
  readonly #days: ReadsById<StoredDay>;

  constructor(models: Models) {
    this.#models = models;
    this.#sessions = readsFrom(models.sessions.collection);
    this.#watch = readsFrom(models.watch.collection);
    this.#days = readsFrom(models.days.collection);
  }

  /** The learner's stored session of whatever lesson. */
  async load(learner: string, day: string): Promise<LivePlaying | undefined> {
    const stored = await this.#sessions.get(learner);
    if (!stored) return undefined;
    const { rev, session, enrolment, lesson, ended, by, secret, before, heard } = stored;
    const seen = aheadOf(stored) ?? (await this.seen(enrolment, lesson, day));
    return {
      learner,
      rev,
      session,
      enrolment,
      lesson,
      ended,
      by,
      secret,
      playing: stored.playing as PlayingSession,
      startedAt: stored.startedAt?.getTime() ?? 0,
      unrequested: stored.unrequested ?? 0,
      before: (before as Superseded | null) ?? undefined,
      heard: (heard as Heard | null) ?? undefined,
      ...seen,
    };
  }

  /** The session before the learner's own, for beats of it that arrive after another place took over. */
  async superseded(live: LivePlaying, day: string): Promise<LivePlaying | undefined> {
    const { before } = live;
    if (!before) return undefined;
    return { ...live, ...before, ...(await this.seen(before.enrolment, before.lesson, day)), successor: live };
  }

  /** Sessions started since a moment, on whatever server process. */
  async startedSince(moment: number): Promise<{ learner: string; session: string; rev: number }[]> {
    const { sessions } = this.#models;
    const since = { startedAt: trusted({ $gt: new Date(moment) }) };
    const found = await sessions.find(since).select({ session: 1, rev: 1 }).lean();
    return found.map(({ _id, session, rev }) => ({ learner: _id, session, rev }));
  }

  /** What the enrolment has seen of a lesson, and its day. */
  async seen(
    enrolment: string,
    lesson: string,
    day: string,
  ): Promise<Pick<LivePlaying, 'record' | 'position' | 'day' | 'ahead'>> {
    const [watch, ledger] = await Promise.all([this.#watch.get(watchId(enrolment, lesson)), this.day(enrolment, day)]);
    const record = watch ? { covered: watch.covered, played: watch.played, furthest: watch.furthest } : emptyRecord();
    return { record, position: watch?.position ?? 0, day: ledger, ahead: 0 };
  }

  async day(enrolment: string, day: string): Promise<DayLedger> {
    const stored = await this.#days.get(dayId(enrolment, day));
    if (!stored) return emptyDay(day);
    return dayOf(stored);
  }

  /**
   * What a beat changes, for one commit together with the enrolment; refused there where the revision is old. Mostly the
   * session alone, which holds the lesson and the day too; their own documents follow every dozen beats.
   */
  companions(before: LivePlaying, after: LivePlaying, now: number): { writes: CompanionWrite[]; stored: LivePlaying } {
    const whole = after.successor || after.ended || before.ahead + 1 >= MOST_AHEAD || isEmptyDay(before.day);
    return this.#writes(after, whole ? 0 : before.ahead + 1, now);
  }

  /** The session and all that it is ahead, with what only its start and its end change. */
  whole(live: LivePlaying, now: number): { writes: CompanionWrite[]; stored: LivePlaying } {
    return this.#writes(live, 0, now);
  }

  /** What a person's decision changes in a lesson and a day, and the session's next revision with it. */
  amendment(
    live: LivePlaying,
    { enrolment, lesson }: { enrolment: string; lesson: string },
    { record, day }: Pick<LivePlaying, 'record' | 'day'>,
  ): CompanionWrite[] {
    const { watch, days } = this.#models;
    const [watched, daily] = [watchId(enrolment, lesson), dayId(enrolment, day.day)];
    const { covered, played, furthest } = record;
    const watchWrite = { filter: { _id: watched, enrolment }, update: { $set: { covered, played, furthest } } };
    const dayWrite = { filter: { _id: daily, enrolment }, update: { $set: { ...day } } };
    return [
      this.#sessionWrite({ ...live, ahead: 0, rev: live.rev + 1 }),
      { model: watch, key: watched, write: { updateOne: watchWrite }, exact: true },
      { model: days, key: daily, write: { updateOne: dayWrite }, exact: true },
    ];
  }

  /** An enrolment's day where the session is not ahead of it. */
  dayWrite(enrolment: string, day: DayLedger): CompanionWrite {
    return {
      model: this.#models.days,
      key: dayId(enrolment, day.day),
      write: { updateOne: dayUpdate({ enrolment, day }) },
      exact: true,
    };
  }

  #writes(live: LivePlaying, ahead: number, now: number): { writes: CompanionWrite[]; stored: LivePlaying } {
    const { watch } = this.#models;
    const stored = copyOf(live);
    stored.ahead = ahead;
    stored.rev += 1;
    const writes = [this.#sessionWrite(stored)];
    if (ahead === 0) {
      writes.push({
        model: watch,
        key: watchId(live.enrolment, live.lesson),
        write: { updateOne: watchUpdate(live, now) },
        exact: true,
      });
      if (!isEmptyDay(live.day)) writes.push(this.dayWrite(live.enrolment, live.day));
    }
    return { writes, stored };
  }

  /** Writes a session with its next revision, where it still has the one before. */
  #sessionWrite(live: LivePlaying): CompanionWrite {
    const { learner, rev } = live;
    const $set = live.ahead === 0 ? wholeSession(live) : movingPart(live);
    return {
      model: this.#models.sessions,
      key: learner,
      // Where the revision is no longer there the upsert inserts, and fails on the `_id`.
      write: { updateOne: { filter: { _id: learner, rev: rev - 1 }, update: { $set }, upsert: true } },
      exact: true,
    };
  }
}

/** What a beat changes in a session. */
function movingPart({ rev, playing, record, position, day, ahead, heard, unrequested }: LivePlaying) {
  return { rev, playing, record, position, day, ahead, heard: heard ?? null, unrequested };
}

/** All of a session; where it was taken over, of the one that did, which knows the other's last beats. */
function wholeSession(live: LivePlaying) {
  const next = live.successor ? { ...live.successor, ahead: 0, before: supersededOf(live) } : live;
  const { learner: _, rev: __, successor: ___, before, heard, startedAt, ...rest } = next;
  return { ...rest, rev: live.rev, before: before ?? null, heard: heard ?? null, startedAt: new Date(startedAt) };
}

export const newSecret = (): string => randomBytes(24).toString('base64url');

function watchUpdate({ enrolment, lesson, record, position }: LivePlaying, now: number) {
  const { covered, played, furthest } = record;
  const set = { lesson, covered, played, furthest, position, at: new Date(now) };
  return { filter: { _id: watchId(enrolment, lesson), enrolment }, update: { $set: set }, upsert: true };
}

function dayUpdate({ enrolment, day }: Pick<LivePlaying, 'enrolment' | 'day'>) {
  return { filter: { _id: dayId(enrolment, day.day), enrolment }, update: { $set: { ...day } }, upsert: true };
}
