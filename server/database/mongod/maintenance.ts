import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Engine } from './engine.ts';
import type { CheckReport } from './entry/maintenance.js';
import { lockFolder } from './lock.ts';
import { makePrivate } from './private-files.ts';
import { everything } from './query/planner.ts';
import { scan } from './query/scan.ts';
import { type Collection, FIRST_IDENT } from './storage/catalog.ts';
import { DATA_FILE } from './storage/data-file.ts';
import { entriesOf } from './storage/index-entries.ts';
import { syncFolder, syncPath } from './storage/sync.ts';
import { decode } from './values/decode.ts';
import { successor } from './values/keys.ts';

/** Compares indexes and counts with the documents; described in entry/maintenance.d.ts. */
export async function checkFolder(path: string): Promise<CheckReport> {
  return withEngine(path, (engine) => {
    const report: CheckReport = { collections: 0, documents: 0, indexEntries: 0, problems: [] };
    for (const collection of engine.catalog.all()) checkCollection(engine, collection, report);
    checkOwners(engine, report);
    return report;
  });
}

/** Looks for keys of no collection and no index: what was written into one that had been dropped. */
function checkOwners({ store, catalog }: Engine, report: CheckReport): void {
  const { idents } = catalog;
  const high = Buffer.alloc(4, 0xff);
  let low: Buffer = Buffer.alloc(4);
  low.writeUInt32BE(FIRST_IDENT, 0);
  for (let [entry] = store.entries({ low, high }, 1, false); entry !== undefined; ) {
    const ident = entry.key.subarray(0, 4);
    if (!idents.has(ident.readUInt32BE(0)))
      report.problems.push(`keys with the ident ${ident.readUInt32BE(0)} belong to no collection and no index`);
    low = successor(ident);
    [entry] = store.entries({ low, high }, 1, false);
  }
}

function checkCollection(engine: Engine, collection: Collection, report: CheckReport): void {
  const { store } = engine;
  const expected = new Map(collection.indexes.map((index) => [index, 0]));
  let documents = 0;
  for (const { key, raw } of scan(store, collection, everything(collection), undefined)) {
    documents++;
    const document = decode(raw);
    const suffix = key.subarray(4);
    for (const index of collection.indexes) {
      for (const entry of entriesOf(index, document).keys) {
        expected.set(index, (expected.get(index) ?? 0) + 1);
        const found = store.get(index.unique ? entry : Buffer.concat([entry, suffix]));
        if (found?.equals(suffix) !== true) {
          report.problems.push(
            `${collection.namespace}: ${index.spec.name} lacks the entry of _id ${String(document._id)}`,
          );
        }
      }
    }
  }
  for (const [index, count] of expected) {
    const stored = store.count({ low: index.ident, high: successor(index.ident) }).keys;
    report.indexEntries += stored;
    if (stored !== count)
      report.problems.push(
        `${collection.namespace}: ${index.spec.name} has ${stored} entries, the documents make ${count}`,
      );
  }
  if (documents !== collection.count) {
    report.problems.push(`${collection.namespace}: counted as ${collection.count}, holds ${documents} documents`);
  }
  report.collections++;
  report.documents += documents;
}

/** Gives the file's free space back; described in entry/maintenance.d.ts. */
export async function compactFolder(path: string): Promise<{ before: number; after: number }> {
  const file = join(path, DATA_FILE);
  const copy = `${file}.compact`;
  const before = (await stat(file)).size;
  await withEngine(path, async (engine) => {
    await rm(copy, { force: true });
    await engine.store.copyTo(copy);
  });
  // lmdb copies without a sync: the copy must be on disk before it takes the place of the file.
  syncPath(copy);
  await rename(copy, file);
  syncFolder(path);
  await rm(`${copy}-lock`, { force: true });
  return { before, after: (await stat(file)).size };
}

async function withEngine<T>(path: string, work: (engine: Engine) => T | Promise<T>): Promise<T> {
  const unlock = await lockFolder(path);
  makePrivate(path);
  try {
    const engine = new Engine(path);
    try {
      return await work(engine);
    } finally {
      await engine.close();
    }
  } finally {
    // What this process has made anew, under whatever mask it has.
    makePrivate(path);
    unlock();
  }
}
