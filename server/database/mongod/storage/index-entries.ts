import { failure } from '../errors.ts';
import { type Rows, rowsOf } from '../query/rows.ts';
import type { Doc } from '../values/codec.ts';
import { encodeKey, isCutKey } from '../values/keys.ts';
import type { Index } from './catalog.ts';

/** What an index holds for a document. */
export interface Entries {
  /** Its keys, without the document's own key. */
  keys: Buffer[];
  /** For each field of the index 1 where its path meets an array here; undefined when none does. */
  arrays: readonly number[] | undefined;
}

/** What an index holds for a document, or, where `isStored`, for one that an earlier version may have stored (`rowsOf`). */
export function entriesOf(index: Index, document: Doc, isStored = false): Entries {
  const { rows, arrays } = indexedRows(index, document, isStored);
  const keys = rows.map((values) => encodeKey(values, index.directions, index.ident));
  return { keys: keys.length === 1 ? keys : distinct(keys), arrays };
}

const distinct = (keys: Buffer[]): Buffer[] => [
  ...new Map(keys.map((key) => [key.latin1Slice(0, key.length), key])).values(),
];

/** The values that an index holds for a document: a row for each element of the array that its paths end in or cross. */
export function indexedRows(index: Index, document: Doc, isStored = false): Rows {
  const rows = rowsOf(document, index.fields, isStored);
  if (rows.parallel === undefined) return rows;
  const names = rows.parallel.map((path) => `[${path.split('.', 1)[0]}]`);
  throw failure(171, `cannot index parallel arrays ${names.join(' ')}`);
}

/** Notes in an index what the entries of a document are like; says whether anything was new. */
export function noteEntries(index: Index, { keys, arrays }: Entries): boolean {
  const cut = !index.cut && keys.some(isCutKey);
  if (cut) index.cut = true;
  if (arrays === undefined || !hasNewArrays(index, arrays)) return cut;
  index.multikey = true;
  index.arrays = index.arrays.map((known, field) => known || (arrays[field] as number));
  return true;
}

/** Whether a document has arrays where no document of the index had one. */
export const hasNewArrays = (index: Index, arrays: readonly number[] | undefined): boolean =>
  arrays?.some((isArray, field) => isArray !== 0 && index.arrays[field] === 0) ?? false;
