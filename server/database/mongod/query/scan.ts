import { failure } from '../errors.ts';
import { Pace, type Step, withoutPauses } from '../pauses.ts';
import type { Collection } from '../storage/catalog.ts';
import type { Entry, KeyValue, Range } from '../storage/store.ts';
import type { Doc } from '../values/codec.ts';
import { decode, decodeFields } from '../values/decode.ts';
import { type Chunk, entriesIn, entryAt, withPauses } from './entries.ts';
import type { Matcher } from './matcher.ts';
import { inSortOrder, mergedEntries } from './merge.ts';
import type { Plan } from './plan.ts';
import { SeenKeys } from './seen-keys.ts';

/** The test of a filter, with the fields it looks at. */
export interface Test {
  matches: Matcher;
  /** Undefined for a filter that may look at every field. */
  fields: ReadonlySet<string> | undefined;
}

/** A stored document with the key it is stored under. */
export interface Found {
  key: Buffer;
  raw: Buffer;
  /** The decoded document, where matching needed all of it. */
  document: Doc | undefined;
}

/** A found document, decoded: all of it, or only these of its fields. */
export const decoded = ({ document, raw }: Found, fields?: ReadonlySet<string>): Doc =>
  document ?? (fields === undefined ? decode(raw) : decodeFields(raw, fields));

const FIRST_CHUNK = 16;

/** The documents of `pausingScan`, for whoever may not pause, as within a group of writes. */
export const scan = (
  view: KeyValue,
  collection: Collection,
  plan: Plan,
  test: Test | undefined,
  expected?: number,
): Generator<Found> => withoutPauses(pausingScan(view, collection, plan, test, expected));

/**
 * Reads a plan's documents, a chunk of entries at a time: nothing stays open in between, so that a reader may pause for
 * as long as it likes. Documents that fail the test are left out; `expected` is how many the reader will probably take. Of an
 * exact plan the first ones can be skipped without being read.
 * @throws CommandError 175 when the collection or the index is dropped while it is read
 */
export function* pausingScan(
  view: KeyValue,
  collection: Collection,
  plan: Plan,
  test: Test | undefined,
  expected = FIRST_CHUNK,
  skip = 0,
): Generator<Step<Found>> {
  if (plan.union !== undefined) {
    yield* scanUnion(view, collection, plan, test, expected);
    return;
  }
  const seen = plan.distinct ? undefined : new SeenKeys();
  const { examined } = plan;
  const pace = new Pace();
  const chunk: Chunk = { version: view.version };
  let left = skip;
  let ahead = plan;
  if (left > 0 && plan.distinct && plan.groups === undefined) {
    ahead = { ...plan, ranges: yield* rangesAfter(view, plan, left) };
    left = 0;
    checkExists(collection, plan);
  }
  for (const entry of entriesOf(view, ahead, expected, chunk)) {
    if (entry === undefined) {
      yield undefined;
      checkExists(collection, plan);
      continue;
    }
    if (examined !== undefined && !plan.points && (plan.index !== undefined || plan.narrowed)) examined.keys++;
    let { key, value: raw } = entry;
    if (pace.isDue(raw.length)) {
      yield undefined;
      checkExists(collection, plan);
    }
    if (plan.index !== undefined) {
      key = Buffer.concat([collection.ident, entry.value]);
      if (seen?.add(key) === false) continue;
      if (left > 0) {
        left--;
        continue;
      }
      const document = view.get(key);
      if (document === undefined) continue;
      raw = document;
    }
    if (examined !== undefined) examined.documents++;
    const isExact = plan.exact && view.version === chunk.version;
    const found = check(key, raw, isExact ? undefined : test);
    if (found === undefined) continue;
    yield found;
    checkExists(collection, plan);
  }
}

/** The keys of an exact plan's documents, each once, without reading those. */
export function* keysOf(view: KeyValue, plan: Plan): Generator<Step<Buffer>> {
  const seen = new SeenKeys();
  const pace = new Pace();
  for (const entry of entriesOf(view, plan)) {
    if (entry === undefined || pace.isDue()) yield undefined;
    if (entry !== undefined && seen.add(entry.value)) yield entry.value;
  }
}

/** Keys that are passed over without a pause: less than 1 ms. */
const SKIPPED_AT_ONCE = 10_000;

/** The ranges of a plan without its first entries. */
function* rangesAfter(view: KeyValue, { ranges, reverse }: Plan, skip: number): Generator<undefined, Range[]> {
  const rest = [...ranges];
  for (let left = skip; left > 0; yield undefined) {
    const range = reverse ? rest.pop() : rest.shift();
    if (range === undefined) break;
    const { keys, next } = view.count(range, Math.min(left, SKIPPED_AT_ONCE), reverse);
    left -= keys;
    if (next === undefined) continue;
    if (reverse) rest.push({ low: range.low, high: Buffer.concat([next, Buffer.of(0)]) });
    else rest.unshift({ low: next, high: range.high });
  }
  return rest;
}

/**
 * What is dropped is removed bit by bit: whoever goes on reading it would miss what is gone.
 * @throws CommandError 175
 */
export function checkExists(collection: Collection, { index }: Partial<Plan> = {}): void {
  if (!collection.dropped && !index?.dropped) return;
  const name = index?.dropped ? `index '${index.spec.name}'` : 'collection';
  throw failure(175, `${name} of ${collection.namespace} was dropped while it was read`);
}

function* scanUnion(
  view: KeyValue,
  collection: Collection,
  { union = [], order, examined }: Plan,
  test: Test | undefined,
  expected: number,
): Generator<Step<Found>> {
  const counts = examined === undefined ? {} : { examined };
  const branches = union.map((branch) =>
    pausingScan(view, collection, { ...branch, ...counts, exact: false }, test, expected),
  );
  const seen = new SeenKeys();
  for (const found of order === undefined ? inTurn(branches) : inSortOrder(branches, order))
    if (found === undefined || seen.add(found.key)) yield found;
}

function* inTurn(branches: readonly Iterable<Step<Found>>[]): Generator<Step<Found>> {
  for (const branch of branches) yield* branch;
}

function check(key: Buffer, raw: Buffer, test: Test | undefined): Found | undefined {
  if (test === undefined) return { key, raw, document: undefined };
  if (test.fields !== undefined) {
    return test.matches(decodeFields(raw, test.fields)) ? { key, raw, document: undefined } : undefined;
  }
  const document = decode(raw);
  return test.matches(document) ? { key, raw, document } : undefined;
}

/** The entries of a plan's ranges in order, with pauses where ranges have none. */
function* entriesOf(
  view: KeyValue,
  plan: Plan,
  expected = FIRST_CHUNK,
  chunk: Chunk = { version: 0 },
): Generator<Step<Entry>> {
  const { reverse } = plan;
  if (plan.groups !== undefined) {
    yield* mergedEntries(view, plan.groups, reverse, expected, chunk);
    return;
  }
  const ranges = reverse ? [...plan.ranges].reverse() : plan.ranges;
  const readRange = plan.points ? entryAt : entriesIn;
  yield* withPauses(ranges, (range) => readRange(view, range, reverse, expected, chunk));
}
