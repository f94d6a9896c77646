import { addRange, type Ranges } from './ranges.ts';
import type { Reason } from './watch-rules.ts';
import type { Uncredited } from './watch-time.ts';

/** What one reason cost in one lesson on one day. */
export interface ReasonLine {
  /** Media seconds, to the millisecond. */
  seconds: number;
  /** Beats that it hit. */
  beats: number;
  /** Where in the video, in media milliseconds; joined where they are many. */
  stretches: Ranges;
  /** Epoch ms of the first and the last time. */
  first: number;
  last: number;
}

interface LessonDay {
  credited: number;
  reasons: Partial<Record<Reason, ReasonLine>>;
}

export interface PresenceDay {
  asked: number;
  answered: number;
  late: number;
  /** The quickest answer in milliseconds, as evidence for people to judge. */
  fastestMs?: number;
}

/** One enrolment's Beijing day. */
export interface DayLedger {
  day: string;
  credited: number;
  lessons: Record<string, LessonDay>;
  presence: PresenceDay;
}

/** Stretches kept per reason and day; beyond that only their outer edges stay. */
const MOST_STRETCHES = 20;

export function emptyDay(day: string): DayLedger {
  return { day, credited: 0, lessons: {}, presence: { asked: 0, answered: 0, late: 0 } };
}

/** Whether nothing was noted on the day. */
export function isEmptyDay({ lessons, presence }: DayLedger): boolean {
  return presence.asked === 0 && Object.keys(lessons).length === 0;
}

/** The day with what one beat gained and lost. */
export function noteBeat(
  ledger: DayLedger,
  lesson: string,
  { credited, uncredited }: { credited: number; uncredited: readonly Uncredited[] },
  now: number,
): DayLedger {
  const before = ledger.lessons[lesson] ?? { credited: 0, reasons: {} };
  const reasons = { ...before.reasons };
  for (const loss of uncredited) reasons[loss.reason] = addLoss(reasons[loss.reason], loss, now);
  return {
    ...ledger,
    credited: ledger.credited + credited,
    lessons: { ...ledger.lessons, [lesson]: { credited: before.credited + credited, reasons } },
  };
}

/** The day with one more presence check asked. */
export function notePresenceAsked(ledger: DayLedger): DayLedger {
  return { ...ledger, presence: { ...ledger.presence, asked: ledger.presence.asked + 1 } };
}

/** The day with a presence check answered after `responseMs`, in time or late. */
export function notePresenceAnswer(ledger: DayLedger, inTime: boolean, responseMs: number): DayLedger {
  const { presence } = ledger;
  const fastestMs = Math.min(presence.fastestMs ?? Number.POSITIVE_INFINITY, responseMs);
  return {
    ...ledger,
    presence: {
      ...presence,
      answered: presence.answered + (inTime ? 1 : 0),
      late: presence.late + (inTime ? 0 : 1),
      fastestMs,
    },
  };
}

function addLoss(line: ReasonLine | undefined, { seconds, from, to }: Uncredited, now: number): ReasonLine {
  const before = line ?? { seconds: 0, beats: 0, stretches: [], first: now, last: now };
  const stretches = addRange(before.stretches, Math.round(from * 1000), Math.round(to * 1000));
  return {
    seconds: Math.round((before.seconds + seconds) * 1000) / 1000,
    beats: before.beats + 1,
    stretches: stretches.length > 2 * MOST_STRETCHES ? [stretches[0]!, stretches.at(-1)!] : stretches,
    first: before.first,
    last: now,
  };
}
