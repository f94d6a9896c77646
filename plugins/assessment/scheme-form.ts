import { z } from 'zod';
import type { KnownMeasure, Scheme, SchemeComponent } from '#platform';

/** One row of the editor as typed: a component of the scheme, or a measure that does not count yet. */
interface SchemeRow {
  id: string;
  measure: string;
  weight: string;
  full: string;
  minimum: string;
}

interface RequiredRow {
  activity: string;
  keep: boolean;
  atLeast: string;
}

/** Component ids become field names of enrolments, locale keys and addresses. */
export const componentId = /^[A-Za-z0-9][\w-]{0,59}$/;

/** Why an open scheme is corrected: told to everybody who asks later. */
export const reason = z.string().trim().min(4).max(400);

/** The editor's fields as typed; amounts in the measures' displayed units, the pass mark in points. */
export interface SchemeForm {
  passMark: string;
  components: SchemeRow[];
  required: RequiredRow[];
}

/** The measure that an activity contributes to, if it is known. */
type MeasureOf = (activity: string) => string | undefined;

/** Field name → key of what is wrong, with its parameters. */
export type SchemeErrors = Map<string, { key: string; params?: Record<string, unknown> }>;

type ReadScheme = { ok: true; scheme: Omit<Scheme, 'version'> } | { ok: false; errors: SchemeErrors };

/** The scheme as the editor shows it, with a row of weight 0 for every measure that could count as well. */
export function formOf(scheme: Scheme, measures: readonly KnownMeasure[], measureOf: MeasureOf): SchemeForm {
  const scale = (measure: string | undefined) => measures.find(({ id }) => id === measure)?.scale ?? 1;
  const counted = scheme.components.map(({ id, measure, weight, full, minimum }) => ({
    id,
    measure,
    weight: String(weight),
    full: shown(full, scale(measure)),
    minimum: shown(minimum, scale(measure)),
  }));
  const used = new Set(scheme.components.map(({ measure }) => measure));
  const open = measures
    .filter(({ id }) => !used.has(id))
    .map(({ id }) => ({ id: id.replace('/', '-'), measure: id, weight: '0', full: '', minimum: '' }));
  const required = scheme.required.map(({ activity, atLeast }) => ({
    activity,
    keep: true,
    atLeast: shown(atLeast, scale(measureOf(activity))),
  }));
  return { passMark: String(scheme.passMark / 100), components: [...counted, ...open], required };
}

/**
 * Reads the editor's fields into smallest units. Rows of weight 0 do not count. What is wrong is named by field, as in
 * `components.1.full`; weights that do not sum to 100 by `weights`.
 */
export function readScheme(form: SchemeForm, measures: readonly KnownMeasure[], measureOf: MeasureOf): ReadScheme {
  const errors: SchemeErrors = new Map();
  const scaleOf = (measure: string | undefined) => measures.find(({ id }) => id === measure)?.scale ?? 1;
  const amount = (field: string, text: string, scale: number, least: number) => {
    const value = toSmallest(text, scale);
    if (value !== undefined && value >= least) return value;
    errors.set(field, { key: scale === 1 ? 'field.whole' : 'field.amount', params: { least: least / scale } });
    return 0;
  };

  const passMark = amount('passMark', form.passMark, 100, 0);
  if (passMark > 10_000) errors.set('passMark', { key: 'field.passMark' });
  const components: SchemeComponent[] = [];
  form.components.forEach((row, index) => {
    const field = (name: string) => `components.${index}.${name}`;
    const weight = /^\d{1,3}$/.test(row.weight.trim() || '0') ? Number(row.weight) : Number.NaN;
    if (!(weight >= 0 && weight <= 100)) errors.set(field('weight'), { key: 'field.weight' });
    if (weight === 0) return;
    const measure = measures.find(({ id }) => id === row.measure);
    if (!measure) errors.set(field('weight'), { key: 'field.measure' });
    const full = measure ? amount(field('full'), row.full, measure.scale, 1) : 1;
    const asked = measure && row.minimum.trim() !== '';
    const minimum = asked ? amount(field('minimum'), row.minimum, measure.scale, 0) : undefined;
    components.push({ id: row.id, measure: row.measure, weight, full, ...(minimum !== undefined && { minimum }) });
  });
  const sum = components.reduce((total, { weight }) => total + weight, 0);
  if (sum !== 100) errors.set('weights', { key: 'field.weights', params: { sum: Number.isNaN(sum) ? '?' : sum } });

  const required: Scheme['required'] = [];
  form.required.forEach((row, index) => {
    if (!row.keep || row.activity.trim() === '') return;
    const activity = row.activity.trim();
    const measure = measureOf(activity);
    if (!measure) errors.set(`required.${index}.activity`, { key: 'field.activity' });
    else if (required.some((other) => other.activity === activity)) {
      errors.set(`required.${index}.activity`, { key: 'field.activityTwice' });
    }
    const atLeast = amount(`required.${index}.atLeast`, row.atLeast || '0', scaleOf(measure), 0);
    required.push({ activity, atLeast });
  });
  return errors.size > 0 ? { ok: false, errors } : { ok: true, scheme: { passMark, components, required } };
}

/** An amount as people type it: in displayed units, minutes with seconds as 7:35. */
function shown(value: number | undefined, scale: number): string {
  if (value === undefined) return '';
  if (scale === 60 && value % 60 !== 0) return `${Math.floor(value / 60)}:${String(value % 60).padStart(2, '0')}`;
  return String(Math.round((value / scale) * 1e6) / 1e6);
}

/** A typed amount in smallest units; undefined where it is no number or finer than the smallest unit. */
function toSmallest(text: string, scale: number): number | undefined {
  const typed = text.normalize('NFKC').trim();
  const [, minutes, seconds] = /^(\d{1,7})[:：]([0-5]\d)$/.exec(typed) ?? [];
  if (minutes && scale === 60) return Number(minutes) * 60 + Number(seconds);
  if (!/^\d{1,9}(\.\d{1,6})?$/.test(typed)) return undefined;
  const value = Number(typed) * scale;
  const whole = Math.round(value);
  return Math.abs(value - whole) < 1e-3 ? whole : undefined;
}
