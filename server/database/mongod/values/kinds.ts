import { type Collator, compare } from './compare.ts';
import { mapScalars } from './fields.ts';
import { equalityText } from './keys.ts';
import { numberKind, toDouble } from './numeric.ts';

/** Maps values to primitives that are the same where MongoDB holds the values for equal: numbers by value, strings by collation. */
export type Kind = (value: unknown) => unknown;

/** The kind that a collation asks for: each string stands for those that were seen later and are equal to it. */
export function kindBy(collator: Collator): Kind {
  if (collator === undefined) return kind;
  const seen: string[] = [];
  const firstOf = (text: string): string => {
    let [low, high] = [0, seen.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (collator(seen[middle] as string, text) < 0) low = middle + 1;
      else high = middle;
    }
    const known = seen[low];
    if (known !== undefined && collator(known, text) === 0) return known;
    seen.splice(low, 0, text);
    return text;
  };
  return (value) => kind(mapScalars(value, (each) => (typeof each === 'string' ? firstOf(each) : each)));
}

function kind(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? `'${value}` : value;
  if (numberKind(value) !== undefined) {
    const double = toDouble(value);
    if (compare(value, double) === 0) return double;
  }
  return equalityText(value);
}
