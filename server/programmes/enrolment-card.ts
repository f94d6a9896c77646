import { beijingDay, daysBetween } from '../beijing-time.ts';
import type { LocalText } from '../languages.ts';
import type { Measures } from '../progress/measures.ts';
import type { Score } from '../progress/weighted-score.ts';
import type { Translate } from '../web/request.ts';
import type { Enrolment } from './enrolments.service.ts';
import type { Programme } from './programmes.service.ts';

/** A component of the scheme as the learner reads it. Values are in the measure's displayed unit. */
export interface ComponentLine {
  id: string;
  /** Measure id, and its smallest units in one displayed unit. */
  measure: string;
  scale: number;
  label: string;
  unit: string;
  weight: number;
  value: number;
  full: number;
  minimum: number | undefined;
  /** The same exactly, in the measure's smallest unit. */
  exact: { value: number; full: number; minimum: number | undefined };
  /** Hundredths. */
  score: number;
  /** Hundredths. */
  max: number;
}

export interface EnrolmentCard {
  id: string;
  programme: string;
  title: LocalText;
  state: Enrolment['state'];
  /** Hundredths. */
  total: number;
  passMark: number;
  hours: number;
  daysLeft: number;
  /** Minutes of study a day that reach the required values by the end of the term; undefined where none are missing. */
  minutesADay: number | undefined;
  components: ComponentLine[];
  nextStep: { label: string; href: string } | undefined;
}

interface Input {
  enrolment: Enrolment;
  programme: Programme;
  result: Score;
  nextStep: { label: string; href: string } | undefined;
  measures: Measures;
  t: Translate;
  now: number;
}

/** What a learner's home says of one programme: what is left, and what to do now. */
export function enrolmentCard({ enrolment, programme, result, nextStep, measures, t, now }: Input): EnrolmentCard {
  const daysLeft = Math.max(0, daysBetween(beijingDay(now), beijingDay(programme.term.to)));
  const components = componentLines(programme, result, measures, t);
  return {
    id: enrolment._id,
    programme: programme._id,
    title: programme.title,
    state: enrolment.state,
    total: enrolment.total,
    passMark: programme.scheme.passMark,
    hours: programme.hours,
    daysLeft,
    minutesADay: minutesADay(programme, result, measures, daysLeft),
    components,
    nextStep,
  };
}

/** The scheme's components with this result, in displayed units. */
export function componentLines(programme: Programme, result: Score, measures: Measures, t: Translate): ComponentLine[] {
  return programme.scheme.components.map((component, index) => {
    const measure = measures.get(component.measure);
    const scale = measure?.scale ?? 1;
    const scored = result.components[index];
    return {
      id: component.id,
      measure: component.measure,
      scale,
      label: t(`component.${component.id}`, {
        defaultValue: measure ? t(`${measure.plugin}:${measure.label}`) : component.id,
      }),
      unit: measure ? t(`${measure.plugin}:${measure.unit}`) : '',
      weight: component.weight,
      value: shown((scored?.value ?? 0) / scale),
      full: shown(component.full / scale),
      minimum: component.minimum === undefined ? undefined : shown(component.minimum / scale),
      exact: { value: scored?.value ?? 0, full: component.full, minimum: component.minimum },
      score: scored?.score ?? 0,
      max: scored?.max ?? component.weight * 100,
    };
  });
}

/** One decimal at most, cut and not rounded up. */
const shown = (value: number): number => Math.floor(value * 10) / 10;

function minutesADay(programme: Programme, result: Score, measures: Measures, daysLeft: number): number | undefined {
  let seconds = 0;
  for (const [index, component] of programme.scheme.components.entries()) {
    const timed = measures.get(component.measure)?.scale === 60;
    if (timed) seconds += Math.max(0, (component.minimum ?? component.full) - (result.components[index]?.value ?? 0));
  }
  return seconds > 0 && daysLeft > 0 ? Math.ceil(seconds / 60 / daysLeft) : undefined;
}
