import { badValue, CommandError, notImplemented } from '../errors.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { type Collator, compare } from '../values/compare.ts';
import { toDouble } from '../values/numeric.ts';
import { fieldNames } from '../values/order.ts';
import type { MatchContext } from './matcher.ts';
import { indexedValues } from './paths.ts';

/** Orders documents by a sort specification: of an array, the smallest element counts upwards, the largest downwards. */
export function sortComparator(spec: Doc, collator?: Collator): (a: Doc, b: Doc) => number {
  const keys = sortKeys(spec);
  return (a, b) => {
    for (const { parts, direction } of keys) {
      const order = compare(
        sortValue(a, parts, direction, collator),
        sortValue(b, parts, direction, collator),
        collator,
      );
      if (order !== 0) return order * direction;
    }
    return 0;
  };
}

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

/** Sorts items by the sort values of their documents, computed once each. */
export function sortBy<T>(
  items: T[],
  documentOf: (item: T) => Doc,
  spec: Doc,
  { collator }: Pick<MatchContext, 'collator'> = {},
): T[] {
  if (!isDocument(spec)) throw badValue('sort must be a document');
  const keys = sortKeys(spec);
  if (keys.length === 0) return items;
  const rows = items.map((item) => {
    const document = documentOf(item);
    const values = keys.map(({ parts, direction }) => sortValue(document, parts, direction, collator));
    return { item, values };
  });
  rows.sort((a, b) => {
    for (let i = 0; i < keys.length; i++) {
      const order = compare(a.values[i], b.values[i], collator);
      if (order !== 0) return order * (keys[i] as SortKey).direction;
    }
    return 0;
  });
  return rows.map((row) => row.item);
}
