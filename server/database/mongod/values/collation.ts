import { badValue, CommandError, notImplemented } from '../errors.ts';
import { type Doc, isDocument, setField } from './codec.ts';
import type { Collator } from './compare.ts';
import { toDouble } from './numeric.ts';

const sensitivities = { 1: 'base', 2: 'accent', 3: 'variant' } as const;

const defaults = {
  caseLevel: false,
  caseFirst: 'off',
  strength: 3,
  numericOrdering: false,
  alternate: 'non-ignorable',
  maxVariable: 'punct',
  normalization: false,
  backwards: false,
} as const;

/**
 * A collation with all its fields, as an index or a collection keeps it; undefined for none and for the simple one.
 * @throws CommandError for a field or a locale that is unknown, and for what `Intl.Collator` cannot do
 */
function checkedCollation(given: unknown): Doc | undefined {
  if (given === undefined || given === null) return undefined;
  if (!isDocument(given)) throw new CommandError(14, 'TypeMismatch', 'collation has to be an object');
  const { locale } = given;
  for (const name of Object.keys(given)) {
    if (name !== 'locale' && name !== 'version' && !Object.hasOwn(defaults, name)) {
      throw new CommandError(40415, 'Location40415', `BSON field 'collation.${name}' is an unknown field.`);
    }
  }
  if (typeof locale !== 'string') {
    throw new CommandError(40414, 'Location40414', "BSON field 'collation.locale' is missing but a required field");
  }
  if (locale === 'simple') return undefined;
  if (!isLocale(locale)) throw badValue(`Field 'locale' is invalid in: ${JSON.stringify(given)}`);
  const full: Doc = { locale, ...defaults };
  for (const name of Object.keys(defaults)) if (given[name] !== undefined) full[name] = given[name];
  full.strength = toDouble(full.strength);
  if (![1, 2, 3, 4, 5].includes(full.strength as number)) {
    throw badValue(`Field 'strength' must be an integer 1 through 5. Got: ${String(given.strength)}`);
  }
  if (full.backwards === true) throw notImplemented('collation with backwards is not supported');
  if (full.alternate === 'shifted' && full.maxVariable === 'space')
    throw notImplemented('collation with maxVariable space is not supported');
  return { ...full, version: '57.1' };
}

function isLocale(locale: string): boolean {
  try {
    return Intl.Collator.supportedLocalesOf(tag(locale)).length > 0;
  } catch {
    return false;
  }
}

/** MongoDB writes `zh@collation=pinyin` and `de_AT` where BCP 47 has `zh-u-co-pinyin` and `de-AT`. */
function tag(locale: string): string {
  const [base = '', variant] = locale.split('@collation=');
  const short: Record<string, string> = { phonebook: 'phonebk', traditional: 'trad' };
  return `${base.replaceAll('_', '-')}${variant === undefined ? '' : `-u-co-${short[variant] ?? variant}`}`;
}

/** Collators by collation: the same collation is always the same function, so that two can be compared. */
const collators = new Map<string, Collator>();

/** The comparison that a collation document asks for; undefined for none and for the simple one. */
export function collatorFor(collation: unknown): Collator {
  const full = checkedCollation(collation);
  if (full === undefined) return undefined;
  const key = JSON.stringify(full);
  const known = collators.get(key);
  if (known !== undefined) return known;
  const collator = build(full as typeof defaults & { locale: string });
  collators.set(key, collator);
  return collator;
}

function build(full: typeof defaults & { locale: string }): Collator {
  const strength = full.strength as number;
  const level = Math.min(strength, 3) as 1 | 2 | 3;
  const caseFirst = full.caseFirst as string;
  const { compare } = new Intl.Collator(tag(full.locale), {
    sensitivity: full.caseLevel && level === 1 ? 'case' : sensitivities[level],
    numeric: full.numericOrdering,
    caseFirst: caseFirst === 'upper' || caseFirst === 'lower' ? caseFirst : 'false',
    ignorePunctuation: (full.alternate as string) === 'shifted',
  });
  if (strength < 5) return (a, b) => compare(a, b);
  return (a, b) => compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

const folds = new WeakMap<NonNullable<Collator>, (value: unknown) => unknown>();

/**
 * A function that maps strings which a collation holds for equal to the same string, also within documents and arrays:
 * an index with a collation holds these. Their order is not the collation's.
 */
export function foldFor(collator: NonNullable<Collator>): (value: unknown) => unknown {
  const known = folds.get(collator);
  if (known !== undefined) return known;
  const characters = new Map<string, string>();
  const fold = (character: string): string => {
    let folded = characters.get(character);
    if (folded === undefined) {
      folded = candidates(character).find((each) => collator(each, character) === 0) ?? character;
      characters.set(character, folded);
    }
    return folded;
  };
  const numeric = collator('2', '10') < 0;
  const text = (value: string) => {
    const digits = numeric
      ? value.replace(/0+(?=\d)/g, (zeros, at) => (/\d/.test(value[at - 1] ?? '') ? zeros : ''))
      : value;
    return Array.from(digits.normalize('NFD'), fold).join('');
  };
  const value = (each: unknown): unknown => {
    if (typeof each === 'string') return text(each);
    if (Array.isArray(each)) return each.map(value);
    if (!isDocument(each)) return each;
    const copy: Doc = {};
    for (const name of Object.keys(each)) setField(copy, name, value(each[name]));
    return copy;
  };
  folds.set(collator, value);
  return value;
}

/** What a character may be equal to, the simplest first. */
function candidates(character: string): string[] {
  const lower = character.toUpperCase().toLowerCase();
  const plain = lower.normalize('NFKD').replace(/\p{M}/gu, '');
  const ligatures: Record<string, string> = { æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ł: 'l' };
  const code = character.codePointAt(0) as number;
  const hiragana = code >= 0x30a1 && code <= 0x30f6 ? String.fromCodePoint(code - 0x60) : plain;
  return ['', ligatures[lower] ?? plain, hiragana, plain, lower, character.normalize('NFKD')];
}
