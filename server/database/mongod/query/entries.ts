import { Pace, type Step } from '../pauses.ts';
import type { Entry, KeyValue, Range } from '../storage/store.ts';

/** The most entries that are read at a time. */
const LARGEST_CHUNK = 256;

/** The state of the view that the entries of the present chunk are from: what they point to may be newer. */
export interface Chunk {
  version: number;
}

/** Reads the entries of one range, from its end when `reverse`. */
export type ReadRange = (
  view: KeyValue,
  range: Range,
  reverse: boolean,
  expected: number,
  chunk: Chunk,
) => Generator<Entry>;

/** Reads the range of one key. */
export const entryAt: ReadRange = function* (view, { low }, _reverse, _expected, chunk) {
  chunk.version = view.version;
  const value = view.get(low);
  if (value !== undefined) yield { key: low, value };
};

/** Reads a chunk at a time. */
export const entriesIn: ReadRange = function* (view, { low, high }, reverse, expected, chunk) {
  let size = Math.min(Math.max(expected, 1), LARGEST_CHUNK);
  let range = { low, high };
  for (;;) {
    chunk.version = view.version;
    const entries = view.entries(range, size, reverse);
    yield* entries;
    const last = entries.at(-1);
    if (entries.length < size || last === undefined) return;
    range = reverse
      ? { low: range.low, high: last.key }
      : { low: Buffer.concat([last.key, Buffer.of(0)]), high: range.high };
    size = Math.min(size * 4, LARGEST_CHUNK);
  }
};

/** What is read of ranges one after the other. Those that hold nothing take their time as well: there are pauses between them. */
export function* withPauses<T>(ranges: readonly Range[], read: (range: Range) => Iterable<T>): Generator<Step<T>> {
  const pace = new Pace();
  for (const range of ranges) {
    let isEmpty = true;
    for (const entry of read(range)) {
      isEmpty = false;
      yield entry;
    }
    if (isEmpty && pace.isDue()) yield undefined;
  }
}
