import { badValue } from '../errors.ts';
import type { Doc } from './codec.ts';
import type { Collator } from './compare.ts';
import { toDouble } from './numeric.ts';

const sensitivities = { 1: 'base', 2: 'accent', 3: 'variant' } as const;

/** The comparison that a collation document asks for; undefined for none and for the simple one. */
export function collatorFor(collation: Doc | undefined): Collator {
  if (collation === undefined || collation === null || collation.locale === 'simple') return undefined;
  if (typeof collation.locale !== 'string') throw badValue("Field 'locale' is missing from the collation");
  const strength = Math.min(collation.strength === undefined ? 3 : toDouble(collation.strength), 3) as 1 | 2 | 3;
  const caseLevel = collation.caseLevel === true && strength === 1;
  const caseFirst = collation.caseFirst === 'upper' || collation.caseFirst === 'lower' ? collation.caseFirst : 'false';
  try {
    return new Intl.Collator(collation.locale.replace('_', '-'), {
      sensitivity: caseLevel ? 'case' : sensitivities[strength],
      numeric: collation.numericOrdering === true,
      caseFirst,
      ignorePunctuation: collation.alternate === 'shifted',
    }).compare;
  } catch {
    throw badValue(`Field 'locale' is invalid in: ${JSON.stringify(collation)}`);
  }
}
