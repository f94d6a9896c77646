import { expect } from 'chai';
import { withEngine } from './support/engine-suite.ts';

describe('kinds of collections in the engine', () => {
  const engine = withEngine('kinds');

  it('keeps the newest documents of a capped collection in the order of insertion', async () => {
    const log = await engine.db.createCollection('log', { capped: true, size: 100_000, max: 3 });
    await log.insertMany([9, 3, 7, 1, 5].map((n) => ({ _id: n as never, n })));
    expect((await log.find().toArray()).map(({ n }) => n)).to.deep.equal([7, 1, 5]);
    expect((await log.find().sort({ $natural: -1 }).toArray()).map(({ n }) => n)).to.deep.equal([5, 1, 7]);
    expect(await log.findOne({ _id: 1 as never })).to.deep.equal({ _id: 1, n: 1 });
    expect(await log.findOne({ _id: 3 as never })).to.equal(null);
    expect(await engine.code({ insert: 'log', documents: [{ _id: 7 }] })).to.equal(0);
    const again = await log.insertOne({ _id: 5 as never }).catch((error) => error);
    expect(again).to.include({ code: 11000 });
    expect(again.keyPattern).to.deep.equal({ _id: 1 });
    expect(await log.isCapped()).to.equal(true);
    expect((await log.indexes()).map(({ name }) => name)).to.deep.equal(['_id_']);
    const [listed] = await engine.db.listCollections().toArray();
    expect((listed as { options?: object }).options).to.deep.equal({ capped: true, size: 100_096, max: 3 });
  });

  it('bounds a capped collection by its bytes, and checks its options', async () => {
    const log = await engine.db.createCollection('log', { capped: true, size: 1024 });
    for (let n = 0; n < 20; n++) await log.insertOne({ n, text: 'x'.repeat(200) });
    expect((await log.find().toArray()).map(({ n }) => n)).to.deep.equal([16, 17, 18, 19]);
    expect(await engine.code({ create: 'c', capped: true })).to.equal(72);
    expect(await engine.code({ create: 'c', size: 5 })).to.equal(72);
    const session = engine.client.startSession();
    const refused = await session
      .withTransaction(() => log.insertOne({}, { session }))
      .catch((error: { code: number }) => error.code);
    await session.endSession();
    expect(refused).to.equal(263);
  });

  it('makes a collection a capped one', async () => {
    const rows = engine.db.collection('rows');
    await rows.insertMany(Array.from({ length: 50 }, (_each, n) => ({ _id: n as never, text: 'x'.repeat(90) })));
    await rows.createIndex({ text: 1 });
    expect(await engine.code({ convertToCapped: 'rows', size: 2048 })).to.equal(0);
    const left = (await rows.find().toArray()).map(({ _id }) => Number(_id));
    expect(left).to.have.length.within(10, 20).and.to.include(49).and.not.to.include(0);
    expect(await engine.code({ collMod: 'rows', cappedMax: 2 })).to.equal(0);
    await rows.insertOne({ _id: 50 as never });
    expect((await rows.find().toArray()).map(({ _id }) => Number(_id))).to.deep.equal([49, 50]);
    expect(await engine.code({ convertToCapped: 'none', size: 2048 })).to.equal(26);
  });

  it('keeps a time series, whose documents need a time and may share an _id', async () => {
    const rows = await engine.db.createCollection('series', { timeseries: { timeField: 'at', metaField: 'who' } });
    await rows.insertMany([2, 1].map((n) => ({ _id: 1 as never, at: new Date(n), n })));
    expect((await rows.find().sort({ at: 1 }).toArray()).map(({ n }) => n)).to.deep.equal([1, 2]);
    expect(await rows.countDocuments({ _id: 1 as never })).to.equal(2);
    const refused = await rows.insertOne({ n: 3 }).catch((error) => error.code);
    expect(refused).to.equal(2);
    expect(await engine.code({ update: 'series', updates: [{ q: {}, u: { $set: { n: 1 } } }] })).to.equal(238);
    expect(await engine.code({ create: 't', timeseries: {} })).to.equal(40414);
    const [listed] = await engine.db.listCollections().toArray();
    expect(listed).to.include({ name: 'series', type: 'timeseries' });
  });

  it('inherits its collation to queries, updates, indexes and _id', async () => {
    const people = await engine.db.createCollection('people', { collation: { locale: 'en', strength: 2 } });
    await people.insertOne({ _id: 'Ada' as never, name: 'Lovelace' });
    expect(await people.countDocuments({ name: 'LOVELACE' })).to.equal(1);
    expect(await people.findOne({ _id: 'ADA' as never })).to.include({ name: 'Lovelace' });
    expect(await people.insertOne({ _id: 'ada' as never }).catch((error) => error.code)).to.equal(11000);
    expect(await people.countDocuments({ name: 'LOVELACE' }, { collation: { locale: 'simple' } })).to.equal(0);
    await people.createIndex({ name: 1 }, { unique: true });
    expect((await people.indexes())[1]).to.have.nested.property('collation.strength', 2);
    expect(await people.insertOne({ name: 'lovelace' }).catch((error) => error.code)).to.equal(11000);
    expect((await people.updateOne({ name: 'lovelacE' }, { $set: { n: 1 } })).modifiedCount).to.equal(1);
    expect(await engine.code({ create: 'c', collation: { locale: 'nowhere' } })).to.equal(2);
    expect(await engine.code({ create: 'c', collation: { locale: 'en', strength: 9 } })).to.equal(2);
    expect(await engine.code({ create: 'c', collation: { locale: 'en', nonsense: 1 } })).to.equal(40415);
  });
});
