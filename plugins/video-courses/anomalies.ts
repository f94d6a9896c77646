import type { DayLedger } from './day-ledger.ts';

/**
 * Patterns that honest study hardly makes. They are evidence for people to judge and nothing else: no rule of crediting
 * reads them.
 */
export const anomalyKinds = [
  'two-addresses',
  'round-the-clock',
  'instant-answers',
  'unanswered-checks',
  'unrequested-media',
] as const;
export type AnomalyKind = (typeof anomalyKinds)[number];

export interface Anomaly {
  kind: AnomalyKind;
  /** How often it was seen: overlaps, hours of the day, answers, checks. */
  count: number;
  /** Milliseconds: of overlap, of the quickest answer, or credited. */
  ms?: number;
  /** Epoch ms. */
  first?: number;
  last?: number;
}

/** Overlap below which two addresses are taken for one device that changed its network. */
const LEAST_OVERLAP_MS = 3_000;
/** Hours of one day with play in each, from which on nobody can have slept. */
const MOST_HOURS = 20;
/** No person reads a question and answers it faster than this. */
const INSTANT_MS = 300;

/** What stands out on one day of one enrolment. */
export function anomaliesOf({ together, hours, presence, unrequested }: DayLedger): Anomaly[] {
  const found: Anomaly[] = [];
  if (together && together.ms >= LEAST_OVERLAP_MS) {
    const { times, ms, first, last } = together;
    found.push({ kind: 'two-addresses', count: times, ms, first, last });
  }
  const played = hours.toString(2).replaceAll('0', '').length;
  if (played >= MOST_HOURS) found.push({ kind: 'round-the-clock', count: played });
  const instant = presence.checks.flatMap(({ at, ms }) => (ms !== undefined && ms < INSTANT_MS ? [{ at, ms }] : []));
  if (instant.length > 0) {
    found.push({
      kind: 'instant-answers',
      count: instant.length,
      ms: Math.min(...instant.map(({ ms }) => ms)),
      first: instant[0]!.at,
      last: instant.at(-1)!.at,
    });
  }
  const missed = presence.checks.filter((check) => check.missed).map(({ at }) => at);
  if (missed.length > 0) {
    found.push({ kind: 'unanswered-checks', count: missed.length, first: missed[0]!, last: missed.at(-1)! });
  }
  if (unrequested) {
    const { times, ms, first, last } = unrequested;
    found.push({ kind: 'unrequested-media', count: times, ms, first, last });
  }
  return found;
}

/** Whether nothing has changed in what anomalies are found in. */
export function isSameEvidence(before: DayLedger, after: DayLedger): boolean {
  return (
    before.hours === after.hours &&
    before.together === after.together &&
    before.presence === after.presence &&
    before.unrequested === after.unrequested
  );
}

/** Where and when a session was heard last. */
export interface Heard {
  /** Keyed hash of the network address. */
  address: string;
  /** Server epoch ms. */
  at: number;
  /** The player's clock, epoch ms. */
  sentAt?: number;
}

/**
 * How much of the play in a report, in ms, lies before the moment at which the same person was last heard from another
 * address. By the server's clock and, where both reports name it, by the player's as well: beats that were kept while a
 * phone changed its network arrive late, but their own times show that they follow on.
 */
export function overlapMs(
  last: Heard | undefined,
  report: { address: string; now: number; playedMs: number; sentAt?: number | undefined },
): number {
  if (!last || last.address === report.address) return 0;
  const onServer = report.playedMs - (report.now - last.at);
  const onPlayer =
    last.sentAt === undefined || report.sentAt === undefined
      ? onServer
      : report.playedMs - (report.sentAt - last.sentAt);
  return Math.max(0, Math.round(Math.min(onServer, onPlayer, report.playedMs)));
}
