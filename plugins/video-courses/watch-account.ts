import { type PlayingSession, paidTime } from './playing-session.ts';
import type { Reason, WatchRules } from './watch-rules.ts';
import type { Whole } from './whole.ts';

/** What one accepted beat may spend, and the session after it. */
export interface Account {
  session: PlayingSession;
  /** What the beat may spend, ms. */
  allowance: number;
  /** Time that did pass, but that this beat may not use because of the gap limit or the lease. */
  late: number;
  /** How far beyond the furthest point an honest player may have come meanwhile, media ms. */
  reach: number;
  /** Why media that cannot be paid for is not credited. */
  shortfall: Reason;
}

/**
 * Time is spent like money. Time that passes on the server, inside the term, with no presence check open and before
 * another place took over or the sign-in ended, goes into `openMs`, at most one lease of it. A beat accounts for as much
 * of it as passed on the player's clock since the beat before, or for all of it when the player names no time, and may use
 * at most the gap limit of that. What it does not use carries over, up to one beat interval. A player's clock can therefore
 * only lower what the server's clock grants.
 */
export function openAccount(
  session: PlayingSession,
  beat: { seq: number; sentAt?: number | undefined },
  now: number,
  term: { from: number; to: number },
  rules: WatchRules,
): Account {
  const { askedAt = Number.POSITIVE_INFINITY } = session.presence;
  const { endedAt = Number.POSITIVE_INFINITY } = session;
  const { at, behindMs } = paidTime(session, now, rules);
  const passed = Math.max(0, Math.min(at, term.to, askedAt, endedAt) - Math.max(session.lastAt, term.from));
  const open = Math.min(session.openMs + passed, rules.leaseSeconds * 1000);
  const lapsed = session.lapsedMs + session.openMs + passed - open;
  const wanted =
    beat.sentAt === undefined || session.sentAt === undefined
      ? Number.POSITIVE_INFINITY
      : Math.max(0, Math.floor(beat.sentAt - session.sentAt));
  const fromOpen = Math.min(wanted, open);
  const fromLapsed = Math.min(wanted - fromOpen, lapsed);
  const usable = Math.min(fromOpen, rules.gapSeconds * 1000);
  const next: Whole<PlayingSession> = {
    token: session.token,
    lesson: session.lesson,
    seq: beat.seq,
    lastAt: Math.max(session.lastAt, at),
    sentAt: beat.sentAt,
    carryMs: session.carryMs,
    openMs: open - fromOpen,
    lapsedMs: lapsed - fromLapsed,
    endedAt: session.endedAt,
    behindMs,
    presence: behindMs === (session.behindMs ?? 0) ? session.presence : movedBy(session, behindMs),
  };
  return {
    session: next,
    allowance: usable + session.carryMs,
    late: fromOpen + fromLapsed - usable,
    reach: (open + lapsed + session.carryMs) * rules.speed + rules.seekToleranceSeconds * 1000,
    shortfall: shortfallReason(session, now, term.to),
  };
}

/** The next check, where the server's clock was set: it comes as soon as it would have. */
function movedBy({ presence, behindMs = 0 }: PlayingSession, newBehindMs: number): PlayingSession['presence'] {
  return { ...presence, askAt: presence.askAt + behindMs - newBehindMs };
}

function shortfallReason({ presence, endedAt }: PlayingSession, now: number, termEnd: number): Reason {
  if (endedAt !== undefined) return 'token';
  if (presence.deadline !== undefined) return now > presence.deadline ? 'presence-missed' : 'presence-open';
  return now >= termEnd ? 'outside-term' : 'too-fast';
}
