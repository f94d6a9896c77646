import { CommandError } from '../errors.ts';
import { Pace, type Step, withoutPauses } from '../pauses.ts';
import type { Collection } from '../storage/catalog.ts';
import type { Entry, KeyValue, Range } from '../storage/store.ts';
import type { Doc } from '../values/codec.ts';
import { decode, decodeFields } from '../values/decode.ts';
import type { Matcher } from './matcher.ts';
import type { Plan } from './planner.ts';

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

const FIRST_CHUNK = 16;
const LARGEST_CHUNK = 256;

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
 * as long as it likes. Documents that fail the test are left out; `expected` is how many the reader will probably take.
 * @throws CommandError 175 when the collection or the index is dropped while it is read
 */
export function* pausingScan(
  view: KeyValue,
  collection: Collection,
  plan: Plan,
  test: Test | undefined,
  expected = FIRST_CHUNK,
): Generator<Step<Found>> {
  if (plan.union !== undefined) {
    yield* scanUnion(view, collection, plan.union, test);
    return;
  }
  const seen = plan.index?.multikey ? new Set<string>() : undefined;
  const pace = new Pace();
  const chunk: Chunk = { version: view.version };
  for (const entry of entriesOf(view, plan, expected, chunk)) {
    let { key, value: raw } = entry;
    if (pace.isDue(raw.length)) {
      yield undefined;
      checkExists(collection, plan);
    }
    if (plan.index !== undefined) {
      key = Buffer.concat([collection.ident, entry.value]);
      if (seen !== undefined) {
        const text = key.latin1Slice(0, key.length);
        if (seen.has(text)) continue;
        seen.add(text);
      }
      const document = view.get(key);
      if (document === undefined) continue;
      raw = document;
    }
    const isExact = plan.exact && view.version === chunk.version;
    const found = check(key, raw, isExact ? undefined : test);
    if (found === undefined) continue;
    yield found;
    checkExists(collection, plan);
  }
}

/** What is dropped is removed bit by bit: whoever goes on reading it would miss what is gone. */
function checkExists(collection: Collection, { index }: Plan): void {
  if (!collection.dropped && !index?.dropped) return;
  const name = index?.dropped ? `index '${index.spec.name}'` : 'collection';
  throw new CommandError(175, 'QueryPlanKilled', `${name} of ${collection.namespace} was dropped while it was read`);
}

function* scanUnion(
  view: KeyValue,
  collection: Collection,
  plans: readonly Plan[],
  test: Test | undefined,
): Generator<Step<Found>> {
  const seen = new Set<string>();
  for (const branch of plans) {
    for (const found of pausingScan(view, collection, { ...branch, exact: true }, undefined)) {
      if (found === undefined) {
        yield undefined;
        continue;
      }
      const text = found.key.latin1Slice(0, found.key.length);
      if (seen.has(text)) continue;
      seen.add(text);
      const checked = check(found.key, found.raw, test);
      if (checked !== undefined) yield checked;
    }
  }
}

function check(key: Buffer, raw: Buffer, test: Test | undefined): Found | undefined {
  if (test === undefined) return { key, raw, document: undefined };
  if (test.fields !== undefined) {
    return test.matches(decodeFields(raw, test.fields)) ? { key, raw, document: undefined } : undefined;
  }
  const document = decode(raw);
  return test.matches(document) ? { key, raw, document } : undefined;
}

/** The state of the view that the entries of the present chunk are from: what they point to may be newer. */
interface Chunk {
  version: number;
}

/** The entries of a plan's ranges in order. */
export function* entriesOf(
  view: KeyValue,
  plan: Plan,
  expected = FIRST_CHUNK,
  chunk: Chunk = { version: 0 },
): Generator<Entry> {
  const ranges = plan.reverse ? [...plan.ranges].reverse() : plan.ranges;
  for (const range of ranges) {
    if (plan.points) {
      chunk.version = view.version;
      const value = view.get(range.low);
      if (value !== undefined) yield { key: range.low, value };
      continue;
    }
    yield* entriesIn(view, range, plan.reverse, expected, chunk);
  }
}

function* entriesIn(
  view: KeyValue,
  { low, high }: Range,
  reverse: boolean,
  expected: number,
  chunk: Chunk,
): Generator<Entry> {
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
}
