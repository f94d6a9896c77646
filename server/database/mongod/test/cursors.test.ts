import { expect } from 'chai';
import { Long } from 'mongodb';
import { Cursors } from '../cursors.ts';
import { withEngine } from './support/engine-suite.ts';

describe('cursors of the engine', () => {
  const engine = withEngine('cursors');
  const unknown = Long.fromString('1234567890123456789');

  /** Opens a cursor by a command; its id and the _ids of its first batch. */
  async function open(options: object): Promise<{ id: Long; ids: number[] }> {
    const { cursor } = await engine.db.command({ find: 'rows', ...options }, { promoteLongs: false });
    return { id: cursor.id, ids: cursor.firstBatch.map(({ _id }: { _id: number }) => Number(_id)) };
  }

  const more = (id: Long, options: object = {}, collection = 'rows') =>
    engine.db.command({ getMore: id, collection, ...options }, { promoteLongs: false });

  beforeEach(() =>
    engine.db.collection('rows').insertMany(Array.from({ length: 250 }, (_each, n) => ({ _id: n as never }))),
  );

  it('give 101 documents first, then all, or as many as are asked for', async () => {
    const { id, ids } = await open({});
    expect(ids).to.have.length(101);
    expect((await more(id, { batchSize: 9 })).cursor.nextBatch).to.have.length(9);
    const last = (await more(id)).cursor;
    expect([last.nextBatch.length, String(last.id)]).to.deep.equal([140, '0']);
    expect(await engine.code({ getMore: id, collection: 'rows' })).to.equal(43);
  });

  it('open without a document for batchSize 0, of an aggregate as well', async () => {
    const { id, ids } = await open({ filter: { _id: 7 }, batchSize: 0 });
    expect([ids.length, id.isZero()]).to.deep.equal([0, false]);
    expect((await more(id)).cursor.nextBatch).to.have.length(1);
    const reply = await engine.db.command({ aggregate: 'rows', pipeline: [], cursor: { batchSize: 0 } });
    expect(reply.cursor.firstBatch).to.deep.equal([]);
    expect(Number(reply.cursor.id)).not.to.equal(0);
  });

  it('end with a limit or a single batch', async () => {
    expect((await open({ limit: 3 })).id.isZero()).to.equal(true);
    const { id, ids } = await open({ limit: 5, batchSize: 3 });
    expect(ids).to.deep.equal([0, 1, 2]);
    expect((await more(id)).cursor.nextBatch).to.have.length(2);
    expect((await open({ batchSize: 3, singleBatch: true })).id.isZero()).to.equal(true);
    expect((await open({ batchSize: 3, singleBatch: 1 })).id.isZero()).to.equal(true);
    expect(await engine.db.collection('rows').find().limit(-4).toArray()).to.have.length(4);
    expect((await open({ limit: 0 })).ids).to.have.length(101);
  });

  it('leave out the fractions of numbers of documents', async () => {
    expect((await open({ skip: 2.5, limit: 3.9 })).ids).to.deep.equal([2, 3, 4]);
    expect((await open({ skip: Number.NaN, limit: 0.5, batchSize: 1.5 })).ids).to.deep.equal([0]);
    const { n: all } = await engine.db.command({ count: 'rows' });
    expect((await engine.db.command({ count: 'rows', skip: 2.5 })).n).to.equal(all - 2);
    expect((await engine.db.command({ count: 'rows', limit: 2.5 })).n).to.equal(2);
    expect(await engine.code({ count: 'rows', limit: '2' })).to.equal(14);
  });

  it('refuse negative sizes, other namespaces and ids that nobody has', async () => {
    expect(await engine.code({ find: 'rows', limit: -1 })).to.equal(51024);
    expect(await engine.code({ find: 'rows', batchSize: -1 })).to.equal(51024);
    expect(await engine.code({ find: 'rows', skip: -1 })).to.equal(51024);
    expect(await engine.code({ find: 'rows', filter: { _id: 1 }, limit: -1 })).to.equal(51024);
    expect(await engine.code({ getMore: unknown, collection: 'rows' })).to.equal(43);
    const { id } = await open({ batchSize: 1 });
    expect(await engine.code({ getMore: id, collection: 'others' })).to.equal(13);
    expect(await engine.code({ getMore: 'x', collection: 'rows' })).to.equal(14);
  });

  it('tail nothing, also where an _id is asked for', async () => {
    expect(await engine.code({ find: 'rows', filter: { _id: 1 }, tailable: true })).to.equal(238);
    expect(await engine.code({ find: 'rows', filter: { _id: 1 }, awaitData: true })).to.equal(238);
  });

  it('are closed by killCursors, which says which there were', async () => {
    const { id } = await open({ batchSize: 1 });
    const reply = await engine.db.command({ killCursors: 'rows', cursors: [id, unknown] }, { promoteLongs: false });
    expect(reply.cursorsKilled.map(String)).to.deep.equal([String(id)]);
    expect(reply.cursorsNotFound.map(String)).to.deep.equal([String(unknown)]);
    expect(await engine.code({ getMore: id, collection: 'rows' })).to.equal(43);
  });

  it('are closed when nobody has asked for ten minutes, unless they were to stay', async () => {
    const cursors = new Cursors();
    let closed = 0;
    function* numbers(): Generator<Buffer> {
      try {
        for (;;) yield Buffer.alloc(1);
      } finally {
        closed++;
      }
    }
    const { id } = await cursors.open('a.b', numbers(), 1);
    const stays = (await cursors.open('a.b', numbers(), 1, { noTimeout: true })).id;
    const opened = Date.now();
    cursors.expire(opened + 599_000);
    expect(cursors.size).to.equal(2);
    cursors.expire(opened + 601_000);
    expect([cursors.size, closed]).to.deep.equal([1, 1]);
    expect(await cursors.more(id, 'a.b', 1, '').catch(({ code }) => code)).to.equal(43);
    expect((await cursors.more(stays, 'a.b', 1, '')).documents).to.have.length(1);
  });
});
