import type { PresenceRules, WatchRules } from './watch-rules.ts';

/** A person's one playing session. Starting another replaces it, whereupon the old token earns nothing. */
export interface PlayingSession {
  token: string;
  lesson: string;
  /** The last accepted sequence number; 0 before the first beat. */
  seq: number;
  /** Server epoch ms up to which time is in the account. */
  lastAt: number;
  /** The player's own clock (epoch ms) at the last accepted beat; absent when it does not say. */
  sentAt?: number | undefined;
  /** Time that beats accounted for but did not use for playing, at most one beat interval. */
  carryMs: number;
  /** Time that passed on the server and that no beat has accounted for yet: the lease for kept beats. */
  openMs: number;
  /** Time that passed beyond the lease: it can explain what was played, but earns nothing. */
  lapsedMs: number;
  /** Server epoch ms at which another place took over, or its sign-in ended: time from then on earns nothing here. */
  endedAt?: number | undefined;
  /**
   * By how much the server's clock lies behind `lastAt`, which never goes back, since it was set back, in ms; 0 mostly.
   * Absent in sessions that older versions stored.
   */
  behindMs?: number | undefined;
  presence: PresenceState;
}

/** Times are server epoch ms. A check is open while `askedAt` is set; it stays the person's until somebody answers it. */
interface PresenceState {
  /** When the next check falls due; it is asked at the first beat from then on, so never of somebody who is away. */
  askAt: number;
  askedAt?: number;
  deadline?: number;
  /** The keyed hash of the one-time token that answers it. */
  tokenHash?: string;
  /** How often the open check was given more time. */
  extended?: number;
  /** The enrolment in whose day the open check is written down. */
  enrolment?: string | undefined;
  /** Whether it is written down as unanswered. */
  missed?: boolean;
}

/** Gives a number in [0, 1), as `Math.random` does; the platform hands in one that cannot be guessed. */
export type Rng = () => number;

export interface SessionStart {
  token: string;
  lesson: string;
  /** Server epoch ms. */
  now: number;
  /** The player's clock, epoch ms; without it beats kept before the first one arrives count as one gap. */
  sentAt?: number;
  rules: WatchRules;
  rng: Rng;
  /** The person's session until now, of whatever lesson. */
  previous?: PlayingSession;
}

/**
 * A fresh session from which nothing has been earned. A check that is open stays open, whatever lesson and device follows,
 * and one that is coming stays so, or starting again every few minutes would avoid them all.
 */
export function startSession({ token, lesson, now, sentAt, rules, rng, previous }: SessionStart): PlayingSession {
  const { at, behindMs } = previous ? paidTime(previous, now, rules) : { at: now, behindMs: 0 };
  return {
    token,
    lesson,
    seq: 0,
    lastAt: Math.max(at, previous?.lastAt ?? at),
    ...(sentAt === undefined ? {} : { sentAt }),
    carryMs: 0,
    openMs: 0,
    lapsedMs: 0,
    behindMs,
    presence: previous ? carriedPresence(previous, now, rules) : { askAt: nextPresenceCheck(rng, now, rules.presence) },
  };
}

/**
 * A moment of the server's clock as the time account counts it. The account's own time never goes back: where the clock was
 * set back by more than a gap, or another server process has one that lies behind, its moments count from the last one
 * that was paid for; and once it is back where it was, nothing in between is paid for twice.
 */
export function paidTime(
  { lastAt, behindMs = 0 }: Pick<PlayingSession, 'lastAt' | 'behindMs'>,
  now: number,
  { gapSeconds }: Pick<WatchRules, 'gapSeconds'>,
): { at: number; behindMs: number } {
  const gapMs = gapSeconds * 1000;
  if (now >= lastAt - gapMs) return { at: now, behindMs: 0 };
  if (now + behindMs >= lastAt - gapMs) return { at: now + behindMs, behindMs };
  return { at: lastAt, behindMs: lastAt - now };
}

/** When to ask next: uniformly within the rules' span from now. */
export function nextPresenceCheck(rng: Rng, now: number, { minSeconds, maxSeconds }: PresenceRules): number {
  return now + Math.round((minSeconds + rng() * (maxSeconds - minSeconds)) * 1000);
}

/**
 * Time without reports puts the next check off. What is credited of it later all the same, from beats that were under way,
 * brings it back (`withEarlierCredit`).
 */
function carriedPresence(
  { presence, lastAt, behindMs = 0 }: PlayingSession,
  now: number,
  { presence: rules }: WatchRules,
): PresenceState {
  if (presence.askedAt !== undefined) return presence;
  return { askAt: now + Math.min(presence.askAt + behindMs - lastAt, rules.maxSeconds * 1000) };
}
