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
const LARGEST_CHUNK = 1024;

/**
 * Reads a plan's documents, a chunk of entries at a time: nothing stays open in between, so that a reader may pause for
 * as long as it likes. Documents that fail the test are left out; `expected` is how many the reader will probably take.
 */
export function* scan(
  view: KeyValue,
  collection: Collection,
  plan: Plan,
  test: Test | undefined,
  expected = FIRST_CHUNK,
): Generator<Found> {
  if (plan.union !== undefined) {
    yield* scanUnion(view, collection, plan.union, test);
    return;
  }
  const seen = plan.index?.multikey ? new Set<string>() : undefined;
  for (const entry of entriesOf(view, plan, expected)) {
    let { key, value: raw } = entry;
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
    const found = check(key, raw, plan.exact ? undefined : test);
    if (found !== undefined) yield found;
  }
}

function* scanUnion(
  view: KeyValue,
  collection: Collection,
  plans: readonly Plan[],
  test: Test | undefined,
): Generator<Found> {
  const seen = new Set<string>();
  for (const branch of plans) {
    for (const found of scan(view, collection, { ...branch, exact: true }, undefined)) {
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

/** The entries of a plan's ranges in order. */
export function* entriesOf(view: KeyValue, plan: Plan, expected = FIRST_CHUNK): Generator<Entry> {
  const ranges = plan.reverse ? [...plan.ranges].reverse() : plan.ranges;
  for (const range of ranges) {
    if (plan.points) {
      const value = view.get(range.low);
      if (value !== undefined) yield { key: range.low, value };
      continue;
    }
    yield* entriesIn(view, range, plan.reverse, expected);
  }
}

function* entriesIn(view: KeyValue, { low, high }: Range, reverse: boolean, expected: number): Generator<Entry> {
  let chunk = Math.min(Math.max(expected, 1), LARGEST_CHUNK);
  let range = { low, high };
  for (;;) {
    const entries = view.entries(range, chunk, reverse);
    yield* entries;
    const last = entries.at(-1);
    if (entries.length < chunk || last === undefined) return;
    range = reverse
      ? { low: range.low, high: last.key }
      : { low: Buffer.concat([last.key, Buffer.of(0)]), high: range.high };
    chunk = Math.min(chunk * 4, LARGEST_CHUNK);
  }
}
