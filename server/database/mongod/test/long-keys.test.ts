import { expect } from 'chai';
import type { Collection, Document } from 'mongodb';
import { withEngine } from './support/engine-suite.ts';

/** Keys are cut at 900 bytes: these begin alike beyond that. */
const long = (end: string, length = 1000) => 'x'.repeat(length) + end;
const ends = ['a', 'b', 'c', 'd'];

describe('values longer than a key', () => {
  const engine = withEngine('long');
  let rows: Collection<Document>;

  beforeEach(async () => {
    rows = engine.db.collection('rows');
    await rows.insertMany(['d', 'b', 'a', 'c'].map((end) => ({ end, k: long(end) })));
  });

  const endsOf = async (filter: Document, sort: Document = { end: 1 }) =>
    (
      await rows
        .find(filter)
        .sort(sort as never)
        .toArray()
    ).map(({ end }) => end);

  for (const key of [{ k: 1 }, { k: -1 }, { k: 1, end: 1 }, { k: -1, end: -1 }] as const) {
    it(`are found, compared and sorted as they are with the index ${JSON.stringify(key)}`, async () => {
      await rows.createIndex(key as never);
      expect(await endsOf({ k: long('b') })).to.deep.equal(['b']);
      expect(await endsOf({ k: long('nothing') })).to.deep.equal([]);
      expect(await endsOf({ k: { $in: [long('a'), long('d'), long('e')] } })).to.deep.equal(['a', 'd']);
      expect(await endsOf({ k: { $gt: long('b') } })).to.deep.equal(['c', 'd']);
      expect(await endsOf({ k: { $gte: long('b') } })).to.deep.equal(['b', 'c', 'd']);
      expect(await endsOf({ k: { $lt: long('b') } })).to.deep.equal(['a']);
      expect(await endsOf({ k: { $gt: long('a'), $lte: long('c') } })).to.deep.equal(['b', 'c']);
      expect(await endsOf({ k: new RegExp(`^${long('b')}`) })).to.deep.equal(['b']);
      expect(await endsOf({}, { k: 1 })).to.deep.equal(ends);
      expect(await endsOf({ k: { $gt: 'a' } }, { k: -1 })).to.deep.equal([...ends].reverse());
      expect(await rows.countDocuments({ k: long('b') })).to.equal(1);
      expect(await rows.distinct('end', { k: long('b') })).to.deep.equal(['b']);
    });
  }

  it('are changed and deleted without their neighbours, and upserted once', async () => {
    await rows.createIndex({ k: 1 });
    const upsert = () => rows.updateOne({ k: long('z') }, { $set: { end: 'z' } }, { upsert: true });
    expect((await upsert()).upsertedCount).to.equal(1);
    expect(await upsert()).to.include({ upsertedCount: 0, matchedCount: 1 });
    expect((await rows.updateMany({ k: long('b') }, { $set: { end: 'B' } })).matchedCount).to.equal(1);
    expect((await rows.deleteMany({ k: long('b') })).deletedCount).to.equal(1);
    expect(await endsOf({})).to.deep.equal(['a', 'c', 'd', 'z']);
  });

  it('are unique as a whole', async () => {
    await rows.createIndex({ k: 1 }, { unique: true });
    const code = await rows.insertOne({ k: long('b') }).then(
      () => 0,
      (error) => error.code,
    );
    expect(code).to.equal(11000);
    await rows.insertOne({ end: 'e', k: long('e') });
    expect(await endsOf({ k: long('e') })).to.deep.equal(['e']);
    expect((await rows.deleteMany({ k: long('e') })).deletedCount).to.equal(1);
    expect(await endsOf({ k: { $gt: long('c') } })).to.deep.equal(['d']);
  });

  it('may stand in _id', async () => {
    const named = engine.db.collection<{ _id: string; end: string }>('named');
    await named.insertMany(['d', 'b', 'a', 'c'].map((end) => ({ _id: long(end), end })));
    await named.createIndex({ end: 1 });
    const found = async (filter: Document, sort: Document = {}) =>
      (
        await named
          .find(filter)
          .sort(sort as never)
          .toArray()
      ).map(({ end }) => end);
    expect(await found({ _id: long('b') })).to.deep.equal(['b']);
    expect(await found({ _id: { $gt: long('b') } }, { end: 1 })).to.deep.equal(['c', 'd']);
    expect(await found({}, { _id: 1 })).to.deep.equal(ends);
    expect(await found({}, { _id: -1 })).to.deep.equal([...ends].reverse());
    await named.updateMany({}, { $set: { end: 'same' } });
    const ids = (await named.find({ end: 'same' }).sort({ end: 1, _id: -1 }).toArray()).map(({ _id }) => _id);
    expect(ids).to.deep.equal(ends.map((end) => long(end)).reverse());
    expect((await named.deleteOne({ _id: long('c') })).deletedCount).to.equal(1);
    expect(
      (await named.updateOne({ _id: long('z') }, { $set: { end: 'z' } }, { upsert: true })).upsertedCount,
    ).to.equal(1);
    expect(await named.countDocuments({ _id: { $lt: long('z') } })).to.equal(3);
  });

  it('make groups of their own', async () => {
    await rows.insertOne({ end: 'b', k: long('b') });
    const groups = await rows.aggregate([{ $group: { _id: { k: '$k' }, n: { $sum: 1 } } }]).toArray();
    expect(groups.map(({ n }) => n).sort()).to.deep.equal([1, 1, 1, 2]);
  });
});
