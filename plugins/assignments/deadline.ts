/** Whether something may still be handed in, and whether it counts as late. Times are epoch milliseconds. */

/** What a programme does with work after the due date. */
export const lateRules = ['until-term-end', 'refused'] as const;
export type LateRule = (typeof lateRules)[number];

export type Standing = 'open' | 'late' | 'closed' | 'not-begun';

/** Before the term nothing, until the due date all, afterwards what the rule says; the term's end ends everything. */
export function standingOf(due: number, term: { from: number; to: number }, rule: LateRule, now: number): Standing {
  if (now < term.from) return 'not-begun';
  if (now >= term.to) return 'closed';
  if (now < due) return 'open';
  return rule === 'refused' ? 'closed' : 'late';
}
