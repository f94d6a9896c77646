import type { Engine } from './engine.ts';
import { CommandError } from './errors.ts';
import { fieldsOf } from './query/conditions.ts';
import { compileFilter } from './query/matcher.ts';
import { planBy } from './query/planner.ts';
import { type Found, scan } from './query/scan.ts';
import type { Collection, Index } from './storage/catalog.ts';
import { claimDocument, removeDocument, type Target } from './storage/documents.ts';

/** Documents that are removed in one group: about 5 ms. */
const MOST_AT_ONCE = 200;
/** Documents that cannot be removed, after which no others of their index are looked for: they are passed in every group. */
const MAX_FAILED = 1000;

/**
 * Removes the documents whose time in a TTL index is over, in groups between which everything else is answered.
 * @param log is told of documents that cannot be removed, a line for each index; the others are
 * @returns how many were removed
 */
export async function expireDocuments(engine: Engine, log: (line: string) => void, now = Date.now()): Promise<number> {
  let removed = 0;
  for (const collection of [...engine.catalog.all()]) {
    for (const index of collection.indexes.filter(({ spec }) => spec.expireAfterSeconds !== undefined)) {
      const failed = new Map<string, string>();
      for (let found = MOST_AT_ONCE; found === MOST_AT_ONCE && failed.size < MAX_FAILED; ) {
        const before = failed.size;
        await engine.transactions.write((target) => {
          found = removeExpired(target, collection, index, now, failed);
        });
        removed += found - (failed.size - before);
        await engine.scheduler.next();
      }
      const [reason] = failed.values();
      if (reason !== undefined)
        log(
          `${failed.size} expired documents of ${collection.namespace} cannot be removed (index ${index.spec.name}): ${reason}`,
        );
    }
  }
  return removed;
}

/**
 * Removes some of the documents that have expired; says how many there were.
 * @param failed takes the keys of those that cannot be removed, with the reason: they are passed
 */
function removeExpired(
  target: Target,
  collection: Collection,
  index: Index,
  now: number,
  failed: Map<string, string>,
): number {
  if (collection.dropped || !collection.indexes.includes(index)) return 0;
  const before = new Date(now - Number(index.spec.expireAfterSeconds) * 1000);
  const filter = { [index.fields[0] as string]: { $lt: before, $type: 'date' } };
  const test = { matches: compileFilter(filter), fields: fieldsOf(filter) };
  const found: Found[] = [];
  for (const each of scan(target.view, collection, planBy(collection, index, { view: target.view, filter }), test)) {
    if (!failed.has(text(each.key))) found.push(each);
    if (found.length === MOST_AT_ONCE) break;
  }
  for (const { key } of found) claimDocument(target, key);
  for (const { key, raw, document } of found) {
    try {
      removeDocument(target, collection, key, raw, document);
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      failed.set(text(key), error.message);
    }
  }
  return found.length;
}

const text = (key: Buffer) => key.latin1Slice(0, key.length);
