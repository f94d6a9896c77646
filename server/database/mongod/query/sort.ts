import { badValue, failure, notImplemented } from '../errors.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { type Collator, compare } from '../values/compare.ts';
import { toDouble } from '../values/numeric.ts';
import { fieldNames } from '../values/order.ts';
import type { MatchContext } from './matcher.ts';
import { rowsOf } from './rows.ts';

interface SortKey {
  path: string;
  /** The path has several components. */
  isNested: boolean;
  direction: number;
}

/** The fields of a sort specification; a direction that is not 1 or -1 is a BadValue error. */
function sortKeys(spec: Doc): SortKey[] {
  return fieldNames(spec)
    .filter((field) => field !== '$natural')
    .map((field) => {
      const direction = spec[field];
      if (isDocument(direction)) throw notImplemented('$meta is not supported');
      const sign = toDouble(direction);
      if (sign !== 1 && sign !== -1) {
        throw failure(15975, '$sort key ordering must be 1 (for ascending) or -1 (for descending)');
      }
      return { path: field, isNested: field.includes('.'), direction: sign };
    });
}

/**
 * The values by which a document is sorted: of the elements of an array the smallest upwards, the largest downwards, and of
 * several fields of its elements those of one and the same. What is missing counts as null; an empty array comes before it.
 * @throws CommandError 2 where two fields lead to different arrays
 */
function sortValues(document: Doc, keys: readonly SortKey[], collator: Collator): unknown[] {
  const plain = plainValues(document, keys);
  if (plain !== undefined) return plain;
  const { rows, parallel } = rowsOf(
    document,
    keys.map(({ path }) => path),
  );
  if (parallel !== undefined)
    throw badValue(
      `cannot sort with keys that are parallel arrays: ${parallel.map((path) => `'${path}'`).join(' and ')}`,
    );
  let chosen = rows[0] as unknown[];
  for (const row of rows) if (orderOf(row, chosen, keys, collator) < 0) chosen = row;
  return chosen;
}

/** The values of fields that are not arrays; undefined for others. */
function plainValues(document: Doc, keys: readonly SortKey[]): unknown[] | undefined {
  const values: unknown[] = [];
  for (const { path, isNested } of keys) {
    const value = isNested ? undefined : document[path];
    if (isNested || Array.isArray(value)) return undefined;
    values.push(value ?? null);
  }
  return values;
}

function orderOf(a: readonly unknown[], b: readonly unknown[], keys: readonly SortKey[], collator: Collator): number {
  for (let i = 0; i < keys.length; i++) {
    const order = compareKeys(a[i], b[i], collator);
    if (order !== 0) return order * (keys[i] as SortKey).direction;
  }
  return 0;
}

/** Compares as BSON does, but undefined, an empty array's value, comes before null. */
function compareKeys(a: unknown, b: unknown, collator: Collator): number {
  if (a !== undefined && b !== undefined) return compare(a, b, collator);
  if (a === b) return 0;
  return a === undefined ? -1 : 1;
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
    fields: new Set(keys.map(({ path }) => path.split('.', 1)[0] as string)),
    valuesOf: (document) => sortValues(document, keys, collator),
    order: (a, b) => orderOf(a, b, keys, collator),
  };
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
