/** What a unit should have reached by now, and what it has: pure, from roll-ups alone. */

/** Ten-thousandths: 10,000 is the whole. */
export const whole = 10_000;

/** The share of the study term that has passed, in ten-thousandths, cut off; 0 before it and 10,000 after it. */
export function planOf(term: { from: Date; to: Date }, now: number): number {
  const [from, to] = [term.from.getTime(), term.to.getTime()];
  if (now <= from) return 0;
  if (now >= to) return whole;
  return Math.floor(((now - from) * whole) / (to - from));
}

/**
 * How far a unit has come: the average total of its learners against the pass mark, in ten-thousandths, cut off, at most
 * 10,000. A unit without learners has come nowhere.
 * @param sums `total` in hundredths over `enrolled` learners
 * @param passMark hundredths
 */
export function progressOf(sums: { enrolled: number; total: number }, passMark: number): number {
  if (sums.enrolled <= 0 || passMark <= 0) return 0;
  return Math.min(whole, Math.floor((sums.total * whole) / (sums.enrolled * passMark)));
}

/** How a unit stands: `ok` on plan or ahead, `warn` behind, `bad` behind by more than 15 points of a hundred. */
export function standing(progress: number, plan: number): 'ok' | 'warn' | 'bad' {
  if (progress >= plan) return 'ok';
  return plan - progress > farBehind ? 'bad' : 'warn';
}

/** Behind plan by more than this, in ten-thousandths, a unit needs somebody to act. */
export const farBehind = 1_500;
