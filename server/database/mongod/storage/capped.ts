import { encodeKey, successor } from '../values/keys.ts';
import type { Collection } from './catalog.ts';
import type { KeyValue } from './store.ts';

/** The number of the last document of each collection that is ordered by insertion. */
const lastRecords = new WeakMap<Collection, number>();

/** The key for the next document of a collection that keeps the order of insertion. */
export function nextRecord(view: KeyValue, collection: Collection): Buffer {
  const next = (lastRecords.get(collection) ?? lastStored(view, collection)) + 1;
  lastRecords.set(collection, next);
  return encodeKey([next], [1], collection.ident);
}

function lastStored(view: KeyValue, { ident }: Collection): number {
  const [last] = view.entries({ low: ident, high: successor(ident) }, 1, true);
  if (last === undefined) return 0;
  // A record's key is the collection, the type and the number as a double with its sign inverted.
  const double = Buffer.from(last.key.subarray(5, 13));
  double[0] = (double[0] as number) & 0x7f;
  return double.readDoubleBE(0);
}

/** Removes the oldest documents of a capped collection until it is within its bounds again. */
export function enforceCap(view: KeyValue, collection: Collection, remove: (key: Buffer, raw: Buffer) => void): void {
  const { max, size } = collection.options as { max?: number; size: number };
  const range = { low: collection.ident, high: successor(collection.ident) };
  while (collection.count > (max ?? Number.MAX_SAFE_INTEGER) || collection.size > size) {
    const [oldest] = view.entries(range, 1, false);
    if (oldest === undefined) return;
    remove(oldest.key, oldest.value);
  }
}
