import type { Any, Options } from 'mingo/types';
import { isDocument } from '../values/codec.ts';
import { kindBy } from './equality.ts';
import { evaluate } from './options.ts';

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
export function groupedByValue(spec: unknown, given: Options): unknown {
  if (!isDocument(spec) || !Object.hasOwn(spec, '_id')) return spec;
  const { _id: key } = spec;
  const kindOf = kindBy(given);
  const seen = new Map<unknown, unknown>();
  const of: GroupKey['of'] = (document, options) => {
    const value = evaluate(document, key, options) ?? null;
    const same = kindOf(value);
    const first = seen.get(same);
    if (first !== undefined) return first;
    seen.set(same, value);
    return value;
  };
  return { ...spec, _id: { [GROUP_KEY]: { of } satisfies GroupKey } };
}

export const groupKey = (document: Any, { of }: GroupKey, options: Options): unknown => of(document, options);
