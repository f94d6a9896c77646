import type { KnownMeasure } from './measures.ts';
import type { Scheme } from './weighted-score.ts';

/**
 * The scheme of a new programme until somebody changes it: every measure as it usually counts, with weights that add up to
 * 100 also where plugins are missing, and the pass mark of design section 5.
 */
export function usualScheme(measures: readonly KnownMeasure[], hours: number): Omit<Scheme, 'version'> {
  const counted = measures.flatMap((measure) => {
    const usual = measure.usual?.(hours);
    return usual ? [{ id: measure.plugin, measure: measure.id, ...usual }] : [];
  });
  const sum = counted.reduce((all, { weight }) => all + weight, 0);
  const components = counted.map((one) => ({ ...one, weight: Math.floor((one.weight * 100) / sum) }));
  const [first] = components;
  if (first) first.weight += 100 - components.reduce((all, { weight }) => all + weight, 0);
  return { passMark: 6000, components, required: [] };
}
