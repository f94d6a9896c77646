import { badValue, CommandError, notImplemented } from '../errors.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { type Collator, compare } from '../values/compare.ts';
import { toDouble } from '../values/numeric.ts';
import { fieldNames } from '../values/order.ts';
import type { MatchContext } from './matcher.ts';
import { indexedValues } from './paths.ts';

interface SortKey {
  parts: string[];
  direction: number;
}

/** The fields of a sort specification; a direction that is not 1 or -1 is a BadValue error. */
function sortKeys(spec: Doc): SortKey[] {
  return fieldNames(spec)
    .filter((field) => field !== '$natural')
    .map((field) => {
      const direction = spec[field];
      if (isDocument(direction)) {
        throw notImplemented('$meta is not supported');
      }
      const sign = toDouble(direction);
      if (sign !== 1 && sign !== -1) {
        throw new CommandError(
          15975,
          'Location15975',
          '$sort key ordering must be 1 (for ascending) or -1 (for descending)',
        );
      }
      return { parts: field.split('.'), direction: sign };
    });
}

function sortValue(document: Doc, parts: readonly string[], direction: number, collator: Collator): unknown {
  if (parts.length === 1) {
    const value = document[parts[0] as string];
    if (!Array.isArray(value)) return value;
  }
  const { values } = indexedValues(document, parts);
  let chosen = values[0];
  for (const value of values) if (compare(value, chosen, collator) * direction < 0) chosen = value;
  return chosen;
}

/** A compiled sort specification. */
export interface SortOrder {
  /** The top-level fields that it reads. */
  fields: ReadonlySet<string>;
  /** What documents are ordered by: of an array, the smallest element counts upwards, the largest downwards. */
  valuesOf(document: Doc): unknown[];
  order(a: readonly unknown[], b: readonly unknown[]): number;
}

/** Compiles a sort specification. @throws CommandError for a direction that is neither 1 nor -1 */
export function compileSort(spec: unknown, collator?: Collator): SortOrder {
  if (!isDocument(spec)) throw badValue('sort must be a document');
  const keys = sortKeys(spec);
  return {
    fields: new Set(keys.map(({ parts }) => parts[0] as string)),
    valuesOf: (document) => keys.map(({ parts, direction }) => sortValue(document, parts, direction, collator)),
    order: (a, b) => {
      for (let i = 0; i < keys.length; i++) {
        const order = compare(a[i], b[i], collator);
        if (order !== 0) return order * (keys[i] as SortKey).direction;
      }
      return 0;
    },
  };
}

/** Orders documents by a sort specification. */
export function sortComparator(spec: Doc, collator?: Collator): (a: Doc, b: Doc) => number {
  const { valuesOf, order } = compileSort(spec, collator);
  return (a, b) => order(valuesOf(a), valuesOf(b));
}

/** Sorts items by the sort values of their documents, computed once each. */
export function sortBy<T>(
  items: T[],
  documentOf: (item: T) => Doc,
  spec: Doc,
  { collator }: Pick<MatchContext, 'collator'> = {},
): T[] {
  const { fields, valuesOf, order } = compileSort(spec, collator);
  if (fields.size === 0) return items;
  const rows = items.map((item) => ({ item, values: valuesOf(documentOf(item)) }));
  return rows.sort((a, b) => order(a.values, b.values)).map((row) => row.item);
}
