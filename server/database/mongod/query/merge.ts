import type { Step } from '../pauses.ts';
import type { Entry, KeyValue } from '../storage/store.ts';
import type { Doc } from '../values/codec.ts';
import { decodeFields } from '../values/decode.ts';
import { type Chunk, entriesIn, withPauses } from './entries.ts';
import type { Group } from './plan.ts';
import { compileSort } from './sort.ts';

/** A first read of so many entries costs no more than one of a single entry. */
const SMALLEST_CHUNK = 4;

/**
 * Reads groups of ranges side by side, and yields their entries in the order of what follows each group's head: in the order
 * of the index's further fields, and of _id where those are equal.
 */
export function* mergedEntries(
  view: KeyValue,
  groups: readonly Group[],
  reverse: boolean,
  expected: number,
  chunk: Chunk,
): Generator<Step<Entry>> {
  const each = Math.max(SMALLEST_CHUNK, Math.ceil((expected * 2) / groups.length));
  const sources = groups.map((group) => entriesOfGroup(view, group, reverse, each));
  const sign = reverse ? -1 : 1;
  const compare = (a: GroupEntry, b: GroupEntry) => {
    const first = a.entry.key;
    const second = b.entry.key;
    const order = first.compare(second, b.head, second.length, a.head, first.length);
    return (order === 0 ? Buffer.compare(a.entry.value, b.entry.value) : order) * sign;
  };
  for (const next of mergeSorted(sources, compare)) {
    if (next !== undefined) chunk.version = next.version;
    yield next?.entry;
  }
}

interface GroupEntry {
  entry: Entry;
  head: number;
  /** The state of the view that it is from. */
  version: number;
}

function* entriesOfGroup(
  view: KeyValue,
  { head, ranges }: Group,
  reverse: boolean,
  expected: number,
): Generator<Step<GroupEntry>> {
  const own: Chunk = { version: view.version };
  const inOrder = reverse ? [...ranges].reverse() : ranges;
  for (const entry of withPauses(inOrder, (range) => entriesIn(view, range, reverse, expected, own)))
    yield entry && { entry, head, version: own.version };
}

/** Yields the documents of branches, each of which is in the order of a sort, in that order; and their pauses. */
export function* inSortOrder<T extends { raw: Buffer }>(
  branches: readonly Iterable<Step<T>>[],
  sort: Doc,
): Generator<Step<T>> {
  const { fields, valuesOf, order } = compileSort(sort);
  const sources = branches.map((branch) => withValues(branch, ({ raw }) => valuesOf(decodeFields(raw, fields))));
  for (const next of mergeSorted(sources, (a, b) => order(a.values, b.values))) yield next?.found;
}

function* withValues<T>(
  branch: Iterable<Step<T>>,
  valuesOf: (found: T) => unknown[],
): Generator<Step<{ found: T; values: unknown[] }>> {
  for (const found of branch) yield found === undefined ? undefined : { found, values: valuesOf(found) };
}

/** Yields the items of sources, each of which is in order, in order; and their pauses. */
function* mergeSorted<T>(sources: readonly Iterator<Step<T>>[], compare: (a: T, b: T) => number): Generator<Step<T>> {
  /** The first item of each source, the last of all in order at the beginning. */
  const heads: { item: T; source: Iterator<Step<T>> }[] = [];
  const insert = (item: T, source: Iterator<Step<T>>): void => {
    let [low, high] = [0, heads.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare((heads[middle] as { item: T }).item, item) > 0) low = middle + 1;
      else high = middle;
    }
    heads.splice(low, 0, { item, source });
  };
  for (const source of sources) {
    const first = yield* nextOf(source);
    if (first !== undefined) insert(first, source);
  }
  for (let top = heads.pop(); top !== undefined; top = heads.pop()) {
    yield top.item;
    const next = yield* nextOf(top.source);
    if (next !== undefined) insert(next, top.source);
  }
}

/** The next item of a source, after the pauses before it; undefined where there is none. */
function* nextOf<T>(source: Iterator<Step<T>>): Generator<undefined, T | undefined> {
  for (;;) {
    const { value, done } = source.next();
    if (done) return undefined;
    if (value !== undefined) return value;
    yield undefined;
  }
}
