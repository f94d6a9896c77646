import type { Engine } from './engine.ts';
import { fieldsOf } from './query/conditions.ts';
import { compileFilter } from './query/matcher.ts';
import { planBy } from './query/planner.ts';
import { scan } from './query/scan.ts';
import type { Collection, Index } from './storage/catalog.ts';
import { claimDocument, removeDocument, type Target } from './storage/documents.ts';
import type { Doc } from './values/codec.ts';

/** Documents that are removed in one group: about 5 ms. */
const MOST_AT_ONCE = 200;

/** Removes the documents whose time in a TTL index is over, in groups between which everything else is answered. */
export async function expireDocuments(engine: Engine, now = Date.now()): Promise<number> {
  let removed = 0;
  for (const collection of [...engine.catalog.all()]) {
    for (const lifetime of lifetimesIn(collection)) {
      let last: number;
      do {
        last = 0;
        await engine.transactions.write((target) => {
          last = removeExpired(target, collection, lifetime, now);
        });
        removed += last;
        await engine.turns.next();
      } while (last === MOST_AT_ONCE);
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

/** Removes some of the documents that have expired, and says how many. */
function removeExpired(target: Target, collection: Collection, lifetime: Lifetime, now: number): number {
  const { field, seconds, index } = lifetime;
  if (collection.dropped || !collection.indexes.includes(index)) return 0;
  const filter = { [field]: { $lt: new Date(now - seconds * 1000), $type: 'date' } };
  const chosen = planBy(collection, index, { view: target.view, filter });
  const found = [];
  for (const each of scan(target.view, collection, chosen, test(filter))) {
    found.push(each);
    if (found.length === MOST_AT_ONCE) break;
  }
  for (const { key } of found) claimDocument(target, key);
  for (const { key, raw, document } of found) removeDocument(target, collection, key, raw, document);
  return found.length;
}

const test = (filter: Doc) => ({ matches: compileFilter(filter), fields: fieldsOf(filter) });
