/**
 * Who has fallen behind, and who needs the moderator first. The design names no rule, so this one is ours:
 *
 * Over the term the pass mark is expected to be reached evenly, after a grace at the start (a tenth of the term unless
 * the programme's `settings.workshops.gracePercent` says otherwise) in which nothing is expected yet:
 *
 *     expected = pass mark × (elapsed share − grace) ÷ (1 − grace), between 0 and the pass mark
 *
 * A member is behind whose total is below that. Who is qualified or has left is never behind. Before the term nobody is;
 * after it everybody below the pass mark. Who has the points but misses a required minimum is not behind by this rule:
 * that is shown as what is missing.
 */

interface Term {
  from: Date | number;
  to: Date | number;
}

/** What the rule needs of a member. `total` in hundredths, `lastAt` in epoch ms. */
export interface Standing {
  state: 'enrolled' | 'studying' | 'qualified' | 'withdrawn';
  total: number;
  lastAt?: number | undefined;
}

export const defaultGracePercent = 10;

/** The total expected at a moment, in hundredths, cut down. @param gracePercent of the term, 0 to 90 */
export function expectedTotal(term: Term, passMark: number, now: number, gracePercent = defaultGracePercent): number {
  // Whole seconds and percents: quotients of floats would now and then be a hundredth short.
  const [from, to, at] = [Number(term.from), Number(term.to), now].map((ms) => Math.floor(ms / 1000)) as Three;
  if (at >= to) return passMark;
  const grace = Math.min(Math.max(Math.floor(gracePercent), 0), 90);
  const counted = (at - from) * 100 - grace * (to - from);
  return counted > 0 ? Math.floor((passMark * counted) / ((100 - grace) * (to - from))) : 0;
}

type Three = [number, number, number];

/** Hundredths that a member lacks of what is expected; 0 for who is not behind. */
export function gapOf({ state, total }: Standing, expected: number): number {
  if (state === 'qualified' || state === 'withdrawn') return 0;
  return Math.max(0, expected - total);
}

export type Need = 'behind' | 'on-track' | 'qualified' | 'withdrawn';

export function needOf(standing: Standing, expected: number): Need {
  if (standing.state === 'qualified' || standing.state === 'withdrawn') return standing.state;
  return gapOf(standing, expected) > 0 ? 'behind' : 'on-track';
}

const order: Record<Need, number> = { behind: 0, 'on-track': 1, qualified: 2, withdrawn: 3 };

/**
 * Sorts who needs the moderator first to the front: behind before on track before qualified before withdrawn; then the
 * lower total, then who was seen longer ago (never counts as longest).
 */
export function byNeed(a: Standing, b: Standing, expected: number): number {
  return (
    order[needOf(a, expected)] - order[needOf(b, expected)] || a.total - b.total || (a.lastAt ?? 0) - (b.lastAt ?? 0)
  );
}

/** Who counts as studying now: something of theirs was recorded within this time, in milliseconds. */
export const activeMs = 2 * 60_000;

export function isActive({ lastAt }: Pick<Standing, 'lastAt'>, now: number): boolean {
  return lastAt !== undefined && now - lastAt < activeMs && lastAt <= now + activeMs;
}
