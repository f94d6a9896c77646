import { beijingHour } from '#platform';
import { addRange, type Ranges } from './ranges.ts';
import type { Reason } from './watch-rules.ts';
import type { Uncredited } from './watch-time.ts';
import type { Whole } from './whole.ts';

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
  /** Of these, seconds that a moderator granted on an appeal. */
  granted?: number;
  reasons: Partial<Record<Reason, ReasonLine>>;
}

export interface PresenceDay {
  asked: number;
  answered: number;
  late: number;
  /** Each check in its order; the first ones of the day where they are more than a day can have. */
  checks: PresenceCheck[];
}

interface PresenceCheck {
  /** When it was asked, epoch ms; from then on nothing is credited. */
  at: number;
  /** From asking to the answer; absent while nobody has answered. */
  ms?: number;
  /** Whether the answer came in time. */
  inTime?: boolean;
  /** Set where nobody had answered when the person played again, or wanted to, long after the time to answer. */
  missed?: boolean;
}

/** Play that two addresses reported for the same time. */
interface Together {
  /** Milliseconds of play that overlap. */
  ms: number;
  times: number;
  /** Epoch ms. */
  first: number;
  last: number;
}

/** Credit for media that the person's browsers had not asked for. */
interface Unrequested {
  /** Milliseconds credited so far in the session that went on longest so. */
  ms: number;
  times: number;
  /** Epoch ms. */
  first: number;
  last: number;
}

/** One enrolment's Beijing day. */
export interface DayLedger {
  day: string;
  credited: number;
  lessons: Record<string, LessonDay>;
  presence: PresenceDay;
  /** Beijing hours in which play was reported, bit 0 for the hour from midnight. */
  hours: number;
  together?: Together | undefined;
  unrequested?: Unrequested | undefined;
}

/** Stretches kept per reason and day; beyond that only their outer edges stay. */
const MOST_STRETCHES = 20;
const MOST_CHECKS = 100;

export function emptyDay(day: string): DayLedger {
  return { day, credited: 0, lessons: {}, presence: { asked: 0, answered: 0, late: 0, checks: [] }, hours: 0 };
}

/** The day as it is stored, with what older records do not have. */
export function dayOf(stored: { day: string } & Partial<Record<keyof DayLedger, unknown>>): DayLedger {
  const empty = emptyDay(stored.day);
  const { credited, lessons, presence, hours, together, unrequested } = stored as Partial<DayLedger>;
  return {
    ...empty,
    ...(credited !== undefined && { credited }),
    ...(lessons && { lessons }),
    presence: { ...empty.presence, ...presence },
    ...(hours !== undefined && { hours }),
    ...(together && { together }),
    ...(unrequested && { unrequested }),
  };
}

/** Whether nothing was noted on the day. */
export function isEmptyDay({ lessons, presence }: DayLedger): boolean {
  if (presence.asked > 0) return false;
  for (const _ in lessons) return false;
  return true;
}

/** The day with what beats gained and lost. */
export function noteBeats(
  ledger: DayLedger,
  lesson: string,
  { credited, uncredited }: { credited: number; uncredited: readonly Uncredited[] },
  now: number,
): DayLedger {
  const before: LessonDay = ledger.lessons[lesson] ?? { credited: 0, reasons: {} };
  const reasons = uncredited.length > 0 ? { ...before.reasons } : before.reasons;
  for (const loss of uncredited) reasons[loss.reason] = addLoss(reasons[loss.reason], loss, now);
  const ofLesson = { ...before };
  ofLesson.credited += credited;
  ofLesson.reasons = reasons;
  const after: Whole<DayLedger> = {
    day: ledger.day,
    credited: ledger.credited + credited,
    lessons: { ...ledger.lessons },
    presence: ledger.presence,
    hours: ledger.hours | (1 << beijingHour(now)),
    together: ledger.together,
    unrequested: ledger.unrequested,
  };
  after.lessons[lesson] = ofLesson;
  return after;
}

/** The day with a lesson's seconds that were granted on an appeal. */
export function noteGrant(ledger: DayLedger, lesson: string, seconds: number): DayLedger {
  const before = ledger.lessons[lesson] ?? { credited: 0, reasons: {} };
  const granted = { credited: before.credited + seconds, granted: (before.granted ?? 0) + seconds };
  return {
    ...ledger,
    credited: ledger.credited + seconds,
    lessons: { ...ledger.lessons, [lesson]: { ...before, ...granted } },
  };
}

/** The day with play that two addresses reported for the same time. */
export function noteTogether(ledger: DayLedger, ms: number, now: number): DayLedger {
  const before = ledger.together ?? { ms: 0, times: 0, first: now, last: now };
  return { ...ledger, together: { ms: before.ms + ms, times: before.times + 1, first: before.first, last: now } };
}

/** The day with credit, `ms` of it in this session so far, for media that nobody had asked for. */
export function noteUnrequested(ledger: DayLedger, ms: number, now: number): DayLedger {
  const before = ledger.unrequested ?? { ms: 0, times: 0, first: now, last: now };
  const unrequested = { ms: Math.max(before.ms, ms), times: before.times + 1, first: before.first, last: now };
  return { ...ledger, unrequested };
}

/** The day with one more presence check asked. */
export function notePresenceAsked(ledger: DayLedger, now: number): DayLedger {
  const { presence } = ledger;
  const checks = presence.checks.length < MOST_CHECKS ? [...presence.checks, { at: now }] : presence.checks;
  return { ...ledger, presence: { ...presence, asked: presence.asked + 1, checks } };
}

/** The day with the presence check asked at `askedAt` answered after `ms`, in time or late. */
export function notePresenceAnswer(
  ledger: DayLedger,
  { askedAt, ms, inTime }: { askedAt: number; ms: number; inTime: boolean },
): DayLedger {
  const { presence } = ledger;
  const checks = presence.checks.map((check) => (check.at === askedAt ? { ...check, ms, inTime } : check));
  return {
    ...ledger,
    presence: {
      ...presence,
      answered: presence.answered + (inTime ? 1 : 0),
      late: presence.late + (inTime ? 0 : 1),
      checks,
    },
  };
}

/** The day with the presence check asked at `askedAt` found unanswered. */
export function notePresenceMissed(ledger: DayLedger, askedAt: number): DayLedger {
  const { presence } = ledger;
  const checks = presence.checks.map((check) => (check.at === askedAt ? { ...check, missed: true } : check));
  return { ...ledger, presence: { ...presence, checks } };
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
