import type { Engine } from './engine.ts';
import { CommandError } from './errors.ts';
import { fieldsOf } from './query/conditions.ts';
import { compileFilter } from './query/matcher.ts';
import { planBy } from './query/planner.ts';
import { scan } from './query/scan.ts';
import type { Collection, Index } from './storage/catalog.ts';
import { claimDocument, removeDocument, type Target } from './storage/documents.ts';
import type { Doc } from './values/codec.ts';

/** Documents that are removed in one group: about 5 ms. */
const MOST_AT_ONCE = 200;
/** Documents that cannot be removed, after which no others of their index are looked for: they are passed in every group. */
const MAX_FAILED = 1000;

/** What has become of the documents of one index. */
interface Sweep {
  removed: number;
  /** The keys of those that could not be removed. */
  failed: Set<string>;
  /** Why the first of them could not. */
  reason: string;
}

/**
 * Removes the documents whose time in a TTL index is over, in groups between which everything else is answered.
 * @param log is told of documents that cannot be removed, a line for each index; the others are
 * @returns how many were removed
 */
export async function expireDocuments(engine: Engine, log: (line: string) => void, now = Date.now()): Promise<number> {
  let removed = 0;
  for (const collection of [...engine.catalog.all()]) {
    for (const lifetime of lifetimesIn(collection)) {
      const sweep: Sweep = { removed: 0, failed: new Set(), reason: '' };
      for (let more = true; more && sweep.failed.size < MAX_FAILED; ) {
        await engine.transactions.write((target) => {
          more = removeExpired(target, collection, lifetime, now, sweep);
        });
        await engine.turns.next();
      }
      removed += sweep.removed;
      if (sweep.failed.size > 0)
        log(
          `${sweep.failed.size} expired documents of ${collection.namespace} cannot be removed (index ${lifetime.index.spec.name}): ${sweep.reason}`,
        );
    }
  }
  return removed;
}

interface Lifetime {
  field: string;
  seconds: number;
  index: Index;
}

/** The dates after which documents go. */
function* lifetimesIn({ indexes }: Collection): Generator<Lifetime> {
  for (const index of indexes) {
    const { spec, fields } = index;
    if (spec.expireAfterSeconds === undefined || fields.length !== 1) continue;
    yield { field: fields[0] as string, seconds: spec.expireAfterSeconds, index };
  }
}

/** Removes some of the documents that have expired; says whether there may be more. */
function removeExpired(target: Target, collection: Collection, lifetime: Lifetime, now: number, sweep: Sweep): boolean {
  const { field, seconds, index } = lifetime;
  if (collection.dropped || !collection.indexes.includes(index)) return false;
  const filter = { [field]: { $lt: new Date(now - seconds * 1000), $type: 'date' } };
  const chosen = planBy(collection, index, { view: target.view, filter });
  const found = [];
  for (const each of scan(target.view, collection, chosen, test(filter))) {
    if (sweep.failed.has(text(each.key))) continue;
    found.push(each);
    if (found.length === MOST_AT_ONCE) break;
  }
  for (const { key } of found) claimDocument(target, key);
  for (const { key, raw, document } of found) {
    try {
      removeDocument(target, collection, key, raw, document);
      sweep.removed++;
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      if (sweep.failed.size === 0) sweep.reason = error.message;
      sweep.failed.add(text(key));
    }
  }
  return found.length === MOST_AT_ONCE;
}

const text = (key: Buffer) => key.latin1Slice(0, key.length);

const test = (filter: Doc) => ({ matches: compileFilter(filter), fields: fieldsOf(filter) });
