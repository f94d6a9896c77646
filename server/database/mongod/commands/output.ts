import type { Engine } from '../engine.ts';
import { badValue, failedToParse, notImplemented } from '../errors.ts';
import { Memory } from '../memory.ts';
import { eachResult, Slices, type Step } from '../pauses.ts';
import { type Collection, createIndexEntry } from '../storage/catalog.ts';
import { claimDocument, documentKey, insertDocument, prepareInsert, type Target } from '../storage/documents.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { addField } from '../values/fields.ts';
import { fieldNames } from '../values/order.ts';
import type { Command } from './context.ts';
import { type Place, placeOf } from './place.ts';
import { applyTo } from './statement-runs.ts';

/** Results that are written in one group: about as many as take 10 ms. */
const BATCH = 256;

/** What a stage may say, and in which words; everything else is refused. */
const known: Record<string, readonly string[]> = {
  $out: ['db', 'coll'],
  $merge: ['into', 'whenMatched', 'whenNotMatched', 'on'],
  '$merge.into': ['db', 'coll'],
};

function checkKnown(place: string, options: Doc): void {
  const unknown = Object.keys(options).find((field) => !known[place]?.includes(field));
  if (unknown !== undefined) throw notImplemented(`${place} with ${unknown} is not supported`);
}

/**
 * Compiles the last stage, $out or $merge; what it returns writes a pipeline's results, which have to fit into memory.
 * @throws CommandError 238 for modes and keys of $merge other than its own, but for `whenMatched: 'fail'`
 */
export function compileOutput(
  engine: Engine,
  command: Command,
  name: string,
  spec: unknown,
): (results: Iterable<Step<Buffer>>) => Promise<void> {
  const options = (isDocument(spec) ? spec : {}) as Doc;
  checkKnown(name, options);
  const { whenMatched = 'merge', whenNotMatched = 'insert', on = '_id' } = options;
  if ((whenMatched !== 'merge' && whenMatched !== 'fail') || whenNotMatched !== 'insert' || on !== '_id')
    throw notImplemented('$merge is supported by _id, merging or failing where there is a document');
  const into = name === '$merge' && isDocument(spec) ? spec.into : spec;
  if (name === '$merge' && isDocument(into)) checkKnown('$merge.into', into);
  const place = isDocument(into) ? { db: String(into.db ?? command.database), coll: into.coll } : { coll: into };
  const { db = command.database, coll } = place;
  if (typeof coll !== 'string') throw failedToParse('$out and $merge need a collection name');
  return async (results) => {
    const memory = new Memory();
    const rows: Buffer[] = [];
    await eachResult(results, new Slices(engine.scheduler, command), (row) => {
      memory.add(row.length, name);
      rows.push(row);
    });
    if (name === '$out') await replace(engine, command, db, coll, rows);
    else await merge(engine, command, await placeOf(engine, command, db, coll, true), rows, whenMatched === 'fail');
  };
}

/** Writes rows in groups; a group that has to wait for a transaction goes on where it stopped. */
async function inBatches(
  { transactions, scheduler }: Engine,
  rows: readonly Buffer[],
  deadline: number | undefined,
  write: (target: Target, row: Buffer) => void,
): Promise<void> {
  for (let next = 0, end = 0; next < rows.length; await scheduler.next()) {
    end = Math.min(rows.length, next + BATCH);
    await transactions.write((target) => {
      for (; next < end; next++) write(target, rows[next] as Buffer);
    }, deadline);
  }
}

async function merge(
  engine: Engine,
  command: Command,
  place: Place,
  rows: readonly Buffer[],
  isInsert: boolean,
): Promise<void> {
  await inBatches(engine, rows, command.deadline, (target, row) => {
    const collection = place.create();
    const { id, raw, document } = prepareInsert(row);
    const key = documentKey(collection, id);
    const before = target.view.get(key);
    if (isInsert || before === undefined) {
      insertDocument(target, collection, id, raw, document);
      return;
    }
    claimDocument(target, key);
    applyTo(target, collection, { key, raw: before, document: undefined }, (old) => {
      const merged = { ...old };
      for (const field of fieldNames(document)) addField(merged, field, document[field]);
      return merged;
    });
  });
}

/**
 * Puts rows in the place of a collection with its indexes, all or none of them. Until then nobody finds them, what reads sees the
 * old ones, and a restart finds nothing of them.
 * @throws CommandError 2 when the old collection, or an index of it, is gone or new by then
 */
async function replace(
  engine: Engine,
  command: Command,
  database: string,
  name: string,
  rows: readonly Buffer[],
): Promise<void> {
  const { catalog, store, transactions } = engine;
  let fresh: Collection | undefined;
  let indexes: Collection['indexes'] = [];
  let old: Collection | undefined;
  const end = (succeeded: boolean) => {
    const { ident, indexes } = fresh as Collection;
    catalog.endBuild(store, [ident, ...indexes.map((index) => index.ident)], succeeded);
  };
  await transactions.write(() => {
    old = catalog.get(database, name);
    indexes = [...(old?.indexes ?? [])];
    fresh = engine.newCollection(database, name, old?.options ?? {}, catalog.allocateForBuild(store));
    fresh.indexes = indexes.map(({ spec }) => createIndexEntry(spec, catalog.allocateForBuild(store)));
  });
  try {
    await inBatches(engine, rows, command.deadline, (target, row) => {
      const { id, raw, document } = prepareInsert(row);
      insertDocument(target, fresh as Collection, id, raw, document);
    });
    await transactions.write(() => {
      const present = catalog.get(database, name);
      const isSame = present?.indexes.every((index, at) => index === indexes[at]) && present.builds.length === 0;
      if (present !== old || (present !== undefined && !(isSame && present.indexes.length === indexes.length)))
        throw badValue(`collection or indexes of ${database}.${name} changed while processing $out`);
      end(true);
      if (present !== undefined) catalog.drop(store, present);
      (fresh as Collection).since = store.currentGroup;
      catalog.add(store, fresh as Collection);
    });
  } catch (error) {
    await transactions.write(() => end(false));
    throw error;
  } finally {
    engine.reap();
  }
}
