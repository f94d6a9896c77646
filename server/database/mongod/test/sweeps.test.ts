import { renameSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Long } from 'bson';
import { expect } from 'chai';
import { Engine } from '../engine.ts';
import { expireDocuments } from '../expiry.ts';
import { createIndexEntry } from '../storage/catalog.ts';
import { documentKey } from '../storage/documents.ts';
import { type Doc, encode } from '../values/codec.ts';
import { encodeKey, successor } from '../values/keys.ts';
import { eventually } from './support/eventually.ts';
import { type InProcess, startInProcess } from './support/in-process.ts';

const HOUR = 3_600_000;

describe('what the engine removes by itself', () => {
  let engine: InProcess;

  beforeEach(async () => {
    engine = await startInProcess();
  });
  afterEach(() => engine.close());

  const documents = async () => {
    const { cursor } = await engine.run({ find: 'rows' });
    return (cursor as { firstBatch: Doc[] }).firstBatch.map(({ _id }) => _id);
  };

  it('are old answers of retryable writes, also those behind many that are still needed', async () => {
    const { store, sessions } = engine.engine;
    /** More than one sweep looks at. */
    const needed = 10_500;
    const answer = (number: number, at: Date) => {
      const id = Buffer.alloc(16);
      id.writeUInt32BE(number);
      store.put(Buffer.concat([Buffer.of(0, 0, 0, 1), id]), encode({ txnNumber: Long.ONE, at, reply: { ok: 1 } }));
    };
    const answers = () => store.count({ low: Buffer.of(0, 0, 0, 1), high: Buffer.of(0, 0, 0, 2) }).keys;
    await store.write(() => {
      for (let number = 0; number < needed; number++) answer(number, new Date());
      answer(needed, new Date(Date.now() - HOUR));
    });
    for (let sweep = 0; sweep < 2; sweep++) await store.write(() => sessions.expire(store));
    expect(answers()).to.equal(needed);
    await store.write(() => answer(5, new Date(Date.now() - HOUR)));
    await store.write(() => sessions.expire(store));
    expect(answers()).to.equal(needed - 1);
  });

  const ambiguous = { _id: 'ambiguous', a: [{ 0: 5 }, { 0: 6 }] };

  /**
   * Adds a document as an earlier version has stored it: where a number was both a position in an array and a field of its
   * elements, the index held those fields.
   */
  async function withAmbiguousDocument(name: string) {
    const { store, catalog } = engine.engine;
    await engine.insert(name, [ambiguous]);
    const rows = engine.engine.existing('test', name);
    let low = rows.ident;
    await store.write(() => {
      const index = createIndexEntry({ key: { 'a.0': 1 }, name: 'a' }, catalog.allocate(store), { multikey: true });
      const suffix = documentKey(rows, ambiguous._id).subarray(4);
      for (const value of [5, 6]) store.put(Buffer.concat([encodeKey([value], [1], index.ident), suffix]), suffix);
      rows.indexes.push(index);
      catalog.save(store, rows);
      low = index.ident;
    });
    return () => store.count({ low, high: successor(low) }).keys;
  }

  it('can be removed and mended by hand, where an index holds it in the way of an earlier version', async () => {
    const entries = await withAmbiguousDocument('rows');
    const insert = { insert: 'rows', documents: [{ ...ambiguous, _id: 2 }] };
    expect(await engine.run(insert)).to.have.nested.property('writeErrors.0.code', 16746);
    const mend = { update: 'rows', updates: [{ q: {}, u: { $set: { a: 1 } } }] };
    expect(await engine.run(mend)).to.include({ nModified: 1 });
    expect(entries()).to.equal(1);
    const others = await withAmbiguousDocument('others');
    expect(await engine.run({ delete: 'others', deletes: [{ q: {}, limit: 1 }] })).to.include({ n: 1 });
    expect(others()).to.equal(0);
  });

  it('are documents whose time is over, all but one that cannot be removed, which is told of', async () => {
    const at = new Date(Date.now() - HOUR);
    const indexes = [{ key: { at: 1 }, name: 'at', expireAfterSeconds: 1 }];
    const broken = { _id: 'broken', at, b: [1, 2], c: [3, 4] };
    for (const name of ['rows', 'others']) {
      await engine.run({ createIndexes: name, indexes });
      await engine.insert(name, [broken, ...Array.from({ length: 250 }, (_each, _id) => ({ _id, at }))]);
    }
    const { store, catalog } = engine.engine;
    await store.write(() => {
      const rows = engine.engine.existing('test', 'rows');
      rows.indexes.push(createIndexEntry({ key: { b: 1, c: 1 }, name: 'bc' }, catalog.allocate(store)));
    });
    const lines: string[] = [];
    expect(await expireDocuments(engine.engine, (line) => lines.push(line))).to.equal(501);
    expect(await documents()).to.deep.equal(['broken']);
    expect(lines).to.have.length(1);
    expect(lines[0]).to.match(/^1 expired documents of test\.rows .*\(index at\): cannot index parallel arrays/);
  });

  it('is what a dropped collection has left, also after nothing could be written for a while', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'xuefang-sweeps-'));
    const database = new Engine(folder);
    await database.store.write(() => {
      const rows = database.createCollection('test', 'rows');
      database.catalog.drop(database.store, rows);
    });
    const away = `${folder}.away`;
    renameSync(folder, away);
    database.reap();
    const refused = await database.store.write(() => undefined).catch((error) => error);
    expect(refused).to.include({ code: 14031 });
    renameSync(away, folder);
    await eventually(() => expect(database.catalog.hasOrphans).to.equal(false));
    await database.close();
    await rm(folder, { recursive: true });
  });
});
