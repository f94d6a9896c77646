import { expect } from 'chai';
import { type Collection, type Document, Double, Long } from 'mongodb';
import { withEngine } from './support/engine-suite.ts';

/** Filter, documents, and the _ids that MongoDB's manual says match. */
const filters: [string, Document, Document[], number[]][] = [
  ['null matches missing', { a: null }, [{ a: null }, { b: 1 }, { a: 0 }], [0, 1]],
  ['equality reaches into arrays', { a: 2 }, [{ a: [1, 2] }, { a: 2 }, { a: [[2]] }], [0, 1]],
  [
    'a whole array matches itself and as an element',
    { a: [1, 2] },
    [{ a: [1, 2] }, { a: [[1, 2]] }, { a: [2, 1] }],
    [0, 1],
  ],
  [
    'a dotted path goes through arrays of documents',
    { 'a.b': 1 },
    [{ a: [{ b: 1 }, { b: 2 }] }, { a: { b: [1] } }, { a: [1] }],
    [0, 1],
  ],
  [
    'null on a dotted path',
    { 'a.b': null },
    [{ a: [] }, { a: [{}] }, { a: [{ b: 1 }, {}] }, { a: 1 }, {}],
    [1, 2, 3, 4],
  ],
  ['a number in a path is a position', { 'a.1': 5 }, [{ a: [4, 5] }, { a: { 1: 5 } }, { a: [5, 4] }], [0, 1]],
  [
    'comparison stays within a type',
    { a: { $gt: 5 } },
    [{ a: 6 }, { a: '7' }, { a: new Date() }, { a: null }, { a: true }],
    [0],
  ],
  ['$gte null', { a: { $gte: null } }, [{ a: null }, {}, { a: 1 }], [0, 1]],
  [
    'numbers are equal across types',
    { a: 5 },
    [{ a: Long.fromNumber(5) }, { a: new Double(5) }, { a: new Double(5) }, { a: '5' }],
    [0, 1, 2],
  ],
  [
    'int64 beyond doubles',
    { a: Long.fromString('9007199254740993') },
    [{ a: Long.fromString('9007199254740993') }, { a: 9007199254740992 }],
    [0],
  ],
  ['$ne on arrays means no element', { a: { $ne: 1 } }, [{ a: [1, 2] }, { a: [2] }, {}], [1, 2]],
  ['$in with null and a pattern', { a: { $in: [null, /^x/] } }, [{ a: 'xy' }, {}, { a: 'yx' }], [0, 1]],
  ['$nin', { a: { $nin: [1, null] } }, [{ a: 1 }, {}, { a: 2 }, { a: [1, 3] }], [2]],
  ['two bounds may be met by two elements', { a: { $gt: 5, $lt: 3 } }, [{ a: [1, 9] }, { a: [4] }], [0]],
  [
    '$elemMatch wants one element',
    { a: { $elemMatch: { $gt: 5, $lt: 8 } } },
    [{ a: [1, 9] }, { a: [6] }, { a: 6 }],
    [1],
  ],
  [
    '$elemMatch on documents',
    { a: { $elemMatch: { b: 1, c: 2 } } },
    [{ a: [{ b: 1 }, { c: 2 }] }, { a: [{ b: 1, c: 2 }] }],
    [1],
  ],
  ['$type of elements and of arrays', { a: { $type: 'string' } }, [{ a: 'x' }, { a: ['x', 1] }, { a: 1 }], [0, 1]],
  ['$type array', { a: { $type: 'array' } }, [{ a: [] }, { a: 1 }], [0]],
  ['$type tells double from int', { a: { $type: 'double' } }, [{ a: new Double(5) }, { a: 5 }, { a: 5.5 }], [0, 2]],
  ['$exists', { a: { $exists: true } }, [{ a: null }, {}, { a: [] }], [0, 2]],
  ['$regex with options', { a: { $regex: '^AB', $options: 'i' } }, [{ a: 'abc' }, { a: 'xab' }], [0]],
  ['a regular expression', { a: /x/ }, [{ a: 'xy' }, { a: /x/ }, { a: /y/ }], [0, 1]],
  [
    '$eq with a regular expression',
    { a: { $eq: /x/ } },
    [{ a: 'xy' }, { a: /x/ }, { a: /y/ }, { a: ['x', /x/] }],
    [1, 3],
  ],
  ['Chinese text by substring', { a: /教师/ }, [{ a: '中学教师培训' }, { a: '学生' }], [0]],
  ['$or beside others', { $or: [{ a: 1 }, { b: 1 }], c: null }, [{ a: 1 }, { b: 1, c: 1 }, { a: 2 }], [0]],
  [
    '$expr compares fields',
    { $expr: { $gt: ['$a', '$b'] } },
    [
      { a: 2, b: 1 },
      { a: 1, b: 2 },
    ],
    [0],
  ],
  [
    'documents are equal only in the same order',
    { a: { x: 1, y: 2 } },
    [{ a: { x: 1, y: 2 } }, { a: { y: 2, x: 1 } }],
    [0],
  ],
];

/** Update, document before, document after. */
const updates: [string, Document | Document[], Document, Document][] = [
  ['$set creates documents on the way', { $set: { 'a.b.c': 1 } }, {}, { a: { b: { c: 1 } } }],
  ['$set by position fills with null', { $set: { 'a.2': 1 } }, { a: [0] }, { a: [0, null, 1] }],
  ['$unset in an array leaves null', { $unset: { 'a.0': '' } }, { a: [1, 2] }, { a: [null, 2] }],
  ['$inc creates', { $inc: { n: 2 } }, {}, { n: 2 }],
  ['$inc keeps int64', { $inc: { n: 1 } }, { n: Long.fromNumber(5) }, { n: 6 }],
  ['$min and $max compare across types', { $max: { a: 'x' }, $min: { b: 1 } }, { a: 5, b: 2 }, { a: 'x', b: 1 }],
  ['$push of several', { $push: { a: { $each: [5, 1] } } }, { a: [4, 2] }, { a: [4, 2, 5, 1] }],
  ['$addToSet', { $addToSet: { a: { $each: [1, 3] } } }, { a: [1, 2] }, { a: [1, 2, 3] }],
  ['$pull by condition', { $pull: { a: { $gte: 2 } } }, { a: [1, 2, 3] }, { a: [1] }],
  ['$pull of documents', { $pull: { a: { b: 1 } } }, { a: [{ b: 1, c: 2 }, { b: 2 }] }, { a: [{ b: 2 }] }],
  ['$[] changes every element', { $inc: { 'a.$[].b': 1 } }, { a: [{ b: 1 }, { b: 2 }] }, { a: [{ b: 2 }, { b: 3 }] }],
  ['a pipeline', [{ $set: { c: { $ifNull: ['$n', '$b'] } } }, { $unset: 'b' }], { a: 1, b: 2 }, { a: 1, c: 2 }],
  ['a new field goes to the end, new ones by name', { $set: { z: 1, b: 2 } }, { y: 0 }, { y: 0, b: 2, z: 1 }],
];

describe("MongoDB's semantics in the engine", () => {
  const engine = withEngine('semantics');
  let rows: Collection<Document>;

  beforeEach(() => {
    rows = engine.db.collection('rows');
  });

  for (const [name, filter, documents, expected] of filters) {
    it(`filter: ${name}, with and without an index`, async () => {
      await rows.insertMany(documents.map((each, _id) => ({ _id: _id as never, ...each })));
      const ids = async () => (await rows.find(filter).toArray()).map(({ _id }) => Number(_id)).sort((a, b) => a - b);
      expect(await ids()).to.deep.equal(expected);
      expect(await rows.countDocuments(filter)).to.equal(expected.length);
      await rows.createIndex({ a: 1 });
      expect(await ids(), 'with an index on a').to.deep.equal(expected);
      await rows.createIndexes([{ key: { 'a.b': -1 } }, { key: { 'a.1': 1 } }]);
      expect(await ids(), 'with an index on a.b').to.deep.equal(expected);
      expect(await rows.countDocuments(filter)).to.equal(expected.length);
      expect((await rows.aggregate([{ $match: { $and: [{}, filter] } }]).toArray()).length).to.equal(expected.length);
    });
  }

  for (const [name, change, before, after] of updates) {
    it(`update: ${name}`, async () => {
      await rows.insertOne({ _id: 1 as never, ...before });
      await rows.updateOne({}, change as never);
      const { _id, ...found } = (await rows.findOne()) ?? {};
      expect(found).to.deep.equal(after);
      expect(Object.keys(found)).to.deep.equal(Object.keys(after));
    });
  }

  it('changes elements by several array filters, each of which must be used and known', async () => {
    const terms = [
      {
        year: 2025,
        tasks: [
          { kind: 'a', points: 1 },
          { kind: 'b', points: 9 },
        ],
      },
      {
        year: 2026,
        tasks: [
          { kind: 'a', points: 8 },
          { kind: 'a', points: 2 },
        ],
      },
    ];
    await rows.insertOne({ _id: 1 as never, terms });
    const change = { $inc: { 'terms.$[term].tasks.$[task].points': 100 }, $set: { 'terms.$[term].seen': true } };
    const run = (arrayFilters: Document[], update: Document = change) =>
      rows.updateOne({ _id: 1 as never }, update, { arrayFilters }).then(
        () => 0,
        (error) => error.code,
      );
    const term = { 'term.year': 2026 };
    const task = { $or: [{ 'task.points': { $gt: 5 } }, { 'task.kind': 'b' }] };
    expect(await run([term, task])).to.equal(0);
    expect(await run([{ x: { $gte: 9 } }], { $set: { 'terms.$[].tasks.$[].points': 0 } })).to.equal(9);
    const points = async () =>
      (await rows.findOne())?.terms.map((each: (typeof terms)[0]) => each.tasks.map((one) => one.points));
    expect(await points()).to.deep.equal([
      [1, 9],
      [108, 2],
    ]);
    expect((await rows.findOne())?.terms.map((each: Document) => each.seen)).to.deep.equal([undefined, true]);
    expect(await run([term, task, { 'other.x': 1 }]), 'unused').to.equal(9);
    expect(await run([term]), 'unknown').to.equal(2);
    expect(await run([term, { 'term.x': 1 }, task]), 'given twice').to.equal(9);
    expect(await run([term, { 'task.kind': 'a', 'another.x': 1 }]), 'two names in one').to.equal(9);
    expect(await run([term, { 'Task.kind': 'a' }]), 'must begin in lower case').to.equal(2);
    expect(await points()).to.deep.equal([
      [1, 9],
      [108, 2],
    ]);
  });

  it('takes the fields of an upsert from the filter', async () => {
    await rows.updateOne(
      { a: 1, 'b.c': 2, d: { $eq: 3 }, e: { $gt: 4 }, $and: [{ f: 5 }], g: { $in: [6] } },
      { $set: { h: 7 } },
      { upsert: true },
    );
    const { _id, ...found } = (await rows.findOne()) ?? {};
    expect(found).to.deep.equal({ a: 1, b: { c: 2 }, d: 3, f: 5, g: 6, h: 7 });
  });

  it('writes collections', async () => {
    const others = engine.db.collection('others');
    await others.insertMany([
      { k: 1, name: 'x' },
      { k: 1, name: 'y' },
      { k: 2, name: 'z' },
    ]);
    await rows.insertMany([
      { _id: 1 as never, k: 1 },
      { _id: 2 as never, k: 3 },
    ]);
    await others
      .aggregate([{ $group: { _id: '$k', n: { $sum: 1 } } }, { $match: { _id: 1 } }, { $merge: 'rows' }])
      .toArray();
    expect(await rows.find().sort({ _id: 1 }).toArray()).to.deep.equal([
      { _id: 1, k: 1, n: 2 },
      { _id: 2, k: 3 },
    ]);
    await others.aggregate([{ $match: { k: 1 } }, { $out: 'copied' }]).toArray();
    expect(await engine.db.collection('copied').countDocuments()).to.equal(2);
  });

  it('compares strings by collation', async () => {
    await rows.insertMany(['a', 'A', 'b', 'Á'].map((name) => ({ name })));
    expect(await rows.countDocuments({ name: 'a' }, { collation: { locale: 'en', strength: 2 } })).to.equal(2);
    expect(await rows.countDocuments({ name: 'a' }, { collation: { locale: 'en', strength: 1 } })).to.equal(3);
  });

  it('reads a million-byte result in batches and closes cursors', async () => {
    await rows.insertMany(Array.from({ length: 2500 }, (_each, n) => ({ _id: n as never, text: 'x'.repeat(500) })));
    expect((await rows.find().batchSize(700).toArray()).map(({ _id }) => Number(_id))).to.deep.equal(
      Array.from({ length: 2500 }, (_each, n) => n),
    );
    const cursor = rows.find().batchSize(10);
    await cursor.next();
    await cursor.close();
    const { cursor: left } = (await engine.client.db('admin').command({ serverStatus: 1 })).metrics;
    expect(left.open.total).to.equal(0);
  });

  it('refuses what it does not know with the right code', async () => {
    const { code } = engine;
    expect(await code({ nonsense: 1 })).to.equal(59);
    expect(await code({ find: 'rows', filter: { a: { $nonsense: 1 } } })).to.equal(238);
    expect(await code({ find: 'rows', filter: { $where: 'true' } })).to.equal(238);
    expect(await code({ find: 'rows', tailable: true })).to.equal(238);
    expect(await code({ aggregate: 'rows', pipeline: [{ $nonsense: 1 }], cursor: {} })).to.equal(238);
    expect(await code({ aggregate: 'rows', pipeline: [{ $changeStream: {} }], cursor: {} })).to.equal(238);
    expect(await code({ create: 'c', encryptedFields: {} })).to.equal(238);
  });
});
