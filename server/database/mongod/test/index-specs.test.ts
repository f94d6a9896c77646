import { expect } from 'chai';
import type { Document } from 'mongodb';
import { withEngine } from './support/engine-suite.ts';

/** Index specifications that MongoDB refuses, with its code. */
const malformed: [string, number, unknown][] = [
  ['no key', 9, { name: 'a' }],
  ['a key that is a number', 14, { key: 1, name: 'a' }],
  ['an empty key', 67, { key: {}, name: 'a' }],
  ['no name', 9, { key: { a: 1 } }],
  ['a name that is a number', 14, { key: { a: 1 }, name: 1 }],
  ['an empty name', 67, { key: { a: 1 }, name: '' }],
  ['the name *', 2, { key: { a: 1 }, name: '*' }],
  ['the name of the index on _id', 2, { key: { a: 1 }, name: '_id_' }],
  ['direction 0', 67, { key: { a: 0 }, name: 'a' }],
  ['direction NaN', 67, { key: { a: Number.NaN }, name: 'a' }],
  ['direction true', 67, { key: { a: true }, name: 'a' }],
  ['a document as direction', 67, { key: { a: { b: 1 } }, name: 'a' }],
  ['an unknown kind', 238, { key: { a: 'nonsense' }, name: 'a' }],
  ['an empty part of a path', 67, { key: { 'a..b': 1 }, name: 'a' }],
  ['a field with $', 67, { key: { 'a.$b': 1 }, name: 'a' }],
  ['33 fields', 13103, { key: Object.fromEntries(Array.from({ length: 33 }, (_each, n) => [`f${n}`, 1])), name: 'a' }],
  ['unique as text', 14, { key: { a: 1 }, name: 'a', unique: 'yes' }],
  ['version 3', 67, { key: { a: 1 }, name: 'a', v: 3 }],
  ['an unknown option', 238, { key: { a: 1 }, name: 'a', nonsense: 1 }],
  ['unique on _id', 238, { key: { _id: 1 }, name: 'a', unique: true }],
  ['_id downwards', 2, { key: { _id: -1 }, name: 'a' }],
  ['a lifetime of two fields', 67, { key: { a: 1, b: 1 }, name: 'a', expireAfterSeconds: 1 }],
  ['a negative lifetime', 67, { key: { a: 1 }, name: 'a', expireAfterSeconds: -1 }],
  ['a lifetime as text', 67, { key: { a: 1 }, name: 'a', expireAfterSeconds: '1' }],
  ['a partial filter', 238, { key: { a: 1 }, name: 'a', partialFilterExpression: { a: 1 } }],
  ['sparse', 238, { key: { a: 1 }, name: 'a', sparse: true }],
  ['hidden', 238, { key: { a: 1 }, name: 'a', hidden: true }],
  ['text', 14, 'a_1'],
];

describe('specifications of indexes', () => {
  const engine = withEngine('specs');
  const create = (indexes: unknown) => engine.code({ createIndexes: 'rows', indexes } as Document);

  for (const [name, code, spec] of malformed) {
    it(`refuse ${name} with ${code}`, async () => {
      expect(await create([spec])).to.equal(code);
      expect(await engine.db.listCollections().toArray(), 'nothing was created').to.deep.equal([]);
    });
  }

  it('have to be a list with something in it', async () => {
    expect(await engine.code({ createIndexes: 'rows' })).to.equal(40414);
    expect(await create({ key: { a: 1 }, name: 'a' })).to.equal(14);
    expect(await create([])).to.equal(2);
  });

  it('take 32 fields, and 64 indexes with that on _id', async () => {
    const key = Object.fromEntries(Array.from({ length: 32 }, (_each, n) => [`f${n}`, 1]));
    expect(await create([{ key, name: 'wide' }])).to.equal(0);
    const more = (from: number, to: number) =>
      Array.from({ length: to - from }, (_each, n) => ({ key: { [`g${from + n}`]: 1 }, name: `g${from + n}` }));
    expect(await create(more(0, 62))).to.equal(0);
    expect(await create(more(62, 63))).to.equal(67);
  });

  it('refuse a hint of what is not there', async () => {
    const rows = engine.db.collection<Document>('rows');
    await rows.insertMany([{ a: 1, b: 1 }, { a: 2 }]);
    await rows.createIndex({ b: 1 }, { name: 'some' });
    const find = (hint: unknown, filter: Document = {}) => engine.code({ find: 'rows', filter, hint } as Document);
    expect(await find({ a: 1 })).to.equal(2);
    expect(await find('nonsense')).to.equal(2);
    expect(await find('some', { a: 5 })).to.equal(0);
    expect(await find(5)).to.equal(9);
    expect(await find({ $natural: 2 })).to.equal(2);
    expect(await engine.code({ update: 'rows', updates: [{ q: {}, u: { $set: { c: 1 } }, hint: 'none' }] })).to.equal(
      0,
    );
    expect(await rows.countDocuments({ c: 1 }), 'an update with a refused hint changes nothing').to.equal(0);
  });
});
