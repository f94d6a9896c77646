/** Which units need somebody to act, and why: pure. */
import { farBehind, whole } from './plan.ts';

export interface UnitState {
  id: string;
  enrolled: number;
  /** Learners without any study on record. */
  notStarted: number;
  /** Learners who studied today and yesterday. */
  activeToday: number;
  activeYesterday: number;
  /** Average total, hundredths. */
  average: number;
  /** Ten-thousandths, see plan.ts. */
  progress: number;
}

export interface Situation {
  /** Ten-thousandths of the term that have passed. */
  plan: number;
  /** Average total of the whole region, hundredths. */
  average: number;
  /** Hour of the day in Beijing, 0 to 23. */
  hour: number;
  inTerm: boolean;
  enrolmentOpen: boolean;
}

type AttentionReason = 'nobody-enrolled' | 'behind' | 'idle' | 'not-started' | 'low-average';

export interface Attention {
  id: string;
  reason: AttentionReason;
  /** What the reason's sentence names: percentages, scores in hundredths, people. */
  params: Record<string, number>;
}

/** A third of the people without a start is a matter for the unit, not for the people. */
const manyNotStarted = 1 / 3;
/** Before this part of the term is over, nobody is late. */
const settlingIn = 1_000;
/** From this hour on, a day without anybody is a finding. */
const idleFrom = 14;

/** One entry per unit that needs attention, the gravest reason of each, the gravest units first. */
export function attentionOf(units: readonly UnitState[], situation: Situation): Attention[] {
  return units
    .flatMap((unit) => {
      const [gravest] = reasonsOf(unit, situation);
      return gravest ? [{ id: unit.id, ...gravest }] : [];
    })
    .sort((a, b) => b.weight - a.weight || (a.id < b.id ? -1 : 1))
    .map(({ weight: _, ...attention }) => attention);
}

type Weighed = Omit<Attention, 'id'> & { weight: number };

/** The gravest first; `weight` orders units: what touches more of the plan or more people weighs more. */
function reasonsOf(unit: UnitState, { plan, average, hour, inTerm, enrolmentOpen }: Situation): Weighed[] {
  if (unit.enrolled === 0) {
    return enrolmentOpen || inTerm ? [{ reason: 'nobody-enrolled', params: {}, weight: 3 * whole }] : [];
  }
  if (!inTerm || plan < settlingIn) return [];
  const reasons: Weighed[] = [];
  const gap = plan - unit.progress;
  if (gap > farBehind) {
    const params = { progress: percent(unit.progress), plan: percent(plan), gap: percent(gap) };
    reasons.push({ reason: 'behind', params, weight: whole + gap });
  }
  if (unit.activeYesterday === 0 && unit.activeToday === 0 && hour >= idleFrom) {
    reasons.push({ reason: 'idle', params: { enrolled: unit.enrolled }, weight: whole });
  }
  const share = unit.notStarted / unit.enrolled;
  if (share > manyNotStarted) {
    const params = { notStarted: unit.notStarted, enrolled: unit.enrolled };
    reasons.push({ reason: 'not-started', params, weight: Math.floor(share * whole) });
  }
  if (unit.average * 4 < average * 3) {
    reasons.push({
      reason: 'low-average',
      params: { average: unit.average, of: average },
      weight: average - unit.average,
    });
  }
  return reasons.sort((a, b) => b.weight - a.weight);
}

const percent = (tenThousandths: number): number => Math.floor(tenThousandths / 100);
