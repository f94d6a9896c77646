import type { Engine } from './engine.ts';
import { plan } from './query/planner.ts';
import { scan } from './query/scan.ts';
import { claimDocument, removeDocument } from './storage/documents.ts';

const MOST_AT_ONCE = 1000;

/** Removes the documents whose time in a TTL index is over. */
export async function expireDocuments(engine: Engine, now = Date.now()): Promise<number> {
  let removed = 0;
  for (const collection of [...engine.catalog.all()]) {
    for (const { spec, fields } of collection.indexes) {
      if (spec.expireAfterSeconds === undefined || fields.length !== 1) continue;
      const limit = new Date(now - spec.expireAfterSeconds * 1000);
      const filter = { [fields[0] as string]: { $lt: limit, $type: 'date' } };
      await engine.transactions.write((target) => {
        const found = [];
        for (const each of scan(target.view, collection, plan(collection, { filter, hint: spec.name }), undefined)) {
          found.push(each);
          if (found.length === MOST_AT_ONCE) break;
        }
        for (const { key } of found) claimDocument(target, key);
        for (const { key, raw, document } of found) removeDocument(target, collection, key, raw, document);
        removed += found.length;
      }, false);
    }
  }
  return removed;
}
