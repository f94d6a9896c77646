import { beijingDay } from '../beijing-time.ts';
import { errors } from '../errors.ts';
import type { EnrolmentState } from './roll-up.ts';
import { type ActivityValues, type MeasureOf, type Scheme, score, sumMeasures } from './weighted-score.ts';

/** The part of an enrolment document that a change reads and writes. */
export interface EnrolmentProgress {
  state: EnrolmentState;
  values: ActivityValues;
  measures: Record<string, number>;
  /** component id → hundredths */
  components: Record<string, number>;
  /** Hundredths. */
  total: number;
  /** Version of the scheme that components, total and state are by; 1 where nothing is said. */
  scheme?: number | undefined;
  scopes: string[];
  workshop?: string | undefined;
  lastDay?: string | undefined;
  lastAt?: Date | undefined;
  qualifiedAt?: Date | undefined;
}

/** What can happen to an enrolment. Values are absolute: the same change twice is the same as once. */
export type Change =
  /** `whileEnrolled`: refused as not found where the learner has left. */
  | { kind: 'values'; values: Record<string, number>; at: number; whileEnrolled?: boolean | undefined }
  | { kind: 'workshop'; workshop: string | undefined }
  | { kind: 'withdraw' }
  | { kind: 'rejoin' };

/**
 * The enrolment after the changes, in their order. An earned qualification stays: later values may raise the score but
 * neither lower it nor take the state back, and whoever leaves and comes back has it still.
 * @param scheme the one that counts for this enrolment: `schemeFor`
 * @throws core:not-found for values that count only while the learner takes part, where they have left
 */
export function applyChanges<E extends EnrolmentProgress>(
  before: E,
  changes: readonly Change[],
  scheme: Scheme,
  measureOf: MeasureOf,
): E {
  const after: E = { ...before };
  after.values = { ...before.values };
  for (const change of changes) applyOne(after, change);
  const measures = sumMeasures(after.values, measureOf);
  const result = score(scheme, measures, after.values);
  const components: Record<string, number> = {};
  for (const { id, score } of result.components) components[id] = score;
  if (before.qualifiedAt) {
    for (const [id, earned] of Object.entries(before.components))
      components[id] = Math.max(components[id] ?? 0, earned);
  }
  after.scheme = scheme.version;
  after.measures = measures;
  after.components = components;
  after.total = Object.values(components).reduce((sum, value) => sum + value, 0);
  if (after.state !== 'withdrawn') after.state = stateOf(before, after, result.qualified);
  if (after.state === 'qualified') after.qualifiedAt ??= after.lastAt ?? new Date(0);
  return after;
}

/**
 * The changes by the Beijing day on which they happened, oldest first, so that each day's roll-up gets what happened on
 * it, also where reports of several days arrive together. What has no time of its own comes first, on `otherwise` where
 * nothing else happened; there is always at least one step.
 */
export function changesByDay(changes: readonly Change[], otherwise: string): { day: string; changes: Change[] }[] {
  const [only] = changes;
  if (changes.length === 1 && only?.kind === 'values') return [{ day: beijingDay(only.at), changes: [only] }];
  const days = new Map<string, Change[]>();
  const timeless: Change[] = [];
  for (const change of changes) {
    if (change.kind !== 'values') timeless.push(change);
    else {
      const day = beijingDay(change.at);
      const list = days.get(day);
      if (list) list.push(change);
      else days.set(day, [change]);
    }
  }
  if (days.size === 0) return [{ day: otherwise, changes: timeless }];
  const sorted = [...days].sort(([a], [b]) => (a < b ? -1 : 1)).map(([day, ofDay]) => ({ day, changes: ofDay }));
  sorted[0]!.changes = [...timeless, ...sorted[0]!.changes];
  return sorted;
}

function applyOne(after: EnrolmentProgress, change: Change): void {
  switch (change.kind) {
    case 'values': {
      if (change.whileEnrolled && after.state === 'withdrawn') throw errors.notFound();
      for (const activity in change.values) after.values[activity] = { value: change.values[activity]!, at: change.at };
      const day = beijingDay(change.at);
      if (!after.lastDay || day > after.lastDay) after.lastDay = day;
      if (!after.lastAt || change.at > after.lastAt.getTime()) after.lastAt = new Date(change.at);
      break;
    }
    case 'workshop':
      after.workshop = change.workshop;
      after.scopes = after.scopes.filter((scope) => !scope.startsWith('workshop:'));
      if (change.workshop) after.scopes.push(`workshop:${change.workshop}`);
      break;
    case 'withdraw':
      after.state = 'withdrawn';
      break;
    case 'rejoin':
      if (after.state === 'withdrawn') after.state = 'enrolled';
      break;
  }
}

function stateOf(before: EnrolmentProgress, after: EnrolmentProgress, qualified: boolean): EnrolmentState {
  if (qualified || before.qualifiedAt) return 'qualified';
  return Object.keys(after.values).length > 0 ? 'studying' : 'enrolled';
}
