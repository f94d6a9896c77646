import { Long, UUID } from 'bson';
import { expect } from 'chai';
import type { Command } from '../commands/context.ts';
import { countMatches, search } from '../commands/search.ts';
import type { Doc } from '../values/codec.ts';
import { eventually } from './support/eventually.ts';
import { type InProcess, startInProcess } from './support/in-process.ts';

/** The fields that make commands part of a transaction of a session of its own. */
const newTransaction = () => ({ lsid: { id: new UUID() }, txnNumber: Long.ONE, autocommit: false });

describe('commands that run in between others', () => {
  let engine: InProcess;

  beforeEach(async () => {
    engine = await startInProcess();
  });
  afterEach(() => engine.close());

  const all = async (collection: string, filter: Doc = {}) => {
    const { cursor } = await engine.run({ find: collection, filter, batchSize: 10_000 });
    return (cursor as { firstBatch: Doc[] }).firstBatch;
  };
  const names = async () => {
    const { cursor } = await engine.run({ listCollections: 1, nameOnly: true });
    return (cursor as { firstBatch: Doc[] }).firstBatch.map(({ name }) => name);
  };

  it('let a write of many documents change each once, although a transaction holds an entry in the middle', async () => {
    const size = 3000;
    await engine.run({ createIndexes: 'rows', indexes: [{ key: { u: 1 }, name: 'u', unique: true }] });
    await engine.insert(
      'rows',
      Array.from({ length: size }, (_each, id) => ({ _id: id, u: id, n: 0 })),
    );
    const holder = newTransaction();
    const held = { insert: 'rows', documents: [{ _id: 'held', u: 10_150 }], ...holder, startTransaction: true };
    expect(await engine.run(held)).to.include({ ok: 1 });
    const update = { q: { n: { $gte: 0 } }, u: { $inc: { u: 10_000, n: 1 } }, multi: true };
    const reply = engine.run({ update: 'rows', updates: [update] });
    await eventually(async () => expect(await all('rows', { n: 1 })).to.have.length(150));
    await engine.run({ abortTransaction: 1, ...holder });
    expect(await reply).to.include({ ok: 1, n: size, nModified: size });
    expect(await all('rows', { n: 1 })).to.have.length(size);
  });

  for (const multi of [false, true])
    it(`let an upsert find what the transaction that it waited for has stored (multi: ${multi})`, async () => {
      await engine.run({ createIndexes: 'rows', indexes: [{ key: { u: 1 }, name: 'u', unique: true }] });
      const holder = newTransaction();
      const held = { insert: 'rows', documents: [{ _id: 1, u: 'x', n: 0 }], ...holder, startTransaction: true };
      expect(await engine.run(held)).to.include({ ok: 1 });
      const update = { q: { u: 'x' }, u: { $inc: { n: 1 } }, upsert: true, multi };
      const reply = engine.run({ update: 'rows', updates: [update] }, engine.connect());
      // An answer to a later write says that the group with the upsert has run.
      await engine.insert('others', [{ _id: 1 }]);
      await engine.run({ commitTransaction: 1, ...holder });
      expect(await reply).to.deep.include({ n: 1, nModified: 1 });
      expect(await all('rows')).to.deep.equal([{ _id: 1, u: 'x', n: 1 }]);
    });

  for (const [dropped, filter] of [
    ['the index of whose ranges it counts the keys', { u: { $in: [1, 2] } }],
    ['the index of which it counts the documents', { tags: { $gte: 1 } }],
  ] as const)
    it(`end a count, rather than make it wrong, when they drop ${dropped}`, async () => {
      const key = Object.keys(filter)[0] as string;
      await engine.insert(
        'rows',
        Array.from({ length: 100 }, (_each, id) => ({ _id: id, u: id % 3, tags: [1, id] })),
      );
      await engine.run({ createIndexes: 'rows', indexes: [{ key: { [key]: 1 }, name: key }] });
      const command = { name: 'count', database: 'test', body: { count: 'rows' } } as unknown as Command;
      const counting = countMatches(engine.engine, command, engine.engine.existing('test', 'rows'), { filter });
      expect(counting.next().done).to.equal(false);
      await engine.run({ dropIndexes: 'rows', index: key });
      expect(() => [...counting]).to.throw('was dropped while it was read');
    });

  it('end a sort that reads large documents again, rather than leave them out, when they drop the collection', async () => {
    const text = 'x'.repeat(1024 * 1024);
    for (let id = 0; id < 20; id++) await engine.insert('rows', [{ _id: id, n: -id, text }]);
    const found = search(
      engine.engine.store,
      engine.engine.existing('test', 'rows'),
      { filter: {}, sort: { n: 1 } },
      {},
    );
    expect([...found].filter((each) => each !== undefined)).to.have.length(20);
    const again = search(
      engine.engine.store,
      engine.engine.existing('test', 'rows'),
      { filter: {}, sort: { n: 1 } },
      {},
    );
    while (again.next().value === undefined);
    await engine.run({ drop: 'rows' });
    expect(() => [...again]).to.throw('was dropped while it was read');
  });

  /** Sends commands while a new collection is on its way to the disk. */
  const whileCatalogIsSynced = (send: () => Promise<Doc>[]) =>
    new Promise<Doc[]>((resolve, reject) => {
      const { engine: database } = engine;
      const create = () => {
        database.createCollection('test', 'new');
        process.nextTick(() => {
          if (database.catalogChange === undefined) reject(new Error('the change was synced too early'));
          Promise.all(send()).then(resolve, reject);
        });
      };
      database.store.write(create).catch(reject);
    });

  for (const [second, answer] of [
    ['commitTransaction', { ok: 1 }],
    ['abortTransaction', { ok: 0, code: 256 }],
  ] as const) {
    it(`tell a ${second} of the commit before it, when both have waited for a new collection`, async () => {
      await engine.insert('rows', [{ _id: 0 }]);
      const own = newTransaction();
      await engine.run({ insert: 'rows', documents: [{ _id: 1 }], ...own, startTransaction: true });
      const replies = await whileCatalogIsSynced(() => [
        engine.run({ commitTransaction: 1, ...own }, engine.connect()),
        engine.run({ [second]: 1, ...own }, engine.connect()),
      ]);
      expect(replies[0]).to.include({ ok: 1 });
      expect(replies[1]).to.include(answer);
      expect(await all('rows')).to.have.length(2);
    });
  }

  it('do not make a transaction create a collection that others see, when the one it found is dropped', async () => {
    await engine.insert('a', [{ _id: 0 }]);
    const own = newTransaction();
    const bulk = {
      bulkWrite: 1,
      ops: [0, 1].map((at) => ({ insert: at, document: { _id: 1 } })),
      nsInfo: [{ ns: 'test.a' }, { ns: 'test.b' }],
    };
    const [, reply] = await Promise.all([
      engine.run({ drop: 'a' }),
      engine.run({ ...bulk, ...own, startTransaction: true }),
    ]);
    expect(await names()).to.deep.equal([]);
    expect(reply).to.include({ ok: 0, code: 112 });
    expect((reply as Doc).errorLabels).to.deep.equal(['TransientTransactionError']);
    await engine.run({ abortTransaction: 1, ...own });
    expect(await names()).to.deep.equal([]);
  });

  it('show an older transaction no collection that another has made since', async () => {
    await engine.insert('rows', [{ _id: 0 }]);
    const [older, own] = [newTransaction(), newTransaction()];
    expect(await engine.run({ find: 'rows', ...older, startTransaction: true })).to.include({ ok: 1 });
    await engine.run({ insert: 'made', documents: [{ _id: 1 }], ...own, startTransaction: true });
    expect(await engine.run({ commitTransaction: 1, ...own })).to.include({ ok: 1 });
    expect(await engine.run({ find: 'made', ...older })).to.include({ ok: 0, code: 246 });
    expect(await all('made')).to.have.length(1);
  });

  /** What happens to the target of $out before its results take its place. */
  const changes: Record<string, Doc[]> = {
    'an index that is made anew under the same name': [
      { dropIndexes: 'target', index: 'i' },
      { createIndexes: 'target', indexes: [{ key: { b: 1 }, name: 'i', unique: true }] },
    ],
    'an index that is dropped': [{ dropIndexes: 'target', index: 'i' }],
    'a collection that is dropped': [{ drop: 'target' }],
  };
  for (const [what, commands] of Object.entries(changes)) {
    it(`do not let $out take back ${what}`, async () => {
      const { engine: database } = engine;
      await engine.run({ createIndexes: 'target', indexes: [{ key: { a: 1 }, name: 'i' }] });
      await engine.insert(
        'rows',
        Array.from({ length: 5000 }, (_each, _id) => ({ _id })),
      );
      const known = database.catalog.idents.size;
      const answer = engine.run({ aggregate: 'rows', pipeline: [{ $out: 'target' }], cursor: {} });
      while (database.catalog.idents.size === known) await new Promise((resolve) => setImmediate(resolve));
      for (const command of commands) expect(await engine.run(command)).to.include({ ok: 1 });
      const present = database.catalog.get('test', 'target');
      expect(await answer).to.include({ ok: 0, code: 2 });
      expect(database.catalog.get('test', 'target')).to.equal(present);
    });
  }

  it('do not bring a dropped collection back by dropping its indexes', async () => {
    await engine.run({ createIndexes: 'a', indexes: [{ key: { a: 1 }, name: 'i' }] });
    const [dropped, indexes] = await Promise.all([
      engine.run({ drop: 'a' }),
      engine.run({ dropIndexes: 'a', index: 'i' }),
    ]);
    expect(dropped).to.include({ ok: 1 });
    expect(indexes).to.include({ ok: 0, code: 26 });
    const stored = engine.engine.store.entries({ low: Buffer.alloc(4), high: Buffer.of(0, 0, 0, 1) }, 10, false);
    expect(stored.map(({ key }) => key.subarray(4).toString())).to.deep.equal([]);
  });
});
