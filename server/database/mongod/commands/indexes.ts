import type { Engine } from '../engine.ts';
import { failure, namespaceNotFound } from '../errors.ts';
import { beforeDeadline, checkTime } from '../pauses.ts';
import { isSameKey } from '../query/hint.ts';
import {
  type Build,
  type Collection,
  createIndexEntry,
  type Index,
  type IndexSpec,
  indexSpecs,
} from '../storage/catalog.ts';
import type { Target } from '../storage/documents.ts';
import { IndexBuild } from '../storage/index-build.ts';
import type { Transaction } from '../storage/transactions.ts';
import { isDocument } from '../values/codec.ts';
import { equal } from '../values/compare.ts';
import { collectionName, collectionOf, type Handler, listReply } from './context.ts';
import { checkedSpecs, MAX_INDEXES } from './index-spec.ts';
import { placeOf } from './place.ts';

export const createIndexes: Handler = async (engine, command) => {
  const { body, database, transaction } = command;
  const name = collectionName(command);
  const specs = checkedSpecs(body.indexes);
  const existed = engine.find(database, name, transaction) !== undefined;
  const place = await placeOf(engine, command, database, name, true);
  if (!existed && transaction === undefined) await engine.transactions.write(() => void place.create());
  const collection = place.find() ?? engine.existing(database, name);
  const before = indexSpecs(collection).length;
  if (transaction !== undefined) await createWithin(engine, transaction, collection, specs);
  else await build(engine, collection, specs, command.deadline);
  const after = indexSpecs(collection).length;
  return {
    numIndexesBefore: before,
    numIndexesAfter: after,
    createdCollectionAutomatically: !existed,
    ...(after === before ? { note: 'all indexes already exist' } : {}),
    ok: 1,
  };
};

/** Creates indexes of a collection that came into being in the same transaction, and is empty. */
async function createWithin(
  engine: Engine,
  transaction: Transaction,
  collection: Collection,
  specs: readonly IndexSpec[],
): Promise<void> {
  const refused = (kind: string) =>
    failure(
      263,
      `Cannot create new indexes on ${kind} collection ${collection.namespace} in a multi-document transaction.`,
    );
  if (!transaction.created.has(collection.namespace)) throw refused('existing');
  if ((transaction.counts.get(collection)?.documents ?? 0) > 0) throw refused('non-empty');
  await engine.store.write(() => {
    for (const spec of missing(collection, specs))
      collection.indexes.push(createIndexEntry(spec, engine.catalog.allocate(engine.store)));
  });
}

/** Creates indexes without keeping other commands waiting for long, however large the collection is. */
async function build(
  engine: Engine,
  collection: Collection,
  specs: readonly IndexSpec[],
  deadline: number | undefined,
): Promise<void> {
  const { catalog, store, transactions } = engine;
  let build: IndexBuild | undefined;
  let filled = false;
  const write = (job: (target: Target) => void) => transactions.write(job);
  for (let other = similarBuild(collection, specs); other !== undefined; other = similarBuild(collection, specs))
    await beforeDeadline(other.ended, deadline);
  try {
    let writers: Promise<unknown> | undefined;
    await write((target) => {
      if (build === undefined) {
        const indexes = missing(collection, specs).map((spec) =>
          createIndexEntry(spec, catalog.allocateForBuild(store)),
        );
        if (indexes.length === 0) return;
        build = new IndexBuild(collection, indexes);
        writers = transactions.endOfWriters(collection.ident);
      }
      if (writers !== undefined) return;
      filled = build.fill(target);
      if (filled) build.finish(store, catalog);
    });
    if (build === undefined || filled) return;
    if (writers !== undefined) await beforeDeadline(writers, deadline);
    while (!filled) {
      checkTime(deadline);
      await write((target) => {
        filled = (build as IndexBuild).fill(target);
      });
    }
    await write(() => (build as IndexBuild).finish(store, catalog));
  } catch (error) {
    if (build !== undefined) await write(() => (build as IndexBuild).abort(store, catalog));
    engine.reap();
    throw error;
  }
}

/** A build under way of an index with the name of one of these. */
const similarBuild = ({ builds }: Collection, specs: readonly IndexSpec[]): Build | undefined =>
  builds.find(({ indexes }) => indexes.some(({ spec }) => specs.some(({ name }) => name === spec.name)));

/**
 * The specifications of indexes that a collection does not have.
 * @throws CommandError 85 or 86 for one that contradicts an index it has
 */
function missing(collection: Collection, specs: readonly IndexSpec[]): IndexSpec[] {
  const known = [
    ...collection.indexes.map(({ spec }) => spec),
    ...collection.builds.flatMap(({ indexes }) => indexes.map(({ spec }) => spec)),
  ];
  const fresh: IndexSpec[] = [];
  for (const spec of specs) if (isMissing(spec, [...known, ...fresh])) fresh.push(spec);
  if (fresh.length > 0 && known.length + fresh.length >= MAX_INDEXES)
    throw failure(67, `add index fails, too many indexes for ${collection.namespace}`);
  return fresh;
}

function isMissing(spec: IndexSpec, known: readonly IndexSpec[]): boolean {
  if (equal(spec.key, { _id: 1 })) return false;
  const sameName = known.find((each) => each.name === spec.name);
  const sameKey = known.find(({ key }) => isSameKey(key, spec.key));
  if (sameName === undefined && sameKey === undefined) return true;
  const both = `Requested index: ${JSON.stringify(spec)}, existing index: ${JSON.stringify(sameName ?? sameKey)}`;
  if (sameName !== undefined && sameName !== sameKey) throw failure(86, `An existing index has the same name. ${both}`);
  const isSame = (['name', 'unique', 'expireAfterSeconds'] as const).every(
    (option) => sameKey?.[option] === spec[option],
  );
  if (!isSame) throw failure(85, `An existing index has other options. ${both}`);
  return false;
}

export const listIndexes: Handler = (engine, command) => {
  const collection = collectionOf(engine, command);
  const namespace = `${command.database}.${collectionName(command)}`;
  if (collection === undefined) throw namespaceNotFound(`ns does not exist: ${namespace}`);
  return listReply(engine, namespace, indexSpecs(collection), command.body);
};

export const dropIndexes: Handler = async (engine, command) => {
  const { body, database } = command;
  const name = collectionName(command);
  let before = 0;
  await engine.transactions.write(() => {
    const collection = engine.catalog.get(database, name);
    if (collection === undefined) throw namespaceNotFound(`ns not found ${database}.${name}`);
    before = indexSpecs(collection).length;
    if (collection.builds.length > 0)
      throw failure(
        12586,
        `cannot perform operation: an index build is currently running for collection ${collection.namespace}`,
      );
    const dropped = chosen(collection, body.index);
    for (const index of dropped) index.dropped = true;
    collection.indexes = collection.indexes.filter((index) => !dropped.includes(index));
    engine.catalog.abandon(
      engine.store,
      dropped.map((index) => index.ident),
    );
    engine.catalog.save(engine.store, collection);
  });
  engine.reap();
  return { nIndexesWas: before, ok: 1 };
};

function chosen(collection: Collection, which: unknown): Index[] {
  if (which === '*') return collection.indexes;
  const wanted = Array.isArray(which) ? which : [which];
  return wanted.map((each) => {
    const isId = each === '_id_' || (isDocument(each) && equal(each, { _id: 1 }));
    if (isId) throw failure(72, 'cannot drop _id index');
    const found = collection.indexes.find(
      (index) => index.spec.name === each || (isDocument(each) && equal(index.spec.key, each)),
    );
    if (found === undefined) {
      throw failure(27, `index not found with name [${typeof each === 'string' ? each : JSON.stringify(each)}]`);
    }
    return found;
  });
}
