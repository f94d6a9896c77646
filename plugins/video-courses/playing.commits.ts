import type { CompanionWrite } from '#platform';
import type { Anomalies } from './anomalies.service.ts';
import { isSameEvidence } from './anomalies.ts';
import type { Judgement } from './judging.ts';
import type { KeptSessions } from './kept-sessions.ts';
import type { LivePlaying } from './live-playing.ts';
import type { PlayingStore } from './playing.store.ts';
import { lessonActivity, type VideoHost } from './plugin.ts';
import { coveredSeconds } from './ranges.ts';

/** Thrown where another server process wrote the session meanwhile: read it again and decide anew. */
export class StaleSession extends Error {}

/** The lesson and the day that a person's decision changes. */
export interface Amended {
  enrolment: string;
  lesson: string;
  day: string;
}

/** Both as the decision leaves them, and writes that become durable with them. */
export interface Amendment extends Pick<LivePlaying, 'record' | 'day'> {
  also: CompanionWrite[];
}

interface Deps {
  host: VideoHost;
  store: PlayingStore;
  kept: KeptSessions;
  anomalies: Anomalies;
}

/** Makes durable what playing changes. Every write names the revision of the session it was decided on. */
export class Commits {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /**
   * One commit for the enrolment's value and everything that explains it; without played media, the session alone.
   * @throws StaleSession, core:not-found where the learner has left
   */
  report(
    before: LivePlaying,
    after: LivePlaying,
    { played, noted }: Pick<Judgement, 'played' | 'noted'>,
    now: number,
  ): Promise<unknown> {
    if (!played) {
      const moved = after.position !== before.position || after.ended || after.playing.seq !== before.playing.seq;
      return moved || noted ? this.save(after, now) : Promise.resolve();
    }
    const covered = coveredSeconds(after.record.covered);
    const gained = covered !== coveredSeconds(before.record.covered);
    const values = gained ? { [lessonActivity(after.lesson)]: covered } : {};
    const { writes, stored } = this.#deps.store.companions(before, after, now);
    const recorded = isSameEvidence(before.day, after.day)
      ? this.record(after.enrolment, values, writes, now)
      : this.#evidence(before, after).then((evidence) =>
          this.record(after.enrolment, values, [...writes, ...evidence], now),
        );
    return recorded.then(() => this.#remember(stored, now));
  }

  /** The session, its day and what stands out in it, after the answer to a presence check. @throws StaleSession */
  async answer(before: LivePlaying, after: LivePlaying, now: number): Promise<LivePlaying> {
    return this.save(after, now, await this.#evidence(before, after));
  }

  /** Writes what changes without any credit, and all that is ahead. @throws StaleSession */
  async save(live: LivePlaying, now: number, also: CompanionWrite[] = []): Promise<LivePlaying> {
    const { writes, stored } = this.#deps.store.whole(live, now);
    await orStale(this.#deps.host.progress.keep(live.enrolment, [...writes, ...also]));
    this.#remember(stored, now);
    return stored;
  }

  /** A lesson and a day as a person's decision leaves them; the session is read again. @throws StaleSession */
  async amend(live: LivePlaying, about: Amended, { record, day, also }: Amendment, now: number): Promise<void> {
    const writes = this.#deps.store.amendment(live, about, { record, day });
    const values = { [lessonActivity(about.lesson)]: coveredSeconds(record.covered) };
    await this.record(about.enrolment, values, [...writes, ...also], now);
    this.#deps.kept.forget(live.learner);
  }

  /** Records values with their companions. @throws StaleSession, core:not-found where the learner has left */
  record(
    enrolment: string,
    values: Record<string, number>,
    companions: CompanionWrite[],
    at: number,
  ): Promise<unknown> {
    return orStale(this.#deps.host.progress.record({ enrolment, values, at, companions, whileEnrolled: true }));
  }

  #evidence(before: LivePlaying, after: LivePlaying): Promise<CompanionWrite[]> {
    return this.#deps.anomalies.changes(after.enrolment, before.day, after.day);
  }

  /** Keeps the session as it was just written; one that was taken over is only read again. */
  #remember(live: LivePlaying, now: number): void {
    if (live.successor) this.#deps.kept.forget(live.learner);
    else this.#deps.kept.keep(live, now);
  }
}

/** A write that met a document which another process had written first was decided on an old revision. */
const orStale = <T>(write: Promise<T>): Promise<T> => write.catch(throwStale);

function throwStale(error: unknown): never {
  throw (error as { code?: unknown } | undefined)?.code === 11000 ? new StaleSession() : error;
}
