import { foldFor } from '../values/collation.ts';
import { type Collator, compare } from '../values/compare.ts';
import { equalityText } from '../values/keys.ts';
import { numberKind, toDouble } from '../values/numeric.ts';

/** Maps values to primitives that are the same where MongoDB holds the values for equal: numbers by value, strings by collation. */
export type Kind = (value: unknown) => unknown;

/** The kind that a collation asks for. */
export function kindBy(collator: Collator): Kind {
  if (collator === undefined) return kind;
  const fold = foldFor(collator);
  return (value) => kind(fold(value));
}

function kind(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? `'${value}` : value;
  if (numberKind(value) !== undefined) {
    const double = toDouble(value);
    if (compare(value, double) === 0) return double;
  }
  return equalityText(value);
}
