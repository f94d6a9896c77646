import { Decimal128, Long } from 'bson';
import { evalExpr } from 'mingo/core';
import type { Any, Options } from 'mingo/types';
import { type Doc, isDocument } from '../values/codec.ts';
import { collatorFor, foldFor } from '../values/collation.ts';
import { compare } from '../values/compare.ts';
import { encodeKey } from '../values/keys.ts';
import { toDouble } from '../values/numeric.ts';

const NO_PREFIX = Buffer.alloc(0);
const FORWARD = [1];

/** The name of the operator that stands for the key of a $group. */
export const GROUP_KEY = '$_groupKey';

/** Computes the key of a document. */
interface GroupKey {
  of(document: Any, options: Options): unknown;
}

/**
 * A $group whose keys are the same where MongoDB holds them for equal, numbers of all types by value and strings by
 * collation: each key is the first of its kind.
 */
export function groupedByValue(spec: unknown, { collation }: Options): unknown {
  if (!isDocument(spec) || !Object.hasOwn(spec, '_id')) return spec;
  const { _id: key } = spec;
  const collator = collatorFor(collation as Doc | undefined);
  const kindOf = collator === undefined ? kind : foldedKind(foldFor(collator));
  const seen = new Map<unknown, unknown>();
  const of: GroupKey['of'] = (document, options) => {
    const value = evalExpr(document, key as Any, options) ?? null;
    const same = kindOf(value);
    const first = seen.get(same);
    if (first !== undefined) return first;
    seen.set(same, value);
    return value;
  };
  return { ...spec, _id: { [GROUP_KEY]: { of } satisfies GroupKey } };
}

const foldedKind = (fold: (value: unknown) => unknown) => (value: unknown) => kind(fold(value));

/** The same primitive for equal values. */
function kind(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? `'${value}` : value;
  if (value instanceof Decimal128 || Long.isLong(value)) {
    const double = toDouble(value);
    if (compare(value, double) === 0) return double;
  }
  return encodeKey([value], FORWARD, NO_PREFIX).toString('latin1');
}

export const groupKey = (document: Any, { of }: GroupKey, options: Options): unknown => of(document, options);
