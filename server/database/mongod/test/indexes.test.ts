import { expect } from 'chai';
import { type Collection, type Document, Long, ObjectId } from 'mongodb';
import { withEngine } from './support/engine-suite.ts';

describe('indexes of the engine', () => {
  const engine = withEngine('indexes');
  let rows: Collection<Document>;

  beforeEach(() => {
    rows = engine.db.collection('rows');
  });

  it('order values of all types as BSON does, as memory does, both ways', async () => {
    const values = [
      null,
      -1,
      2,
      2.5,
      3,
      Long.fromNumber(4),
      'a',
      'ab',
      'b',
      { x: 1 },
      { x: 2 },
      new ObjectId('000000000000000000000001'),
      false,
      true,
      new Date(0),
      new Date(5),
      /x/,
    ];
    await rows.insertMany(values.map((v, n) => ({ _id: ((n * 7) % values.length) as never, n, v })));
    const order = async (direction: 1 | -1) => (await rows.find().sort({ v: direction }).toArray()).map(({ n }) => n);
    const wanted = values.map((_each, n) => n);
    expect(await order(1)).to.deep.equal(wanted);
    expect(await order(-1)).to.deep.equal([...wanted].reverse());
    await rows.createIndex({ v: 1 });
    expect(await order(1)).to.deep.equal(wanted);
    expect(await order(-1)).to.deep.equal([...wanted].reverse());
    const plan = await rows.find().sort({ v: 1 }).limit(5).explain();
    expect(JSON.stringify(plan.queryPlanner.winningPlan)).to.include('IXSCAN').and.not.to.include('"SORT"');
  });

  it('count alone', async () => {
    await rows.insertMany(Array.from({ length: 60 }, (_each, n) => ({ n: n === 0 ? Number.NaN : n % 6, list: [n] })));
    await rows.createIndexes([{ key: { n: 1 } }, { key: { list: 1 } }]);
    expect(await rows.countDocuments({ n: { $gte: 4 } })).to.equal(20);
    for (const [filter, expected] of [
      [{ n: { $lt: 1 } }, 9],
      [{ n: { $gte: 0, $lt: 1 } }, 9],
      [{ n: { $gte: Number.NaN } }, 1],
    ] as const)
      expect(await rows.countDocuments(filter), JSON.stringify(filter)).to.equal(expected);
    expect(await rows.countDocuments({ list: { $gte: 58 } })).to.equal(2);
    expect(await engine.db.command({ count: 'rows', query: { n: { $gte: 4 } } })).to.include({ n: 20 });
  });

  it('are kept unique', async () => {
    await rows.createIndex({ p: 1 }, { unique: true });
    await rows.insertMany([{ p: 1 }, { p: 2 }]);
    const refused = await rows.insertOne({ p: 1 }).catch((error) => error);
    expect(refused).to.include({ code: 11000 });
    expect(refused.keyPattern).to.deep.equal({ p: 1 });
    expect(refused.keyValue).to.deep.equal({ p: 1 });
    expect(await rows.updateOne({ p: 2 }, { $set: { p: 1 } }).catch((error) => error.code)).to.equal(11000);
  });
});
