import { badValue, failure, notImplemented } from '../errors.ts';
import { isDocument } from './codec.ts';
import type { Collator } from './compare.ts';
import { toDouble } from './numeric.ts';

const sensitivities: Record<number, 'base' | 'accent' | 'variant'> = { 1: 'base', 2: 'accent', 3: 'variant' };

/**
 * The comparison that a collation document asks for, by its locale and its strength; undefined for none and for the simple one.
 * @throws CommandError for a locale that is unknown, 238 for all other fields
 */
export function collatorFor(given: unknown): Collator {
  if (given === undefined || given === null) return undefined;
  if (!isDocument(given)) throw failure(14, 'collation has to be an object');
  const { locale, strength = 3, ...others } = given;
  const [other] = Object.keys(others);
  if (other !== undefined) throw notImplemented(`collation with ${other} is not supported`);
  if (typeof locale !== 'string') throw failure(40414, "BSON field 'collation.locale' is missing but a required field");
  const level = toDouble(strength);
  if (![1, 2, 3, 4, 5].includes(level))
    throw badValue(`Field 'strength' must be an integer 1 through 5. Got: ${String(strength)}`);
  const sensitivity = sensitivities[level];
  if (sensitivity === undefined) throw notImplemented(`collation of strength ${level} is not supported`);
  if (locale === 'simple') return undefined;
  const tag = locale.replaceAll('_', '-');
  if (!isLocale(tag)) throw badValue(`Field 'locale' is invalid in: ${JSON.stringify(given)}`);
  return new Intl.Collator(tag, { sensitivity }).compare;
}

function isLocale(tag: string): boolean {
  try {
    return Intl.Collator.supportedLocalesOf(tag).length > 0;
  } catch {
    return false;
  }
}
