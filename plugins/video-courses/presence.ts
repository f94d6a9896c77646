import { nextPresenceCheck, type PlayingSession, type Rng } from './playing-session.ts';
import type { PresenceRules } from './watch-rules.ts';

export type PresenceAnswer = 'answered' | 'late' | 'wrong' | 'none';

/** Whether a check should be asked with the beat that just came in. */
export function isPresenceDue({ presence }: PlayingSession, now: number): boolean {
  return presence.askedAt === undefined && now >= presence.askAt;
}

/**
 * Opens a check: for time from `now` until the answer nothing is credited, so a player resumes from the last credited
 * second. Beats from before, still under way, keep the time that passed until now.
 */
export function askPresence(
  session: PlayingSession,
  tokenHash: string,
  now: number,
  { answerSeconds }: PresenceRules,
): PlayingSession {
  const { askAt } = session.presence;
  return {
    ...session,
    carryMs: 0,
    presence: { askAt, askedAt: now, deadline: now + answerSeconds * 1000, tokenHash, extended: 0 },
  };
}

/** Gives the open check its full time again; undefined when none is open, it was missed, or it was extended too often. */
export function extendPresence(
  session: PlayingSession,
  now: number,
  { answerSeconds, extensions }: PresenceRules,
): PlayingSession | undefined {
  const { deadline, extended = 0 } = session.presence;
  if (deadline === undefined || now > deadline || extended >= extensions) return undefined;
  return {
    ...session,
    presence: { ...session.presence, deadline: now + answerSeconds * 1000, extended: extended + 1 },
  };
}

/**
 * Closes the open check. A late answer resumes crediting as well, but the check stays missed; in both cases what lies
 * between asking and answering earns nothing. A wrong token changes nothing.
 * @returns `responseMs` from asking to the answer, as evidence for the anomaly report
 */
export function answerPresence(
  session: PlayingSession,
  tokenHash: string,
  now: number,
  rules: PresenceRules,
  rng: Rng,
): { session: PlayingSession; answer: PresenceAnswer; responseMs?: number } {
  const { askedAt, deadline, tokenHash: expected } = session.presence;
  if (askedAt === undefined || deadline === undefined) return { session, answer: 'none' };
  if (tokenHash !== expected) return { session, answer: 'wrong' };
  return {
    session: {
      ...session,
      lastAt: Math.max(session.lastAt, now),
      presence: { askAt: nextPresenceCheck(rng, now, rules) },
    },
    answer: now <= deadline ? 'answered' : 'late',
    responseMs: now - askedAt,
  };
}
