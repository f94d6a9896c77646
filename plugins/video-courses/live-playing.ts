import type { Heard } from './anomalies.ts';
import type { DayLedger } from './day-ledger.ts';
import type { PlayingSession } from './playing-session.ts';
import type { WatchRecord } from './watch-time.ts';
import type { Whole } from './whole.ts';

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
  /** Name of the signed-in session that started it. */
  by: string;
  secret: string;
  playing: PlayingSession;
  record: WatchRecord;
  /** Media seconds. */
  position: number;
  day: DayLedger;
  /** Beats that record, position and day are ahead of their own documents. */
  ahead: number;
  /** Server epoch ms. */
  startedAt: number;
  /** Seconds credited while nobody was seen to ask for the media; -1 once somebody was. */
  unrequested: number;
  before?: Superseded | undefined;
  heard?: Heard | undefined;
  /** Set where this is not the learner's session any more, but the one before it: the session that is. */
  successor?: LivePlaying | undefined;
}

/** A session that another place took over; its time account ends at that moment. */
export type Superseded = Pick<LivePlaying, 'session' | 'enrolment' | 'lesson' | 'secret' | 'playing'>;

/** A copy to be changed: the ones that every beat makes are all of one shape. */
export function copyOf(live: LivePlaying): Whole<LivePlaying> {
  return {
    learner: live.learner,
    rev: live.rev,
    session: live.session,
    enrolment: live.enrolment,
    lesson: live.lesson,
    ended: live.ended,
    by: live.by,
    secret: live.secret,
    playing: live.playing,
    record: live.record,
    position: live.position,
    day: live.day,
    ahead: live.ahead,
    startedAt: live.startedAt,
    unrequested: live.unrequested,
    before: live.before,
    heard: live.heard,
    successor: live.successor,
  };
}

export function supersededOf({ session, enrolment, lesson, secret, playing }: Superseded): Superseded {
  return { session, enrolment, lesson, secret, playing };
}
