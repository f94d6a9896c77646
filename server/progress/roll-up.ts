/**
 * What one enrolment's change means for the sums that dashboards read. A dashboard adds nothing up: it reads one
 * roll-up per scope, and every commit moves the roll-ups of the scopes it touches by these deltas.
 */

export type EnrolmentState = 'enrolled' | 'studying' | 'qualified' | 'withdrawn';

export interface EnrolmentSnapshot {
  state: EnrolmentState;
  /** Hundredths. */
  total: number;
  /** Sum per measure, in the measure's smallest unit. */
  measures: Record<string, number>;
  /** Everything it counts in: `programme`, `region:ID`, `organisation:ID`, `workshop:ID`. */
  scopes: string[];
  /** The last Beijing day on which the learner did something that was recorded. */
  lastDay?: string;
}

/** Increments for one scope. Entries that are zero are left out. */
export interface RollupDelta {
  scope: string;
  counts: Partial<Record<EnrolmentState, number>>;
  /** Hundredths, summed over the enrolments that are not withdrawn, as are `histogram` and `measures`. */
  total: number;
  /** Enrolments per bucket of 5.00, by bucket number 0 to 19. */
  histogram: Record<number, number>;
  measures: Record<string, number>;
  /**
   * What happened on one Beijing day: enrolments seen for the first time that day, and each measure's net change. It
   * belongs to the scopes of the moment and stays there when the enrolment moves or withdraws later.
   */
  day?: RollupDay;
}

export interface RollupDay {
  day: string;
  active: number;
  measures: Record<string, number>;
}

const BUCKETS = 20;
const BUCKET_WIDTH = 500;

/** The histogram bucket of a total in hundredths: 0 for 0.00–4.99 up to 19 for 95.00–100.00. */
export function bucketOf(total: number): number {
  return Math.min(Math.floor(total / BUCKET_WIDTH), BUCKETS - 1);
}

/**
 * The increments that turn the roll-ups including `before` into those including `after`; empty when nothing changed.
 * @param before undefined for a new enrolment
 * @param day the Beijing day of the change
 */
export function rollupDeltas(
  before: EnrolmentSnapshot | undefined,
  after: EnrolmentSnapshot,
  day: string,
): RollupDelta[] {
  const happened = dayActivity(before, after, day);
  return mergeDeltas([
    ...(before === undefined ? [] : contributions(before, -1)),
    ...contributions(after, 1),
    ...[...new Set(after.scopes)].map((scope) => ({ ...emptyDelta(scope), day: happened })),
  ]);
}

/**
 * One delta per scope, sorted by scope; a scope with several days has one more delta for each further day, holding
 * nothing else. Folding the result changes roll-ups exactly as folding the list would.
 */
export function mergeDeltas(list: RollupDelta[]): RollupDelta[] {
  const scopes = new Map<string, { sum: RollupDelta; days: Map<string, RollupDay> }>();
  for (const delta of list) {
    let entry = scopes.get(delta.scope);
    if (entry === undefined) {
      entry = { sum: emptyDelta(delta.scope), days: new Map() };
      scopes.set(delta.scope, entry);
    }
    entry.sum.total += delta.total;
    addTo(entry.sum.counts, delta.counts);
    addTo(entry.sum.histogram, delta.histogram);
    addTo(entry.sum.measures, delta.measures);
    if (delta.day !== undefined) addDay(entry.days, delta.day);
  }
  return [...scopes.values()]
    .sort((a, b) => (a.sum.scope < b.sum.scope ? -1 : 1))
    .flatMap(({ sum, days }) => withDays(sum, [...days.values()]));
}

/** The roll-ups that the snapshots of all enrolments add up to, without days: what `npm run verify` compares with. */
export function recompute(snapshots: Iterable<EnrolmentSnapshot>): RollupDelta[] {
  const sums = new Map<string, RollupDelta>();
  for (const snapshot of snapshots) {
    for (const delta of contributions(snapshot, 1)) {
      const sum = sums.get(delta.scope) ?? emptyDelta(delta.scope);
      sums.set(delta.scope, sum);
      sum.total += delta.total;
      addTo(sum.counts, delta.counts);
      addTo(sum.histogram, delta.histogram);
      addTo(sum.measures, delta.measures);
    }
  }
  return mergeDeltas([...sums.values()]);
}

/** What one enrolment adds to (sign 1) or takes from (sign -1) each of its scopes. */
function contributions({ state, total, measures, scopes }: EnrolmentSnapshot, sign: 1 | -1): RollupDelta[] {
  const counted = state === 'withdrawn' ? 0 : sign;
  return [...new Set(scopes)].map((scope) => ({
    scope,
    counts: { [state]: sign },
    total: total * counted,
    histogram: { [bucketOf(total)]: counted },
    measures: Object.fromEntries(Object.entries(measures).map(([measure, value]) => [measure, value * counted])),
  }));
}

function dayActivity(before: EnrolmentSnapshot | undefined, after: EnrolmentSnapshot, day: string): RollupDay {
  const measures = { ...after.measures };
  for (const [measure, value] of Object.entries(before?.measures ?? {})) {
    measures[measure] = (measures[measure] ?? 0) - value;
  }
  return { day, active: after.lastDay === day && before?.lastDay !== day ? 1 : 0, measures };
}

function addDay(days: Map<string, RollupDay>, { day, active, measures }: RollupDay): void {
  const sum = days.get(day) ?? { day, active: 0, measures: {} };
  days.set(day, sum);
  sum.active += active;
  addTo(sum.measures, measures);
}

function withDays(sum: RollupDelta, days: RollupDay[]): RollupDelta[] {
  const counts = nonZero(sum.counts);
  const histogram = nonZero(sum.histogram);
  const measures = nonZero(sum.measures);
  const kept: RollupDelta = { scope: sum.scope, counts, total: sum.total, histogram, measures };
  const [first, ...further] = days
    .map((day) => ({ ...day, measures: nonZero(day.measures) }))
    .filter((day) => day.active !== 0 || Object.keys(day.measures).length > 0)
    .sort((a, b) => (a.day < b.day ? -1 : 1));
  if (first !== undefined) kept.day = first;
  const empty = [counts, histogram, measures].every((part) => Object.keys(part).length === 0);
  return [
    ...(empty && sum.total === 0 && first === undefined ? [] : [kept]),
    ...further.map((day) => ({ ...emptyDelta(sum.scope), day })),
  ];
}

function emptyDelta(scope: string): RollupDelta {
  return { scope, counts: {}, total: 0, histogram: {}, measures: {} };
}

function addTo(sums: Partial<Record<string, number>>, more: Partial<Record<string, number>>): void {
  for (const [key, value] of Object.entries(more)) sums[key] = (sums[key] ?? 0) + (value ?? 0);
}

function nonZero<T extends Partial<Record<string, number>>>(sums: T): T {
  return Object.fromEntries(Object.entries(sums).filter(([, value]) => value !== 0)) as T;
}
