import { expect } from 'chai';
import { type Document, Double, Long } from 'mongodb';
import { withEngine } from './support/engine-suite.ts';
import { asStored, raw, typed } from './typed.ts';

const long = (text: string | number) => Long.fromString(String(text));

/** Stages over documents, and what they yield. */
const pipelines: [string, Document[], Document[], Document[]][] = [
  [
    '$group joins equal numbers of different types',
    [{ $group: { _id: '$a', n: { $sum: 1 } } }],
    [{ a: 1 }, { a: long(1) }, { a: new Double(1) }, { a: new Double(1) }],
    [{ _id: 1, n: 4 }],
  ],
  [
    '$group joins equal documents, and keeps apart what doubles cannot',
    [{ $group: { _id: { x: '$a' }, n: { $sum: 1 } } }],
    [{ a: 0.5 }, { a: 0.5 }, { a: '0.5' }, { a: long('9007199254740993') }, { a: 9007199254740992 }],
    [
      { _id: { x: 0.5 }, n: 2 },
      { _id: { x: '0.5' }, n: 1 },
      { _id: { x: long('9007199254740993') }, n: 1 },
      { _id: { x: new Double(9007199254740992) }, n: 1 },
    ],
  ],
  [
    '$group has one key for null and missing',
    [{ $group: { _id: '$a', n: { $sum: 1 } } }],
    [{ a: null }, {}],
    [{ _id: null, n: 2 }],
  ],
  [
    '$unwind leaves out what is missing or empty',
    [{ $unwind: '$a' }, { $project: { _id: 0, a: 1 } }],
    [{ a: [1, 2] }, { a: [] }, {}, { a: 3 }],
    [{ a: 1 }, { a: 2 }, { a: 3 }],
  ],
  [
    '$project of dotted paths',
    [{ $project: { _id: 0, 'a.b': 1 } }],
    [{ a: [{ b: 1, c: 2 }, { c: 3 }], d: 1 }],
    [{ a: [{ b: 1 }, {}] }],
  ],
  ['$project takes fields out', [{ $project: { _id: 0, 'a.b': 0 } }], [{ a: { b: 1, c: 2 } }], [{ a: { c: 2 } }]],
  [
    '$addFields into a path',
    [{ $addFields: { 'a.c': 2 } }, { $project: { _id: 0 } }],
    [{ a: { b: 1 } }],
    [{ a: { b: 1, c: 2 } }],
  ],
  [
    '$replaceRoot',
    [{ $replaceRoot: { newRoot: { $ifNull: ['$a', { x: '$b' }] } } }],
    [{ a: { x: 1 } }, { b: 2 }],
    [{ x: 1 }, { x: 2 }],
  ],
  ['$$REMOVE', [{ $addFields: { a: '$$REMOVE' } }, { $project: { _id: 0 } }], [{ a: 1, b: 2 }], [{ b: 2 }]],
];

describe('pipelines of the engine', () => {
  const engine = withEngine('pipelines');

  for (const [name, stages, documents, expected] of pipelines) {
    it(name, async () => {
      await engine.db.collection('rows').insertMany(documents.map((each) => ({ ...each })));
      const found = await engine.db.collection('rows').aggregate(stages, raw).toArray();
      expect(typed(found)).to.equal(typed(asStored(expected)));
    });
  }

  it('$merge by _id', async () => {
    const target = engine.db.collection('target');
    const merge = async (options: Document, source: Document) => {
      await target.deleteMany({});
      await target.insertOne({ _id: 1 as never, a: 1, b: 1 });
      await engine.db.collection('rows').deleteMany({});
      await engine.db.collection('rows').insertOne({ ...source });
      const code = await engine.db
        .collection('rows')
        .aggregate([{ $merge: { into: 'target', ...options } }])
        .toArray()
        .then(
          () => 0,
          (error) => error.code,
        );
      return [code, await target.find().sort({ _id: 1 }).toArray()];
    };
    const old = { _id: 1, a: 1, b: 1 };
    const same = { _id: 1, a: 2, c: 3 };
    const other = { _id: 2, a: 2 };
    expect(await merge({}, same)).to.deep.equal([0, [{ _id: 1, a: 2, b: 1, c: 3 }]]);
    expect(await merge({ whenMatched: 'fail' }, same)).to.deep.equal([11000, [old]]);
    expect(await merge({}, other)).to.deep.equal([0, [old, other]]);
    await target.createIndex({ b: 1 }, { unique: true });
    expect(await merge({}, { _id: 2, b: 1 })).to.deep.equal([11000, [old]]);
  });

  it('$out replaces a collection and keeps its indexes', async () => {
    const copy = engine.db.collection('copy');
    await copy.insertOne({ old: true });
    await copy.createIndex({ a: 1 }, { unique: true });
    await engine.db.collection('rows').insertMany([{ a: 1 }, { a: new Double(2) }]);
    await engine.db
      .collection('rows')
      .aggregate([{ $project: { a: 1, _id: 0 } }, { $out: 'copy' }])
      .toArray();
    expect((await copy.find().sort({ a: 1 }).toArray()).map(({ a }) => a)).to.deep.equal([1, 2]);
    expect((await copy.indexes()).map(({ name }) => name)).to.deep.equal(['_id_', 'a_1']);
    await engine.db.collection('rows').insertOne({ a: 1 });
    const code = await engine.db
      .collection('rows')
      .aggregate([{ $out: 'copy' }])
      .toArray()
      .catch((error) => error.code);
    expect(code).to.equal(11000);
    expect(await copy.countDocuments()).to.equal(2);
  });

  it('compares by collation in expressions', async () => {
    await engine.db.collection('rows').insertMany(['b', 'A', 'a', 'B'].map((name) => ({ name })));
    const collation = { locale: 'en', strength: 2 };
    const equal = await engine.db
      .collection('rows')
      .aggregate([{ $match: { $expr: { $eq: ['$name', 'A'] } } }, { $count: 'n' }], { collation })
      .toArray();
    expect(equal).to.deep.equal([{ n: 2 }]);
    const grouped = async (stages: Document[]) =>
      engine.db
        .collection('rows')
        .aggregate([{ $sort: { _id: 1 } }, ...stages], { collation })
        .toArray();
    expect(await grouped([{ $group: { _id: { by: '$name' }, n: { $sum: 1 } } }])).to.deep.equal([
      { _id: { by: 'b' }, n: 2 },
      { _id: { by: 'A' }, n: 2 },
    ]);
    const many = Array.from({ length: 300 }, (_each, n) => ({ name: String.fromCharCode(97 + ((n * 7) % 26)) }));
    await engine.db
      .collection('rows')
      .insertMany(many.map(({ name }, n) => ({ name: n % 2 ? name : name.toUpperCase() })));
    const counted = await grouped([{ $group: { _id: '$name', n: { $sum: 1 } } }]);
    expect(counted).to.have.length(26);
    expect(counted.reduce((sum, { n }) => sum + n, 0)).to.equal(304);
  });
});
