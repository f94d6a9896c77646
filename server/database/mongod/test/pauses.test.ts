import { setTimeout as delay } from 'node:timers/promises';
import { Long, UUID } from 'bson';
import { expect } from 'chai';
import type { Doc } from '../values/codec.ts';
import { type InProcess, startInProcess } from './support/in-process.ts';

/** Documents of the collection that is read. A long run has 1,000,000, and looks at the longest wait. */
const SIZE = Number(process.env.ENGINE_ROWS ?? 30_000);

const row = (id: number): Doc => ({
  _id: id,
  score: (id * 104_729) % SIZE,
  name: `学员${(id * 7919) % SIZE}`,
  group: id % 10,
});

const cursor = { batchSize: 10 };

/** Commands that read all documents, or hold many. */
const commands: Record<string, Doc> = {
  '$group into few': { aggregate: 'rows', pipeline: [{ $group: { _id: '$group', s: { $sum: '$score' } } }], cursor },
  '$group into many': { aggregate: 'rows', pipeline: [{ $group: { _id: '$score', n: { $sum: 1 } } }], cursor },
  'a sort of all': { find: 'rows', sort: { score: 1, name: 1 }, ...cursor },
  'a sort for a page': { find: 'rows', sort: { score: 1, name: 1 }, limit: 10 },
  'a sort within a pipeline': { aggregate: 'rows', pipeline: [{ $unset: 'group' }, { $sort: { name: 1 } }], cursor },
  'a scan that finds nothing': { find: 'rows', filter: { score: -1 } },
  'a count without an index': { count: 'rows', query: { score: { $gte: 10 } } },
  distinct: { distinct: 'rows', key: 'score' },
  explain: { explain: { find: 'rows', filter: { name: 'x' } } },
  $out: { aggregate: 'rows', pipeline: [{ $match: { group: 1 } }, { $out: 'copy' }], cursor },
};

describe('long reads of the engine', () => {
  let engine: InProcess;

  before(async () => {
    engine = await startInProcess();
    await engine.insert(
      'rows',
      Array.from({ length: SIZE }, (_each, id) => row(id)),
    );
    await engine.insert('few', [{ _id: 1, k: 5 }, { _id: 2 }]);
  });

  after(() => engine.close());

  /** Finds a document by _id again and again until the command is answered: how often, and the longest wait in ms. */
  async function findsDuring(command: Doc) {
    let reply: Doc | undefined;
    const started = performance.now();
    const done = engine.run(command).then((answer) => {
      reply = answer;
    });
    let found = 0;
    let longest = 0;
    while (reply === undefined) {
      const asked = performance.now();
      await new Promise(setImmediate);
      await engine.run({ find: 'rows', filter: { _id: 7 } });
      longest = Math.max(longest, performance.now() - asked);
      found++;
    }
    await done;
    return { reply: reply as Doc, found, longest, took: performance.now() - started };
  }

  for (const [name, command] of Object.entries(commands)) {
    it(`let others find by _id meanwhile: ${name}`, async () => {
      const { reply, found, longest, took } = await findsDuring(command);
      expect(reply.ok, JSON.stringify(reply)).to.equal(1);
      expect(found, `in ${took} ms, longest wait ${longest} ms`).to.be.at.least(Math.max(3, Math.floor(took / 150)));
      if (process.env.ENGINE_ROWS !== undefined) expect(longest).to.be.below(60);
    });

    it(`end after maxTimeMS: ${name}`, async () => {
      expect(await engine.run({ ...command, maxTimeMS: 4 })).to.include({ code: 50 });
      expect(await engine.run({ ...command, maxTimeMS: 60_000 })).to.include({ ok: 1 });
    });
  }

  it('count entries of an index in slices, and rightly', async () => {
    await engine.run({ createIndexes: 'rows', indexes: [{ key: { score: 1 }, name: 'score' }] });
    for (const [query, n] of [
      [{ score: { $gte: 10 } }, SIZE - 10],
      [{ score: { $lt: 10_000 } }, 10_000],
      [{ score: { $lt: 20_001 } }, 20_001],
      [{ score: { $gt: SIZE } }, 0],
    ] as const)
      expect(await engine.run({ count: 'rows', query })).to.include({ n });
  });

  it('share maxTimeMS with the batches to come, not with the time in between', async () => {
    // The first documents are found at once; for each of the others, none of which matches, two hundred conditions are tried.
    const never = { $gt: [{ $size: [Array(200).fill('$_id')] }, 200] };
    const filter = { $or: [{ _id: { $lt: 3 } }, { $expr: never }] };
    const open = { find: 'rows', filter, batchSize: 1, maxTimeMS: 100 };
    const more = async () => {
      const { cursor: first } = (await engine.run(open)) as { cursor: { id: bigint } };
      return Long.fromString(String(first.id));
    };
    expect(await engine.run({ getMore: await more(), collection: 'rows' })).to.include({ code: 50 });
    const id = await more();
    await delay(150);
    expect(await engine.run({ getMore: id, collection: 'rows', batchSize: 1 })).to.include({ ok: 1 });
    expect(await engine.run({ getMore: id, collection: 'rows' })).to.include({ code: 50 });
    expect(await engine.run({ getMore: await more(), collection: 'rows', maxTimeMS: 5 })).to.include({ code: 2 });
  });

  it('end when what they read is dropped', async () => {
    await engine.insert(
      'short',
      Array.from({ length: 100 }, (_each, id) => row(id)),
    );
    await engine.run({ createIndexes: 'short', indexes: [{ key: { score: 1 }, name: 'score' }] });
    const idOf = async (command: Doc) => {
      const { cursor: first } = (await engine.run({ find: 'short', batchSize: 1, ...command })) as {
        cursor: { id: bigint };
      };
      return Long.fromString(String(first.id));
    };
    const [byIndex, all] = [await idOf({ filter: { score: { $gte: 0 } } }), await idOf({})];
    await engine.run({ dropIndexes: 'short', index: 'score' });
    expect(await engine.run({ getMore: byIndex, collection: 'short' })).to.include({ code: 175 });
    await engine.run({ drop: 'short' });
    expect(await engine.run({ getMore: all, collection: 'short' })).to.include({ code: 175 });
  });

  it('end after maxTimeMS while a write waits for a transaction', async () => {
    const lsid = { id: new UUID() };
    const own = { lsid, txnNumber: Long.ONE, autocommit: false };
    const update = { update: 'few', updates: [{ q: { _id: 1 }, u: { $inc: { n: 1 } } }] };
    expect(await engine.run({ ...update, ...own, startTransaction: true })).to.include({ ok: 1 });
    const modify = { findAndModify: 'few', query: { _id: 1 }, update: { $inc: { n: 1 } } };
    for (const command of [update, modify, { delete: 'few', deletes: [{ q: { _id: 1 }, limit: 1 }] }])
      expect(await engine.run({ ...command, maxTimeMS: 20 })).to.include({ code: 50 });
    const index = { createIndexes: 'few', indexes: [{ key: { n: 1 }, name: 'n' }], maxTimeMS: 20 };
    expect(await engine.run(index)).to.include({ code: 50 });
    await engine.run({ abortTransaction: 1, ...own });
    expect(await engine.run({ ...update, maxTimeMS: 60_000 })).to.include({ ok: 1, n: 1 });
    expect(await engine.run({ find: 'few', filter: { n: 1 } })).to.have.nested.property('cursor.firstBatch.length', 1);
  });

  it('end when the client goes, and when their cursor is killed', async () => {
    const scan = { aggregate: 'rows', pipeline: [{ $match: { name: 'x' } }], cursor: {} };
    const connection = engine.connect();
    const left = engine.run(scan, connection);
    connection.gone = true;
    expect(await left).to.include({ code: 279 });
    const open = {
      aggregate: 'rows',
      pipeline: [{ $match: { name: { $in: ['学员0', 'x'] } } }],
      cursor: { batchSize: 1 },
    };
    const { cursor: first } = (await engine.run(open)) as { cursor: { id: bigint } };
    const id = Long.fromString(String(first.id));
    const more = engine.run({ getMore: id, collection: 'rows' });
    expect(await engine.run({ getMore: id, collection: 'rows' })).to.include({ code: 12051 });
    await engine.run({ killCursors: 'rows', cursors: [id] });
    expect(await more).to.include({ code: 237 });
    expect(await engine.run({ getMore: id, collection: 'rows' })).to.include({ code: 43 });
  });
});

describe('long writes of the engine', () => {
  let engine: InProcess;
  const all = async (filter: Doc = {}) => {
    const { cursor: found } = await engine.run({ find: 'rows', filter, batchSize: SIZE });
    return (found as { firstBatch: Doc[] }).firstBatch;
  };

  beforeEach(async () => {
    engine = await startInProcess();
    await engine.insert(
      'rows',
      Array.from({ length: SIZE }, (_each, id) => row(id)),
    );
  });
  afterEach(() => engine.close());

  /** How often others find by _id until the command is answered; once or twice where it does not pause. */
  async function findsDuring(command: Doc): Promise<[Doc, number]> {
    let reply: Doc | undefined;
    void engine.run(command).then((answer) => {
      reply = answer;
    });
    let found = 0;
    while (reply === undefined) {
      await new Promise(setImmediate);
      await engine.run({ find: 'rows', filter: { _id: -1 } });
      found++;
    }
    return [reply, found];
  }

  it('let others find by _id meanwhile, and change each document once', async () => {
    const update = { q: { group: { $lt: 5 } }, u: { $inc: { n: 1 } }, multi: true };
    const [reply, found] = await findsDuring({ update: 'rows', updates: [update] });
    expect(reply).to.include({ ok: 1, n: SIZE / 2, nModified: SIZE / 2 });
    expect(found).to.be.above(5);
    expect((await all({ n: 1 })).length).to.equal(SIZE / 2);
    await engine.run({ createIndexes: 'rows', indexes: [{ key: { score: 1 }, name: 'score' }] });
    const moved = { q: { score: { $gte: 0 } }, u: { $inc: { score: 10 } }, multi: true };
    expect(await engine.run({ update: 'rows', updates: [moved] })).to.include({ n: SIZE });
    expect((await all()).every(({ _id, score }) => score === (row(Number(_id)).score as number) + 10)).to.equal(true);
    const [removed, others] = await findsDuring({ delete: 'rows', deletes: [{ q: { group: 3 }, limit: 0 }] });
    expect(removed).to.include({ ok: 1, n: SIZE / 10 });
    expect(others).to.be.above(5);
    expect(await engine.run({ count: 'rows' })).to.include({ n: SIZE - SIZE / 10 });
  }).timeout(30_000);

  it('look for one document outside of the group, and take another when that has been changed', async () => {
    const last = { group: { $in: [SIZE] } };
    await engine.run({
      update: 'rows',
      updates: [{ q: { _id: { $gte: SIZE - 3 } }, u: { $set: { group: SIZE } }, multi: true }],
    });
    const take = { findAndModify: 'rows', query: last, update: { $set: { group: -1 } } };
    const reply = await engine.run(take);
    expect(reply).to.have.nested.property('value._id', SIZE - 3);
    const taken = await Promise.all([engine.run(take), engine.run(take), engine.run(take)]);
    const ids = taken.map(({ value }) => (value as Doc | null)?._id);
    expect(ids).to.have.members([SIZE - 2, SIZE - 1, undefined]);
    const upsert = { q: { group: SIZE + 1 }, u: { $set: { n: 1 } }, upsert: true };
    expect(await engine.run({ update: 'rows', updates: [upsert] })).to.include({ n: 1, nModified: 0 });
    expect(await engine.run({ delete: 'rows', deletes: [{ q: { group: SIZE + 1 }, limit: 1 }] })).to.include({ n: 1 });
  });

  it('end after maxTimeMS, and go on in a transaction', async () => {
    const update = { update: 'rows', updates: [{ q: { name: { $ne: '' } }, u: { $set: { n: 2 } }, multi: true }] };
    expect(await engine.run({ ...update, maxTimeMS: 5 })).to.include({ code: 50 });
    const own = { lsid: { id: new UUID() }, txnNumber: Long.ONE, autocommit: false };
    expect(await engine.run({ ...update, ...own, startTransaction: true })).to.include({ n: SIZE });
    const before = (await all({ n: 2 })).length;
    expect(before).to.be.below(SIZE);
    expect(await engine.run({ commitTransaction: 1, ...own })).to.include({ ok: 1 });
    expect((await all({ n: 2 })).length).to.equal(SIZE);
  }).timeout(30_000);
});

describe('reads while others write', () => {
  let engine: InProcess;
  /** Documents of which every third is never changed. */
  const COUNT = 6000;

  beforeEach(async () => {
    engine = await startInProcess();
    const padding = 'x'.repeat(200);
    const documents = Array.from({ length: COUNT }, (_each, _id) => ({
      _id,
      score: _id,
      kept: _id % 3 === 0,
      padding,
    }));
    await engine.insert('rows', documents);
    await engine.run({ createIndexes: 'rows', indexes: [{ key: { score: 1 }, name: 'score' }] });
  });
  afterEach(() => engine.close());

  const reads: Record<string, Doc> = {
    'a scan': { find: 'rows', filter: { $expr: { $gte: ['$score', 0] } } },
    'an index': { find: 'rows', filter: { score: { $gte: 0 } }, hint: 'score' },
    'a sort': { find: 'rows', filter: { score: { $gte: 0 } }, hint: { $natural: 1 }, sort: { padding: 1, _id: 1 } },
  };

  for (const [name, command] of Object.entries(reads)) {
    it(`return every document that stays, none twice unless it moves, and none that does not match: ${name}`, async () => {
      const { cursor: first } = (await engine.run({ ...command, batchSize: 10 })) as {
        cursor: { id: bigint; firstBatch: Doc[] };
      };
      const found: Doc[] = [...first.firstBatch];
      const id = Long.fromString(String(first.id));
      for (let round = 0, open = true; open; round++) {
        // Some anywhere, and those that the reader has read the keys of but not the documents.
        const ahead = Array.from({ length: 30 }, (_each, at) => Number(found.at(-1)?._id) + at + 1);
        const changed = [
          ...Array.from({ length: 30 }, (_each, at) => (round * 631 + at * 97) % COUNT),
          ...ahead,
        ].filter((at) => at % 3 !== 0);
        const updates = changed.map((_id, at) => ({
          q: { _id },
          u: { $set: { score: at % 3 === 0 ? 50_000 - _id : -1 } },
        }));
        await engine.run({ update: 'rows', updates });
        const more = engine.run({ getMore: id, collection: 'rows', batchSize: 200 });
        await engine.run({ delete: 'rows', deletes: [{ q: { _id: changed.at(-1) }, limit: 1 }] });
        const { cursor: next } = (await more) as { cursor: { id: number; nextBatch: Doc[] } };
        found.push(...next.nextBatch);
        open = String(next.id) !== '0';
      }
      const kept = found.filter((each) => each.kept);
      expect(new Set(kept.map(({ _id }) => _id)).size).to.equal(COUNT / 3);
      expect(kept.length).to.equal(COUNT / 3);
      if (name !== 'an index') expect(new Set(found.map(({ _id }) => _id)).size).to.equal(found.length);
      expect(found.filter(({ score }) => (score as number) < 0)).to.deep.equal([]);
    }).timeout(20_000);
  }
});
