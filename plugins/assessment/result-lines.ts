import type { KnownMeasure, Missing, Scheme } from '#platform';

/** What one enrolment has in one component. Values are in the measure's displayed unit, one decimal at most. */
export interface ResultLine {
  id: string;
  label: string;
  unit: string;
  weight: number;
  value: number;
  full: number;
  minimum: number | undefined;
  /** Hundredths. */
  score: number;
  /** Hundredths. */
  max: number;
  /** What keeps the learner from qualifying; 0 where the minimum is reached or none is asked. */
  leftToMinimum: number;
  /** What would still raise the score. */
  leftToFull: number;
  /** The same amounts exactly, in the measure's smallest unit, of which `scale` are one displayed unit. */
  scale: number;
  exact: { value: number; full: number; minimum: number | undefined; leftToMinimum: number; leftToFull: number };
}

interface Input {
  scheme: Scheme;
  /** Scores by component, in the scheme's order. */
  scored: readonly { value: number; score: number; max: number }[];
  /** What was earned when the enrolment qualified, by component in hundredths; nothing below it is ever shown. */
  earned: Readonly<Record<string, number>>;
  measures: (id: string) => KnownMeasure | undefined;
  /** Texts by full key, such as `video-courses:measure.minutes`. */
  t: (key: string) => string;
}

/** The scheme's components as their reader wants them: worth, value, score, and what is left. */
export function resultLines({ scheme, scored, earned, measures, t }: Input): ResultLine[] {
  return scheme.components.map((component, index) => {
    const measure = measures(component.measure);
    const scale = measure?.scale ?? 1;
    const { value = 0, score = 0, max = component.weight * 100 } = scored[index] ?? {};
    return {
      id: component.id,
      label: measure ? t(`${measure.plugin}:${measure.label}`) : component.id,
      unit: measure ? t(`${measure.plugin}:${measure.unit}`) : '',
      weight: component.weight,
      value: reached(value, scale),
      full: reached(component.full, scale),
      minimum: component.minimum ? reached(component.minimum, scale) : undefined,
      score: Math.max(score, earned[component.id] ?? 0),
      max,
      leftToMinimum: left(value, component.minimum ?? 0, scale),
      leftToFull: left(value, component.full, scale),
      scale,
      exact: {
        value,
        full: component.full,
        minimum: component.minimum || undefined,
        leftToMinimum: Math.max(0, (component.minimum ?? 0) - value),
        leftToFull: Math.max(0, component.full - value),
      },
    };
  });
}

/** What is missing from an activity or the total; minimums stand in their lines. */
export function missingActivities(missing: readonly Missing[]): Map<string, { value: number; needed: number }> {
  const found = new Map<string, { value: number; needed: number }>();
  for (const one of missing) if (one.kind === 'activity') found.set(one.activity, one);
  return found;
}

/** Cut to one decimal: what is shown as reached is reached. */
const reached = (value: number, scale: number) => Math.floor((value * 10) / scale) / 10;

/** Raised to one decimal: what is shown as left is enough. */
const left = (value: number, needed: number, scale: number) =>
  Math.ceil((Math.max(0, needed - value) * 10) / scale) / 10;
