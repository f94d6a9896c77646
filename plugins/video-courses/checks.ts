import { beijingDay } from '#platform';
import type { Anomalies } from './anomalies.service.ts';
import { type DayLedger, notePresenceAnswer, notePresenceMissed } from './day-ledger.ts';
import type { LivePlaying } from './live-playing.ts';
import type { Commits } from './playing.commits.ts';
import type { Lookup } from './playing.lookup.ts';
import type { PlayingStore } from './playing.store.ts';
import type { PlayingSession } from './playing-session.ts';
import { isNewlyMissed } from './presence.ts';
import type { WatchRules } from './watch-rules.ts';

interface Deps {
  store: PlayingStore;
  lookup: Lookup;
  commits: Commits;
  anomalies: Anomalies;
}

/** Writes down what becomes of a presence check, in the day of the enrolment in which it was asked. */
export class Checks {
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** An answer, with the session as it leaves it. @throws StaleSession */
  async noteAnswer(
    live: LivePlaying,
    playing: PlayingSession,
    answer: { ms: number; inTime: boolean },
    now: number,
  ): Promise<void> {
    await this.#note(live, playing, now, (day, askedAt) => notePresenceAnswer(day, { askedAt, ...answer }));
  }

  /**
   * That nobody has answered the open check, once its time is over for whenever it may have been shown.
   * @returns the session, as it is where there is nothing to be written down. @throws StaleSession
   */
  async noteMissed(live: LivePlaying, rules: WatchRules, now: number): Promise<LivePlaying> {
    if (!isNewlyMissed(live.playing, now, rules)) return live;
    const playing = { ...live.playing, presence: { ...live.playing.presence, missed: true } };
    return this.#note(live, playing, now, notePresenceMissed);
  }

  async #note(
    live: LivePlaying,
    playing: PlayingSession,
    now: number,
    change: (day: DayLedger, askedAt: number) => DayLedger,
  ): Promise<LivePlaying> {
    const { store, lookup, commits, anomalies } = this.#deps;
    const { askedAt = now, enrolment = live.enrolment } = live.playing.presence;
    if (enrolment === live.enrolment) {
      // A check may be asked before midnight and answered after it.
      const asked = await lookup.onDay(live, askedAt);
      return commits.answer(asked, { ...asked, playing, day: change(asked.day, askedAt) }, now);
    }
    const before = await store.day(enrolment, beijingDay(askedAt));
    const after = change(before, askedAt);
    const evidence = await anomalies.changes(enrolment, before, after);
    return commits.save({ ...live, playing }, now, [store.dayWrite(enrolment, after), ...evidence]);
  }
}
