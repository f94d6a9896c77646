import { addRange, coveredSeconds, lengthOf, type Ranges, subtract } from './ranges.ts';
import type { WatchRecord } from './watch-time.ts';

/**
 * Crediting by a moderator's decision. Only what was played and is still not credited can be granted, so the same stretch
 * twice, or one that was watched again meanwhile, is nothing the second time.
 */
export interface GrantInput {
  record: WatchRecord;
  /** The stretches in question, in media milliseconds. */
  stretches: Ranges;
  /** Whole seconds at most: what is asked for, what the programme still allows, and what the day has left. */
  limits: readonly number[];
}

/** What of the stretches was played and is not credited, in media milliseconds. */
export function stillOpen({ covered, played }: WatchRecord, stretches: Ranges): number[] {
  const known = subtract(stretches, subtract(stretches, played));
  return subtract(known, covered);
}

/** The record with the first open seconds of the stretches credited. @returns `seconds` that the lesson gained */
export function grant({ record, stretches, limits }: GrantInput): { record: WatchRecord; seconds: number } {
  let left = Math.max(0, Math.min(...limits)) * 1000;
  const open = stillOpen(record, stretches);
  let covered: number[] = [...record.covered];
  for (let index = 0; index < open.length && left > 0; index += 2) {
    const from = open[index]!;
    const to = Math.min(open[index + 1]!, from + left);
    covered = addRange(covered, from, to);
    left -= to - from;
  }
  return {
    record: { covered, played: subtract(record.played, covered), furthest: reached(covered, record.furthest) },
    seconds: coveredSeconds(covered) - coveredSeconds(record.covered),
  };
}

/**
 * The whole seconds that a lesson would gain by all that is open of the stretches: what people are offered is what they get,
 * to the second. The value is the whole seconds of the union, so parts of seconds count where they complete one.
 */
export function openSeconds(record: WatchRecord, stretches: Ranges): number {
  const coveredMs = lengthOf(record.covered);
  const openMs = lengthOf(stillOpen(record, stretches));
  return Math.floor((coveredMs + openMs) / 1000) - Math.floor(coveredMs / 1000);
}

/** A viewing goes on behind what was granted where it joins on. */
function reached(covered: Ranges, furthest: number): number {
  for (let index = 0; index < covered.length; index += 2) {
    if (covered[index]! <= furthest && covered[index + 1]! > furthest) return covered[index + 1]!;
  }
  return furthest;
}
