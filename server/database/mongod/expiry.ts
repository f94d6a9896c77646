import type { Engine } from './engine.ts';
import { fieldsOf } from './query/conditions.ts';
import { compileFilter } from './query/matcher.ts';
import { plan } from './query/planner.ts';
import { scan } from './query/scan.ts';
import type { Collection } from './storage/catalog.ts';
import { claimDocument, removeDocument } from './storage/documents.ts';
import type { Doc } from './values/codec.ts';

const MOST_AT_ONCE = 1000;

/** Removes the documents whose time in a TTL index is over. */
export async function expireDocuments(engine: Engine, now = Date.now()): Promise<number> {
  let removed = 0;
  for (const collection of [...engine.catalog.all()]) {
    for (const { field, seconds, hint } of lifetimesIn(collection)) {
      const filter = { [field]: { $lt: new Date(now - seconds * 1000), $type: 'date' } };
      await engine.transactions.write((target) => {
        const found = [];
        for (const each of scan(target.view, collection, plan(collection, { filter, hint }), test(filter))) {
          found.push(each);
          if (found.length === MOST_AT_ONCE) break;
        }
        for (const { key } of found) claimDocument(target, key);
        for (const { key, raw, document } of found) removeDocument(target, collection, key, raw, document);
        removed += found.length;
      });
    }
  }
  return removed;
}

interface Lifetime {
  field: string;
  seconds: number;
  hint: string;
}

/** The dates after which documents go. */
function* lifetimesIn({ indexes }: Collection): Generator<Lifetime> {
  for (const { spec, fields } of indexes) {
    if (spec.expireAfterSeconds === undefined || fields.length !== 1) continue;
    yield { field: fields[0] as string, seconds: spec.expireAfterSeconds, hint: spec.name };
  }
}

const test = (filter: Doc) => ({ matches: compileFilter(filter), fields: fieldsOf(filter) });
