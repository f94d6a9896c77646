/**
 * What played seconds are worth: design, "Course time that can be believed". The player says which media was played; the
 * time account (`watch-account.ts`) says for how much of it there was time; here the one is paid for with the other.
 * New media costs its length over the allowed speed, media credited before costs less and earns nothing.
 *
 * Stretches are kept in whole media milliseconds, so that a beat may end anywhere in a second and nothing is lost at the
 * seam; a lesson's value is the whole seconds in the union.
 */

import { type Beat, isWellFormed } from './beat.ts';
import type { PlayingSession } from './playing-session.ts';
import { addRange, coveredSeconds, lengthOf, type Piece, pieces, type Ranges, subtract } from './ranges.ts';
import { type Account, openAccount } from './watch-account.ts';
import type { Reason, WatchRules } from './watch-rules.ts';

/** One enrolment's ledger of one lesson, in media milliseconds. */
export interface WatchRecord {
  covered: Ranges;
  /** Reported inside the lesson, but not credited; disjoint from `covered`. */
  played: Ranges;
  /** Up to here a first viewing has come: seeking is free before it. */
  furthest: number;
}

/** Media seconds of one beat, to the millisecond; `from` and `to` are the outer edges of what the reason hit. */
export interface Uncredited {
  reason: Reason;
  seconds: number;
  from: number;
  to: number;
}

export interface CreditInput {
  rules: WatchRules;
  lesson: { id: string; seconds: number };
  record: WatchRecord;
  session: PlayingSession;
  /** What the player names as its session's. */
  token: string;
  beat: Beat;
  /** Server epoch ms. */
  now: number;
  /** Server epoch ms, `to` exclusive. */
  term: { from: number; to: number };
  /** Seconds credited so far on the Beijing day of `now`. */
  dayCredited: number;
}

export interface CreditResult {
  record: WatchRecord;
  session: PlayingSession;
  /** Whole seconds that the lesson gained. */
  credited: number;
  dayCredited: number;
  uncredited: Uncredited[];
  /** Set when the beat as a whole was refused; record and session are then the ones handed in. */
  rejected?: Reason;
}

/** Stretches kept per ledger, so that no client can make a record grow without end. */
const MOST_STRETCHES = 300;

export function emptyRecord(): WatchRecord {
  return { covered: [], played: [], furthest: 0 };
}

/** Whether at least `percent` of a lesson of `seconds` is covered. */
export function isComplete(record: WatchRecord, seconds: number, percent: number): boolean {
  return seconds > 0 && lengthOf(record.covered) * 100 >= Math.round(seconds * 1000) * percent;
}

/** Judges one beat. Never throws, whatever numbers a client sends. */
export function credit(input: CreditInput): CreditResult {
  const { record, session, beat, now, term, rules, dayCredited } = input;
  const rejected = rejection(input);
  if (rejected !== undefined) return { record, session, credited: 0, dayCredited, uncredited: [], rejected };
  const account = openAccount(session, beat, now, term, rules);
  const { covered, played, furthest, time, uncredited } = spend(input, account);
  const credited = coveredSeconds(covered) - coveredSeconds(record.covered);
  account.session.carryMs =
    beat.final === true || beat.picture === false ? 0 : Math.min(time, rules.beatSeconds * 1000);
  return {
    record: { covered, played, furthest },
    session: account.session,
    credited,
    dayCredited: dayCredited + credited,
    uncredited,
  };
}

function rejection({ session, lesson, token, beat, now, term, rules }: CreditInput): Reason | undefined {
  if (!isWellFormed(beat)) return 'malformed';
  if (token !== session.token || session.lesson !== lesson.id) return 'token';
  if (beat.seq <= session.seq) return 'sequence';
  if (now < term.from || now >= term.to + rules.leaseSeconds * 1000) return 'outside-term';
  return undefined;
}

/** The purse and the ledger while one beat is settled; milliseconds throughout. */
interface Spending {
  covered: Ranges;
  played: Ranges;
  furthest: number;
  time: number;
  late: number;
  dayLeft: number;
  uncredited: Uncredited[];
}

function spend({ rules, lesson, record, beat, dayCredited }: CreditInput, account: Account): Spending {
  const length = Math.round(lesson.seconds * 1000);
  const spending: Spending = {
    covered: record.covered,
    played: record.played,
    furthest: record.furthest,
    time: account.allowance,
    late: account.late,
    dayLeft: Math.max(0, rules.dailyCapSeconds - dayCredited) * 1000,
    uncredited: [],
  };
  let played = record.played;
  for (const [start, end] of beat.ranges) {
    const from = Math.round(start * 1000);
    const to = Math.min(Math.round(end * 1000), length);
    note(spending, 'beyond-length', Math.max(from, length), Math.round(end * 1000));
    if (beat.picture === false) {
      note(spending, 'no-picture', from, to);
      continue;
    }
    played = addRange(played, from, to);
    if (rules.seekLock && from > spending.furthest + account.reach) {
      note(spending, account.shortfall === 'too-fast' ? 'seek-ahead' : account.shortfall, from, to);
      continue;
    }
    for (const piece of pieces(spending.covered, from, to)) {
      if (piece.inside) watchAgain(spending, piece, rules);
      else watchNew(spending, piece, rules, account.shortfall);
    }
  }
  const kept = played.length > 2 * MOST_STRETCHES ? record.played : played;
  spending.played = subtract(kept, spending.covered);
  return spending;
}

function watchAgain(spending: Spending, { from, to }: Piece, { seenSpeed }: WatchRules): void {
  spending.time -= cost(spending.time, to - from, seenSpeed);
  note(spending, 'already-credited', from, to);
}

function watchNew(spending: Spending, { from, to }: Piece, { speed }: WatchRules, shortfall: Reason): void {
  const paid = Math.min(to, from + Math.floor(spending.time * speed));
  spending.time -= cost(spending.time, paid - from, speed);
  const capped = Math.min(paid, from + spending.dayLeft);
  const covered = addRange(spending.covered, from, capped);
  if (covered.length > 2 * MOST_STRETCHES) {
    note(spending, 'malformed', from, capped);
  } else {
    spending.covered = covered;
    spending.dayLeft -= capped - from;
  }
  note(spending, 'daily-cap', capped, paid);
  const late = shortfall === 'too-fast' ? Math.min(to, paid + Math.floor(spending.late * speed)) : paid;
  spending.late -= cost(spending.late, late - paid, speed);
  note(spending, 'gap', paid, late);
  note(spending, shortfall, late, to);
  if (late > from) spending.furthest = Math.max(spending.furthest, late);
}

/** What `media` ms cost out of a purse, rounded against the player. */
function cost(purse: number, media: number, speed: number): number {
  return Math.min(purse, Math.ceil(media / speed));
}

/** One entry per reason and beat, so that no beat can write more than a handful. */
function note(spending: Spending, reason: Reason, fromMs: number, toMs: number): void {
  if (fromMs >= toMs) return;
  const seconds = (toMs - fromMs) / 1000;
  const [from, to] = [fromMs / 1000, toMs / 1000];
  const known = spending.uncredited.find((one) => one.reason === reason);
  if (known === undefined) {
    spending.uncredited.push({ reason, seconds, from, to });
    return;
  }
  known.seconds = Math.round((known.seconds + seconds) * 1000) / 1000;
  known.from = Math.min(known.from, from);
  known.to = Math.max(known.to, to);
}
