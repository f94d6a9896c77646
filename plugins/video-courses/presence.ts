import { nextPresenceCheck, type PlayingSession, paidTime, type Rng } from './playing-session.ts';
import type { PresenceRules, WatchRules } from './watch-rules.ts';

export type PresenceAnswer = 'answered' | 'late' | 'wrong' | 'none';

/** Whether a check should be asked with what just came in. */
export function isPresenceDue({ presence }: Pick<PlayingSession, 'presence'>, now: number): boolean {
  return presence.askedAt === undefined && now >= presence.askAt;
}

/** The session with `ms` of time credited that passed before it began: the next check comes so much sooner. */
export function withEarlierCredit<T extends Pick<PlayingSession, 'presence'>>(session: T, ms: number): T {
  const { presence } = session;
  if (presence.askedAt !== undefined) return session;
  return { ...session, presence: { ...presence, askAt: presence.askAt - ms } };
}

/**
 * Opens a check: for time from `now` until the answer nothing is credited, so a player resumes from the last credited
 * second. Beats from before, still under way, keep the time that passed until now.
 * @param enrolment in whose day it is written down
 */
export function askPresence(
  session: PlayingSession,
  tokenHash: string,
  now: number,
  { answerSeconds }: PresenceRules,
  enrolment?: string,
): PlayingSession {
  const { askAt } = session.presence;
  return {
    ...session,
    carryMs: 0,
    presence: {
      askAt,
      askedAt: now,
      deadline: now + answerSeconds * 1000,
      tokenHash,
      extended: 0,
      enrolment,
      missed: false,
    },
  };
}

/**
 * Until when a check counts as just shown, server epoch ms: its reply may have been lost, and the player shows it with the
 * next one. Past it the server does not believe that anymore. Undefined where none is open.
 */
export function believedUntil(
  { presence }: Pick<PlayingSession, 'presence'>,
  { leaseSeconds }: Pick<WatchRules, 'leaseSeconds'>,
): number | undefined {
  return presence.deadline === undefined ? undefined : presence.deadline + leaseSeconds * 1000;
}

/** Whether the open check counts as unanswered from now on, which is to be written down once. */
export function isNewlyMissed(session: PlayingSession, now: number, rules: WatchRules): boolean {
  const until = believedUntil(session, rules);
  return until !== undefined && now > until && session.presence.missed !== true;
}

/**
 * Gives the open check its full time again; undefined when none is open, it was missed, or it was extended too often.
 * @param leaseSeconds for how long after the deadline the player may have shown it only now
 */
export function extendPresence(
  session: PlayingSession,
  now: number,
  { answerSeconds, extensions }: PresenceRules,
  leaseSeconds = 0,
): PlayingSession | undefined {
  const { extended = 0 } = session.presence;
  const until = believedUntil(session, { leaseSeconds });
  if (until === undefined || now > until || extended >= extensions) return undefined;
  return {
    ...session,
    presence: { ...session.presence, deadline: now + answerSeconds * 1000, extended: extended + 1 },
  };
}

/** What a player says of its answer, which it may have kept without a network. Nothing of it is trusted beyond the lease. */
export interface Said {
  /** How long the question had been shown, or had its full time again, when it was answered, ms. */
  shownMs?: number | undefined;
  /** How long ago it was answered, ms. */
  agoMs?: number | undefined;
  /** The player's clock at the answer, epoch ms. */
  sentAt?: number | undefined;
}

const unsaid = { said: {}, by: { leaseSeconds: 0, gapSeconds: 0 } };

/**
 * Closes the open check. A late answer resumes crediting as well, but the check stays missed; in both cases what lies
 * between asking and answering earns nothing. A wrong token changes nothing. The time to answer runs from when the player
 * showed the question, where it says so.
 * @param said with the rules by which it is believed; without, the answer was given now
 * @returns `responseMs` from asking to the answer, as evidence for the anomaly report
 */
export function answerPresence(
  session: PlayingSession,
  tokenHash: string,
  now: number,
  rules: PresenceRules,
  rng: Rng,
  { said, by }: { said: Said; by: Pick<WatchRules, 'leaseSeconds' | 'gapSeconds'> } = unsaid,
): { session: PlayingSession; answer: PresenceAnswer; responseMs?: number } {
  const { askedAt, deadline, tokenHash: expected } = session.presence;
  if (askedAt === undefined || deadline === undefined) return { session, answer: 'none' };
  if (tokenHash !== expected) return { session, answer: 'wrong' };
  const ago = Math.min(duration(said.agoMs) ?? 0, by.leaseSeconds * 1000, Math.max(0, now - askedAt));
  const answeredAt = now - ago;
  const shownMs = duration(said.shownMs);
  const until = believedUntil(session, by) ?? deadline;
  const inTime =
    answeredAt <= deadline || (shownMs !== undefined && shownMs <= rules.answerSeconds * 1000 && answeredAt <= until);
  const { at, behindMs } = paidTime(session, now, by);
  return {
    session: {
      ...session,
      lastAt: Math.max(session.lastAt, at - ago),
      sentAt: Number.isFinite(said.sentAt) ? said.sentAt : session.sentAt,
      behindMs,
      presence: { askAt: nextPresenceCheck(rng, answeredAt, rules) },
    },
    answer: inTime ? 'answered' : 'late',
    responseMs: Math.min(answeredAt - askedAt, inTime && shownMs !== undefined ? shownMs : Number.POSITIVE_INFINITY),
  };
}

/** What a player says of a length of time, ms, or undefined for what is none. */
function duration(ms: number | undefined): number | undefined {
  return ms !== undefined && Number.isFinite(ms) && ms >= 0 ? Math.round(ms) : undefined;
}
