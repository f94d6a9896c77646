import type { EnrolmentProgress } from './enrolment-change.ts';
import { type Scheme, score } from './weighted-score.ts';

/** The scheme of a programme, and those that corrections have replaced, oldest first. */
export interface Schemes {
  scheme: Scheme;
  earlier?: readonly Scheme[] | undefined;
}

/** What scoring again reads of an enrolment; of its values only those that the scheme requires. */
export type Scored = Pick<
  EnrolmentProgress,
  'state' | 'values' | 'measures' | 'components' | 'total' | 'scheme' | 'lastAt' | 'qualifiedAt'
>;

type Result = Pick<EnrolmentProgress, 'state' | 'components' | 'total' | 'scheme' | 'qualifiedAt'>;

/**
 * The scheme that counts for an enrolment: the newest, and for who has qualified the one they qualified under, because an
 * earned result never changes (design, section 5).
 */
export function schemeFor(
  { scheme, earlier = [] }: Schemes,
  { qualifiedAt, scheme: version }: { qualifiedAt?: Date | null | undefined; scheme?: number | undefined },
): Scheme {
  if (!qualifiedAt) return scheme;
  const all = [...earlier, scheme];
  return all.find((one) => one.version === version) ?? (all[0] as Scheme);
}

/**
 * The result under a corrected scheme, from the measures as they were summed up; undefined where there is nothing to do:
 * who has qualified keeps what was earned, and who was scored by this version already is done.
 * @param at when the scheme was corrected: the moment of qualifying for somebody who never did anything
 */
export function rescore(before: Scored, scheme: Scheme, at: Date): Result | undefined {
  if (before.qualifiedAt || before.scheme === scheme.version) return undefined;
  const { components, total, qualified } = score(scheme, before.measures, before.values);
  const earned = qualified && before.state !== 'withdrawn';
  return {
    scheme: scheme.version,
    components: Object.fromEntries(components.map((component) => [component.id, component.score])),
    total,
    state: earned ? 'qualified' : before.state,
    ...(earned && { qualifiedAt: before.lastAt ?? at }),
  };
}

/** Whether two schemes say the same, whatever their versions. */
export function isSameScheme(one: Scheme, other: Scheme): boolean {
  return JSON.stringify(meaningOf(one)) === JSON.stringify(meaningOf(other));
}

function meaningOf({ passMark, components, required }: Scheme) {
  return [
    passMark,
    components.map(({ id, measure, weight, full, minimum }) => [id, measure, weight, full, minimum]),
    required.map(({ activity, atLeast }) => [activity, atLeast]),
  ];
}
