import { Long } from 'bson';
import { expect } from 'chai';
import { startTestPlatform } from '../../support/platform.ts';
import { namedFields, shapeOf } from '../../support/queries/filter.ts';
import { brokenRules } from '../../support/queries/rules.ts';

const unique = [['_id'], ['programme', 'version']];
const whole = { shardKey: undefined, unique };
const split = { shardKey: { enrolment: 'hashed' as const }, unique: [['_id']] };
const byId = { shardKey: { _id: 'hashed' as const }, unique: [['_id']] };

describe('the rules that every command of the platform keeps', () => {
  it('want an order that ends in _id, or one row', () => {
    const find = (query: object) => brokenRules({ find: 'rows', filter: {}, ...query }, whole);
    const none: object[] = [
      {},
      { sort: new Map([['_id', 1]]) },
      { sort: { name: 1, _id: 1 } },
      { sort: { at: -1 }, filter: { _id: 'a' } },
      { limit: 1, filter: { $and: [{ _id: 'a' }, { scopes: { $in: ['x', 'y'] } }] } },
      { limit: 1, filter: { $or: [{ _id: 'a', learner: 'b' }, { $and: [{ _id: 'a' }, { scopes: 'c' }] }] } },
      { limit: 1, filter: { version: 2, programme: { $eq: 'p' } } },
      { limit: 1, filter: { _id: { $in: ['a'] } } },
      { limit: 1, projection: { _id: 1 }, filter: { name: 'x' } },
    ];
    for (const query of none) expect(find(query), JSON.stringify(query)).to.deep.equal([]);
    const broken: object[] = [
      { sort: { name: 1 } },
      {
        sort: new Map([
          ['_id', 1],
          ['name', 1],
        ]),
      },
      { limit: 1 },
      { skip: 5 },
      { limit: 1, filter: { programme: 'p' } },
      { limit: 1, filter: { _id: { $in: ['a', 'b'] } } },
      { limit: 1, filter: { $or: [{ _id: 'a' }, { _id: 'b' }] } },
      { limit: 1, filter: { $or: [{ _id: 'a' }, { name: 'b' }] } },
      { limit: 1, filter: { _id: { $gt: 'a' } } },
      { limit: 1, filter: { _id: /a/ } },
      { limit: 2, projection: { _id: 1 } },
    ];
    for (const query of broken) expect(find(query), JSON.stringify(query)).to.have.length(1);
    const staged = (...pipeline: object[]) => brokenRules({ aggregate: 'rows', pipeline }, whole);
    expect(staged({ $match: {} }, { $sort: { a: 1, _id: 1 } })).to.deep.equal([]);
    expect(staged({ $match: {} }, { $sort: { a: 1 } })).to.have.length(1);
    expect(brokenRules({ findAndModify: 'rows', query: {}, sort: { at: 1 }, update: {} }, whole)).to.have.length(1);
  });

  it('want the shard key where one document is written, or its _id where MongoDB takes that', () => {
    const update = (q: object, more: object = {}, about = split) =>
      brokenRules({ update: 'rows', updates: [{ q, u: { $set: { a: 1 } }, ...more }] }, about);
    expect(update({ _id: 1, enrolment: 'e' }, { upsert: true })).to.deep.equal([]);
    expect(update({ _id: 1 })).to.deep.equal([]);
    expect(update({ name: 1 }, { multi: true })).to.deep.equal([]);
    expect(update({ name: 1 })).to.have.length(1);
    expect(update({ _id: 1 }, { upsert: true }), 'an upsert').to.have.length(1);
    expect(update({ enrolment: { $in: ['a', 'b'] } })).to.have.length(1);
    expect(update({ _id: 1, rev: 2 }, { upsert: true }, byId as never)).to.deep.equal([]);
    const remove = (q: object, limit: number) => brokenRules({ delete: 'rows', deletes: [{ q, limit }] }, split);
    expect([remove({ _id: 1 }, 1), remove({ name: 1 }, 0)]).to.deep.equal([[], []]);
    expect(remove({ name: 1 }, 1)).to.have.length(1);
    const modify = (query: object, about = split) =>
      brokenRules({ findAndModify: 'rows', query, update: { $set: { a: 1 } } }, about);
    expect(modify({ _id: 1, enrolment: 'e' })).to.deep.equal([]);
    expect(modify({ _id: 1 })).to.deep.equal(['one document is written without its shard key enrolment']);
    expect(modify({ state: 'pending', nextAt: { $lte: 1 } }, byId as never)).to.have.length(2);
    expect(modify({ _id: 1 }, byId as never)).to.deep.equal([]);
  });

  it('let a document keep its shard key, and have one', () => {
    const update = (u: unknown) =>
      brokenRules({ update: 'rows', updates: [{ q: { _id: 1, enrolment: 'e' }, u, upsert: true }] }, split);
    expect(update({ $set: { a: 1 }, $setOnInsert: { learner: 1 } })).to.deep.equal([]);
    expect(update({ $set: { enrolment: 'f' } })).to.have.length(1);
    expect(update({ $unset: { enrolment: 1 } })).to.have.length(1);
    expect(update({ a: 1 }), 'a replacement without it').to.have.length(1);
    expect(update({ a: 1, enrolment: 'e' })).to.deep.equal([]);
    const insert = (document: object) => brokenRules({ insert: 'rows', documents: [document] }, split);
    expect(insert({ enrolment: 'e' })).to.deep.equal([]);
    for (const enrolment of [undefined, null, ['e']]) expect(insert({ enrolment })).to.have.length(1);
  });

  it('want unique indexes to begin with the shard key', () => {
    const create = (key: object, about = split) =>
      brokenRules({ createIndexes: 'rows', indexes: [{ key, name: 'index', unique: true }] }, about);
    expect(create({ enrolment: 1, day: 1 })).to.deep.equal([]);
    expect(create(new Map([['enrolment', 1]]))).to.deep.equal([]);
    expect(create({ day: 1, enrolment: 1 })).to.have.length(1);
    expect(create({ day: 1 }, whole as never)).to.deep.equal([]);
  });

  it('see values as values, and tell kinds of filters apart', () => {
    const named = namedFields({
      a: new Date(),
      b: Long.ONE,
      c: null,
      d: { x: 1 },
      e: { $exists: true },
      f: { $ne: 1 },
    });
    expect([...named.keys()]).to.deep.equal(['a', 'b', 'c', 'd']);
    expect(shapeOf({ a: 'x', b: { $in: [1, 2] }, c: [{ d: 1 }] })).to.deep.equal(
      shapeOf({ a: 'y', b: { $in: [3, 4, 5] }, c: [{ d: 9 }] }),
    );
    expect(shapeOf({ a: { $in: [1] } })).not.to.deep.equal(shapeOf({ a: { $in: [1, 2] } }));
  });
});

describe('a platform that a test starts', function () {
  this.timeout(60_000);

  it('ends in an error where one of its commands broke a rule, or sorted in memory', async () => {
    const { platform, stop } = await startTestPlatform({ plugins: [] });
    const { connection } = platform.rooms;
    const audit = connection.collection('audit');
    await audit.find({ action: 'x' }).sort({ at: -1, _id: -1 }).toArray();
    await audit.find({ action: 'x' }).sort({ at: 1 }).toArray();
    await audit.find({ action: 'x' }).sort({ at: -1, _id: 1 }).toArray();
    await audit.find({}).sort({ actor: 1, _id: 1 }).toArray();
    await connection.collection('users').updateOne({ name: 'x' }, { $set: { title: 'y' } });
    const said = await stop().then(
      () => '',
      (error) => error.message,
    );
    expect(said.split('\n').slice(1)).to.have.members([
      'find audit {"filter":{"action":"?"},"sort":["at 1"]}: the order at does not end in _id',
      'update users {"filter":{"name":"?"}}: one document is written without its shard key _id',
      'find audit {"filter":{"action":"?"},"sort":["at -1","_id 1"]}: sorts in memory: no index holds the order',
      'find audit {"filter":{},"sort":["actor 1","_id 1"]}: sorts in memory: no index holds the order',
    ]);
  });
});
