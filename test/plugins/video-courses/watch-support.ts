import type { Beat } from '../../../plugins/video-courses/beat.ts';
import { type PlayingSession, startSession } from '../../../plugins/video-courses/playing-session.ts';
import { DEFAULT_WATCH_RULES, type WatchRules } from '../../../plugins/video-courses/watch-rules.ts';
import { type CreditInput, credit, emptyRecord, type WatchRecord } from '../../../plugins/video-courses/watch-time.ts';

/** A moment at noon, Beijing time. */
export const NOON = Date.parse('2026-11-22T04:00:00Z');
export const TERM = { from: NOON - 30 * 86_400_000, to: NOON + 30 * 86_400_000 };
/** No presence check within any test that does not ask for one. */
export const RULES: WatchRules = {
  ...DEFAULT_WATCH_RULES,
  presence: { ...DEFAULT_WATCH_RULES.presence, minSeconds: 1e6, maxSeconds: 1e6 },
};
export const LESSON = { id: 'lesson-1', seconds: 2700 };

/** One learner at one lesson: keeps what the plugin would store between beats. */
export class Learner {
  record: WatchRecord = emptyRecord();
  session: PlayingSession;
  dayCredited = 0;
  credited = 0;
  settings: Pick<CreditInput, 'rules' | 'lesson' | 'term'>;

  constructor(settings: Partial<Pick<CreditInput, 'rules' | 'lesson' | 'term'>> = {}, sentAt?: number) {
    this.settings = { rules: RULES, lesson: LESSON, term: TERM, ...settings };
    this.session = this.begin('token', NOON, sentAt);
  }

  begin(token: string, now: number, sentAt?: number): PlayingSession {
    const { rules, lesson } = this.settings;
    const clock = sentAt === undefined ? {} : { sentAt };
    this.session = startSession({ token, lesson: lesson.id, now, ...clock, rules, rng: () => 0 });
    return this.session;
  }

  /** @param after seconds after noon at which the beat arrives */
  beat(
    after: number,
    ranges: [number, number][],
    { token = 'token', ...more }: Partial<Beat> & { token?: string } = {},
  ) {
    const beat = { seq: this.session.seq + 1, ranges, rate: 1, ...more };
    const { record, session, dayCredited } = this;
    const now = Math.round(NOON + after * 1000);
    const result = credit({ ...this.settings, record, session, token, beat, now, dayCredited });
    this.record = result.record;
    this.session = result.session;
    this.dayCredited = result.dayCredited;
    this.credited += result.credited;
    return result;
  }
}
