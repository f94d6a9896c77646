/** From activity values to a score out of 100.00. Scores are integer hundredths and are never rounded up. */

export interface SchemeComponent {
  id: string;
  /** The measure that counts here, as `<plugin>/<measure>`, such as `video-courses/seconds`. */
  measure: string;
  /** Integer percent; the weights of a scheme sum to 100. */
  weight: number;
  /** The measure value that earns full marks, in the measure's smallest unit. */
  full: number;
  /** The measure value without which nobody qualifies. */
  minimum?: number;
}

export interface Scheme {
  version: number;
  /** Hundredths: 6000 is 60.00. */
  passMark: number;
  components: SchemeComponent[];
  required: { activity: string; atLeast: number }[];
}

/** Key: `<plugin>/<kind>/<id>`. The value is absolute, in the measure's smallest unit; `at` is epoch ms. */
export type ActivityValues = Record<string, { value: number; at: number }>;

/** Names the measure an activity contributes to; undefined when no plugin declares it (any more). */
export type MeasureOf = (activity: string) => string | undefined;

export type Missing =
  | { kind: 'minimum'; component: string; value: number; needed: number }
  | { kind: 'activity'; activity: string; value: number; needed: number }
  | { kind: 'total'; total: number; passMark: number };

export interface ComponentScore {
  id: string;
  /** The measure's sum, in its smallest unit. */
  value: number;
  /** Hundredths, at most `max`. */
  score: number;
  /** Hundredths: the component's weight. */
  max: number;
}

export interface Score {
  components: ComponentScore[];
  /** Hundredths, at most 10000. */
  total: number;
  missing: Missing[];
  /** True exactly when nothing is missing. */
  qualified: boolean;
}

/** The sum of each measure over all activities. What is not a positive finite number adds nothing; fractions are cut. */
export function sumMeasures(values: ActivityValues, measureOf: MeasureOf): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const activity in values) {
    const measure = measureOf(activity);
    if (measure !== undefined) sums[measure] = clamp((sums[measure] ?? 0) + clamp(values[activity]!.value));
  }
  return sums;
}

/**
 * Scores one enrolment under a scheme that `validateScheme` accepts.
 * @param measures what `sumMeasures` returned
 * @param values the activities themselves, for the required ones
 */
export function score(scheme: Scheme, measures: Record<string, number>, values: ActivityValues): Score {
  const components = scheme.components.map((component) => scoreComponent(component, measures[component.measure]));
  const total = components.reduce((sum, component) => sum + component.score, 0);
  const missing: Missing[] = [];
  scheme.components.forEach(({ id, minimum: needed = 0 }, index) => {
    const { value } = components[index]!;
    if (value < needed) missing.push({ kind: 'minimum', component: id, value, needed });
  });
  for (const { activity, atLeast: needed } of scheme.required) {
    const value = clamp(values[activity]?.value);
    // A required activity must exist even where any value will do.
    if (values[activity] === undefined || value < needed) missing.push({ kind: 'activity', activity, value, needed });
  }
  if (total < scheme.passMark) missing.push({ kind: 'total', total, passMark: scheme.passMark });
  return { components, total, missing, qualified: missing.length === 0 };
}

function scoreComponent({ id, weight, full }: SchemeComponent, measured: number | undefined): ComponentScore {
  const value = clamp(measured);
  const max = weight * 100;
  const product = Math.min(value, full) * max;
  // Integer division: the remainder is exact, a quotient of floats might not be.
  return { id, value, max, score: (product - (product % full)) / full };
}

function clamp(value: number | undefined): number {
  if (value === undefined || !Number.isFinite(value) || value <= 0) return 0;
  return Math.min(Math.floor(value), Number.MAX_SAFE_INTEGER);
}

/** Above this a full mark times 10000 hundredths would no longer be an exact integer. */
const LARGEST_FULL = Math.floor(Number.MAX_SAFE_INTEGER / 10_000);

/** What is wrong with a scheme; each code is a message key, the other members are its parameters. */
export type SchemeProblem =
  | { code: 'version'; version: number }
  | { code: 'pass-mark'; passMark: number }
  | { code: 'no-components' }
  | { code: 'weights-sum'; sum: number }
  | { code: 'weight'; component: string; weight: number }
  | { code: 'full'; component: string; full: number }
  | { code: 'minimum'; component: string; minimum: number }
  | { code: 'component-id'; component: string }
  | { code: 'component-twice'; component: string }
  | { code: 'measure'; component: string; measure: string }
  | { code: 'required-twice'; activity: string }
  | { code: 'required-value'; activity: string; atLeast: number };

/** Everything that keeps a scheme from being used; empty when it may be frozen. */
export function validateScheme(scheme: Scheme): SchemeProblem[] {
  const { version, passMark, components, required } = scheme;
  const problems: SchemeProblem[] = [];
  if (!isInteger(version, 1, Number.MAX_SAFE_INTEGER)) problems.push({ code: 'version', version });
  if (!isInteger(passMark, 0, 10_000)) problems.push({ code: 'pass-mark', passMark });
  if (components.length === 0) problems.push({ code: 'no-components' });
  const sum = components.reduce((total, { weight }) => total + weight, 0);
  if (components.length > 0 && sum !== 100) problems.push({ code: 'weights-sum', sum });
  problems.push(...components.flatMap(componentProblems));
  problems.push(
    ...twice(components.map(({ id }) => id)).map((component) => ({ code: 'component-twice' as const, component })),
    ...twice(required.map(({ activity }) => activity)).map((activity) => ({
      code: 'required-twice' as const,
      activity,
    })),
  );
  for (const { activity, atLeast } of required) {
    if (!isInteger(atLeast, 0, Number.MAX_SAFE_INTEGER)) problems.push({ code: 'required-value', activity, atLeast });
  }
  return problems;
}

function componentProblems({ id, measure, weight, full, minimum }: SchemeComponent): SchemeProblem[] {
  const problems: SchemeProblem[] = [];
  if (id === '') problems.push({ code: 'component-id', component: id });
  if (measure === '') problems.push({ code: 'measure', component: id, measure });
  if (!isInteger(weight, 0, 100)) problems.push({ code: 'weight', component: id, weight });
  if (!isInteger(full, 1, LARGEST_FULL)) problems.push({ code: 'full', component: id, full });
  if (minimum !== undefined && !isInteger(minimum, 0, Number.MAX_SAFE_INTEGER)) {
    problems.push({ code: 'minimum', component: id, minimum });
  }
  return problems;
}

function isInteger(value: number, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= least && value <= most;
}

function twice(names: string[]): string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}
