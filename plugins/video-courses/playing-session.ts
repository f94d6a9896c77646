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
  /** Server epoch ms at which another place took over: time from then on earns nothing here. */
  endedAt?: number | undefined;
  presence: PresenceState;
}

/** Times are server epoch ms. A check is open while `askedAt` is set. */
interface PresenceState {
  /** When the next check falls due; it is asked at the first beat from then on, so never of somebody who is away. */
  askAt: number;
  askedAt?: number;
  deadline?: number;
  /** The keyed hash of the one-time token that answers it. */
  tokenHash?: string;
  /** How often the open check was given more time. */
  extended?: number;
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
 * A fresh session from which nothing has been earned. A check that was open or coming in the previous session stays so,
 * or starting again every few minutes would avoid them all.
 */
export function startSession({ token, lesson, now, sentAt, rules, rng, previous }: SessionStart): PlayingSession {
  return {
    token,
    lesson,
    seq: 0,
    lastAt: now,
    ...(sentAt === undefined ? {} : { sentAt }),
    carryMs: 0,
    openMs: 0,
    lapsedMs: 0,
    presence: { askAt: firstCheck(previous, now, rules.presence, rng) },
  };
}

/** When to ask next: uniformly within the rules' span from now. */
export function nextPresenceCheck(rng: Rng, now: number, { minSeconds, maxSeconds }: PresenceRules): number {
  return now + Math.round((minSeconds + rng() * (maxSeconds - minSeconds)) * 1000);
}

function firstCheck(previous: PlayingSession | undefined, now: number, rules: PresenceRules, rng: Rng): number {
  const wasAway = previous === undefined || now - previous.lastAt > rules.maxSeconds * 1000;
  if (wasAway) return nextPresenceCheck(rng, now, rules);
  return previous.presence.askedAt === undefined ? previous.presence.askAt : now;
}
