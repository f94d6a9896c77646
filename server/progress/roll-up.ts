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
  lastDay?: string | undefined;
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

interface RollupDay {
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

/** What changes add to the roll-ups, summed up by scope and day as they come: a commit has a thousand of them. */
export class RollUpSums {
  readonly #scopes = new Map<string, { sums: Sums; days: Map<string, RollupDay> }>();

  /**
   * Adds the increments that turn roll-ups including `before` into those including `after`.
   * @param before undefined for a new enrolment
   * @param day the Beijing day of the change
   */
  add(before: EnrolmentSnapshot | undefined, after: EnrolmentSnapshot, day: string): void {
    const gained = gains(before?.measures ?? {}, after.measures);
    const staying = before ? difference(before, after, gained) : contribution(after, 1);
    const active = after.lastDay === day && before?.lastDay !== day ? 1 : 0;
    const activity = active > 0 || !isEmpty(gained) ? { day, active, measures: gained } : undefined;
    if (before?.scopes === after.scopes) {
      for (const scope of distinct(after.scopes)) this.#addTo(scope, staying, activity);
      return;
    }
    const from = new Set(before?.scopes);
    const to = new Set(after.scopes);
    const arriving = contribution(after, 1);
    for (const scope of from) if (!to.has(scope)) this.#addTo(scope, contribution(before!, -1));
    for (const scope of to) this.#addTo(scope, from.has(scope) ? staying : arriving, activity);
  }

  /**
   * One delta per scope, sorted by scope; a scope with several days has one more delta for each further day, holding
   * nothing else. What adds up to nothing is left out.
   */
  get deltas(): RollupDelta[] {
    return [...this.#scopes.keys()].sort().flatMap((scope) => {
      const { sums, days } = this.#scopes.get(scope)!;
      const [first, ...further] = [...days.values()].flatMap(trimDay).sort((a, b) => (a.day < b.day ? -1 : 1));
      return [
        ...row(scope, withoutZeros(sums), first),
        ...further.flatMap((activity) => row(scope, emptySums(), activity)),
      ];
    });
  }

  #addTo(scope: string, sums: Sums, activity?: RollupDay): void {
    let entry = this.#scopes.get(scope);
    if (!entry) {
      entry = { sums: emptySums(), days: new Map() };
      this.#scopes.set(scope, entry);
    }
    addSums(entry.sums, sums);
    if (activity) addDay(entry.days, activity);
  }
}

/** The roll-ups that the snapshots of all enrolments add up to, without days: what `npm run verify` compares with. */
export function recompute(snapshots: Iterable<EnrolmentSnapshot>): RollupDelta[] {
  const sums = new Map<string, Sums>();
  for (const snapshot of snapshots) {
    const more = contribution(snapshot, 1);
    for (const scope of new Set(snapshot.scopes)) sums.set(scope, addSums(sums.get(scope) ?? emptySums(), more));
  }
  return [...sums.keys()].sort().flatMap((scope) => row(scope, sums.get(scope)!));
}

type Sums = Pick<RollupDelta, 'counts' | 'total' | 'histogram' | 'measures'>;

/** What one enrolment adds to (sign 1) or takes from (sign -1) each of its scopes. */
function contribution({ state, total, measures }: EnrolmentSnapshot, sign: 1 | -1): Sums {
  const sums = emptySums();
  sums.counts[state] = sign;
  if (state === 'withdrawn') return sums;
  sums.total += total * sign;
  sums.histogram[bucketOf(total)] = sign;
  for (const measure in measures) if (measures[measure] !== 0) sums.measures[measure] = measures[measure]! * sign;
  return sums;
}

/** What a change adds to the scopes that an enrolment stays in: mostly to a total and a measure only. */
function difference(before: EnrolmentSnapshot, after: EnrolmentSnapshot, gained: Record<string, number>): Sums {
  if (before.state !== after.state || after.state === 'withdrawn')
    return addSums(contribution(before, -1), contribution(after, 1));
  const [left, entered] = [bucketOf(before.total), bucketOf(after.total)];
  const histogram = left === entered ? {} : { [left]: -1, [entered]: 1 };
  return { counts: {}, total: after.total - before.total, histogram, measures: gained };
}

/** Each measure's net change, where it has any. */
function gains(before: Record<string, number>, after: Record<string, number>): Record<string, number> {
  const gained: Record<string, number> = {};
  for (const measure in after) {
    const gain = after[measure]! - (before[measure] ?? 0);
    if (gain !== 0) gained[measure] = gain;
  }
  for (const measure in before) if (!(measure in after) && before[measure] !== 0) gained[measure] = -before[measure]!;
  return gained;
}

function addDay(days: Map<string, RollupDay>, { day, active, measures }: RollupDay): void {
  const sum = days.get(day) ?? { day, active: 0, measures: {} };
  days.set(day, sum);
  sum.active += active;
  addTo(sum.measures, measures);
}

/** The day without its zeros, or nothing when nothing is left of it. */
function trimDay({ day, active, measures }: RollupDay): [RollupDay] | [] {
  const left = nonZero(measures);
  return active === 0 && isEmpty(left) ? [] : [{ day, active, measures: left }];
}

/** One delta, or none when it would change nothing. */
function row(scope: string, sums: Sums, day?: RollupDay): RollupDelta[] {
  if (day !== undefined) return [{ scope, ...sums, day }];
  const idle = sums.total === 0 && isEmpty(sums.counts) && isEmpty(sums.histogram) && isEmpty(sums.measures);
  return idle ? [] : [{ scope, ...sums }];
}

function emptySums(): Sums {
  return { counts: {}, total: 0, histogram: {}, measures: {} };
}

function addSums(sums: Sums, more: Sums): Sums {
  sums.total += more.total;
  addTo(sums.counts, more.counts);
  addTo(sums.histogram, more.histogram);
  addTo(sums.measures, more.measures);
  return sums;
}

function withoutZeros({ counts, total, histogram, measures }: Sums): Sums {
  return { counts: nonZero(counts), total, histogram: nonZero(histogram), measures: nonZero(measures) };
}

/** The scopes, each once. */
function distinct(scopes: readonly string[]): Iterable<string> {
  const isOnce = scopes.every((scope, index) => scopes.indexOf(scope) === index);
  return isOnce ? scopes : new Set(scopes);
}

type Numbers = Partial<Record<string, number>>;

/** Adds each of `more` to the sum of the same name. */
export function addTo(sums: Numbers, more: Numbers): void {
  for (const key in more) sums[key] = (sums[key] ?? 0) + more[key]!;
}

function nonZero<T extends Numbers>(sums: T): T {
  const left: Numbers = {};
  for (const key in sums) if (sums[key] !== 0) left[key] = sums[key]!;
  return left as T;
}

function isEmpty(sums: Numbers): boolean {
  for (const _ in sums) return false;
  return true;
}
