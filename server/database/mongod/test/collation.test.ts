import { expect } from 'chai';
import { withEngine } from './support/engine-suite.ts';

describe('collation in the engine', () => {
  const engine = withEngine('collations');
  const second = { locale: 'en', strength: 2 };
  const first = { locale: 'en', strength: 1 };

  beforeEach(async () => {
    const names = ['résumé', 'Resume', 'resume', 'Straße', 'strasse', 'zoo'];
    await engine.db.collection('rows').insertMany(names.map((name, _id) => ({ _id: _id as never, name })));
  });

  const stageOf = async (name: unknown, collation?: object) => {
    const cursor = engine.db
      .collection('rows')
      .find({ name }, collation === undefined ? {} : { collation: collation as never });
    return JSON.stringify((await cursor.explain()).queryPlanner.winningPlan);
  };
  const idsOf = async (name: unknown, collation?: object) => {
    const options = collation === undefined ? {} : { collation: collation as never };
    return (await engine.db.collection('rows').find({ name }, options).toArray()).map(({ _id }) => Number(_id)).sort();
  };

  it('compares strings by an index only where the query has no collation, with the same results', async () => {
    const expected: [unknown, object | undefined, number[]][] = [
      ['resume', undefined, [2]],
      ['resume', second, [1, 2]],
      ['resume', first, [0, 1, 2]],
      [{ $in: ['RESUME', 'ZOO'] }, second, [1, 2, 5]],
      [{ $gt: 'RESUME' }, second, [0, 3, 4, 5]],
    ];
    for (const [name, collation, ids] of expected) expect(await idsOf(name, collation)).to.deep.equal(ids);
    await engine.db.collection('rows').createIndex({ name: 1 });
    for (const [name, collation, ids] of expected) expect(await idsOf(name, collation)).to.deep.equal(ids);
    expect(await stageOf('resume', second)).to.include('COLLSCAN');
    expect(await stageOf('resume')).to.include('IXSCAN');
    expect(await stageOf(5, second)).to.include('IXSCAN');
  });

  it('sorts Chinese by pinyin, distinguishes and updates by collation', async () => {
    const people = engine.db.collection('people');
    await people.insertMany(['赵', '陈', '王', '李'].map((name) => ({ name })));
    const sorted = await people.find().collation({ locale: 'zh' }).sort({ name: 1 }).toArray();
    expect(sorted.map(({ name }) => name).join('')).to.equal('陈李王赵');
    const rows = engine.db.collection('rows');
    expect((await rows.distinct('name', {}, { collation: first })).length).to.equal(3);
    expect(
      (await rows.updateMany({ name: 'RESUME' }, { $set: { n: 1 } }, { collation: first })).modifiedCount,
    ).to.equal(3);
  });

  it('keeps the fields of one element together in an index over an array', async () => {
    const rows = engine.db.collection('lists');
    await rows.createIndex({ 'a.b': 1, 'a.c': 1 }, { unique: true });
    await rows.insertOne({
      _id: 1 as never,
      a: [
        { b: 1, c: 2 },
        { b: 3, c: 4 },
      ],
    });
    await rows.insertOne({ _id: 2 as never, a: [{ b: 1, c: 4 }] });
    expect(await rows.insertOne({ a: [{ b: 3, c: 4 }] }).catch((error) => error.code)).to.equal(11000);
    expect((await rows.find({ 'a.b': 1, 'a.c': 4 }).toArray()).map(({ _id }) => Number(_id)).sort()).to.deep.equal([
      1, 2,
    ]);
    const found = rows.find({ a: { $elemMatch: { b: 1, c: 4 } } });
    expect((await found.toArray()).map(({ _id }) => Number(_id))).to.deep.equal([2]);
  });
});
