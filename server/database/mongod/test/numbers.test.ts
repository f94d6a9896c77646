import { expect } from 'chai';
import { Decimal128, type Document, Double, Int32, Long } from 'mongodb';
import { withEngine } from './support/engine-suite.ts';

const decimal = (text: string) => Decimal128.fromString(text);
const long = (text: string | number) => Long.fromString(String(text));
const double = (value: number) => new Double(value);
const most = long('9223372036854775807');

/** What follows a condition, under a name that no object of a program should have. */
const result = (value: unknown): Document => Object.fromEntries([['then', value]]);

/** A value with the type that it has on the wire. */
function typed(value: unknown): unknown {
  if (value instanceof Int32) return `int ${value.value}`;
  if (value instanceof Double) return `double ${value.value}`;
  if (value instanceof Decimal128) return `decimal ${value}`;
  if (value instanceof Long) return `long ${value}`;
  if (Array.isArray(value)) return value.map(typed);
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, typed(each)]));
}

/** One of each type, all with the same value, and larger ones. */
const numbers = { i: 6, l: long(6), d: double(6), f: 2.5, x: decimal('6'), n: null, t: new Date(1000), most };

/** Expression and the value with its type, by the manual's pages of the operators. */
const expressions: [Document | string, unknown][] = [
  ['$i', 'int 6'],
  ['$l', 'long 6'],
  ['$d', 'double 6'],
  ['$x', 'decimal 6'],
  [{ $literal: long(1) }, 'long 1'],
  [{ $add: ['$i', 1] }, 'int 7'],
  [{ $add: ['$i', 2147483647] }, 'long 2147483653'],
  [{ $add: ['$i', long(1)] }, 'long 7'],
  [{ $add: ['$i', double(1)] }, 'double 7'],
  [{ $add: ['$l', 0.5] }, 'double 6.5'],
  [{ $add: ['$most', 1] }, 'double 9223372036854776000'],
  [{ $add: ['$t', long(500)] }, new Date(1500)],
  [{ $add: ['$i', '$n'] }, null],
  [{ $subtract: ['$i', 7] }, 'int -1'],
  [{ $subtract: ['$l', '$i'] }, 'long 0'],
  [{ $subtract: ['$d', '$i'] }, 'double 0'],
  [{ $subtract: ['$t', new Date(0)] }, 'long 1000'],
  [{ $subtract: ['$t', double(1)] }, new Date(999)],
  [{ $multiply: ['$i', 7] }, 'int 42'],
  [{ $multiply: [2147483647, 2147483647] }, 'long 4611686014132420609'],
  [{ $multiply: ['$i', '$d'] }, 'double 36'],
  [{ $multiply: ['$most', 2] }, 'double 18446744073709552000'],
  [{ $divide: ['$i', 2] }, 'double 3'],
  [{ $divide: ['$l', '$i'] }, 'double 1'],
  [{ $mod: ['$i', 4] }, 'int 2'],
  [{ $mod: ['$l', 4] }, 'long 2'],
  [{ $mod: ['$i', double(4)] }, 'double 2'],
  [{ $abs: -5 }, 'int 5'],
  [{ $abs: long(-5) }, 'long 5'],
  [{ $abs: double(-5) }, 'double 5'],
  [{ $abs: -2147483648 }, 'long 2147483648'],
  [{ $ceil: '$f' }, 'double 3'],
  [{ $round: ['$f', 0] }, 'double 2'],
  [{ $round: [3.5] }, 'double 4'],
  [{ $round: [-2.678, 2] }, 'double -2.68'],
  [{ $round: [1250, -2] }, 'int 1200'],
  [{ $trunc: [-2.678, 1] }, 'double -2.6'],
  [{ $trunc: '$l' }, 'long 6'],
  [{ $min: ['$l', 7] }, 'long 6'],
  [{ $max: ['$f', '$x'] }, 'decimal 6'],
  [{ $sum: ['$i', 1] }, 'int 7'],
  [{ $sum: ['$i', '$l'] }, 'long 12'],
  [{ $sum: ['$i', '$d'] }, 'double 12'],
  [{ $sum: [2147483647, 1] }, 'long 2147483648'],
  [{ $avg: ['$i', 2] }, 'double 4'],
  [{ $type: '$d' }, 'double'],
  [{ $type: '$l' }, 'long'],
  [{ $type: { $divide: ['$i', 3] } }, 'double'],
  [{ $type: -2147483648 }, 'int'],
  [{ $isNumber: '$l' }, true],
  [{ $cond: [double(0), 1, 2] }, 'int 2'],
  [{ $cond: { if: decimal('0'), ...result(1), else: 2 } }, 'int 2'],
  [{ $and: [long(0)] }, false],
  [{ $not: [double(0)] }, true],
  [{ $switch: { branches: [{ case: Long.ZERO, ...result(1) }], default: '$l' } }, 'long 6'],
  [{ $ifNull: ['$n', '$l'] }, 'long 6'],
  [{ $size: [['$i', '$l']] }, 'int 2'],
  [{ $arrayElemAt: [['$i', '$l'], long(1)] }, 'long 6'],
  [{ $slice: [['$i', '$l'], double(1)] }, ['int 6']],
  [{ $map: { input: ['$l', '$d'], in: { $add: ['$$this', 1] } } }, ['long 7', 'double 7']],
  [{ $filter: { input: ['$l', '$d'], cond: { $eq: [{ $type: '$$this' }, 'long'] } } }, ['long 6']],
  [{ $first: [[['$i'], 1]] }, ['int 6']],
  [{ $in: ['$i', ['$x']] }, true],
  [{ $in: [decimal('2.50'), ['$f']] }, true],
];

/** Expressions that MongoDB refuses, with its code. */
const refused: [string, Document, number][] = [
  ['a division by zero', { $divide: [1, double(0)] }, 2],
  ['a remainder by zero', { $mod: [1, 0] }, 16610],
  ['a sum with a string', { $add: [1, 'a'] }, 14],
  ['two dates in a sum', { $add: ['$t', '$t'] }, 16612],
  ['no branch of $switch', { $switch: { branches: [{ case: false, ...result(1) }] } }, 40066],
  ['$in of no array', { $in: [1, 2] }, 40081],
];

const equals = [6, long(6), double(6), decimal('6.0')];

describe('numbers of the engine', () => {
  const engine = withEngine('numbers');
  const raw = { promoteValues: false, promoteLongs: false };
  const rows = () => engine.db.collection('rows');

  it('keep their type in expressions, and results have the type of the manual', async () => {
    await rows().insertOne({ ...numbers });
    const fields = expressions.map(([expression], at) => [`e${at}`, expression]);
    const [found] = await rows()
      .aggregate([{ $project: { _id: 0, ...Object.fromEntries(fields) } }], raw)
      .toArray();
    for (const [at, [expression, expected]] of expressions.entries())
      expect(typed(found?.[`e${at}`]), JSON.stringify(expression)).to.deep.equal(expected);
  });

  for (const [name, expression, code] of refused) {
    it(`refuses ${name}`, async () => {
      await rows().insertOne({ ...numbers });
      const given = await rows()
        .aggregate([{ $project: { v: expression } }])
        .toArray()
        .then(
          () => 0,
          (error) => error.code,
        );
      expect(given).to.equal(code);
    });
  }

  it('keep their type through every stage', async () => {
    await rows().insertOne({
      _id: 1 as never,
      i: 1,
      l: long(2),
      d: double(3),
      x: decimal('4'),
      list: [long(5), double(6)],
    });
    const stages: Document[] = [
      { $match: { i: 1 } },
      { $addFields: { 'copy.l': '$l', 'copy.d': '$d' } },
      { $unwind: '$list' },
      { $sort: { list: 1 } },
      { $replaceRoot: { newRoot: { $mergeObjects: ['$$ROOT', { m: '$x' }] } } },
      { $unset: 'copy.l' },
      {
        $group: {
          _id: '$d',
          l: { $first: '$l' },
          list: { $push: '$list' },
          copy: { $last: '$copy' },
          m: { $max: '$m' },
        },
      },
    ];
    expect((await rows().aggregate(stages, raw).toArray()).map(typed)).to.deep.equal([
      { _id: 'double 3', l: 'long 2', list: ['long 5', 'double 6'], copy: { d: 'double 3' }, m: 'decimal 4' },
    ]);
    await rows()
      .aggregate([...stages, { $out: 'out' }])
      .toArray();
    expect(typed(await engine.db.collection('out').findOne({}, raw))).to.deep.include({ _id: 'double 3', l: 'long 2' });
    await rows().updateOne({}, [{ $set: { sum: { $add: ['$i', '$l'] }, 'in.d': '$d' } }, { $unset: 'list' }]);
    expect(typed(await rows().findOne({}, raw))).to.deep.equal({
      ...{ _id: 'int 1', i: 'int 1', l: 'long 2', d: 'double 3', x: 'decimal 4' },
      ...{ sum: 'long 3', in: { d: 'double 3' } },
    });
  });

  it('add up in a $group by the widest type', async () => {
    await rows().insertMany([
      { g: 1, v: 1 },
      { g: 1, v: 2 },
      { g: 2, v: 1 },
      { g: 2, v: long(2) },
      { g: 3, v: long(1) },
      { g: 3, v: double(2) },
      { g: 5, v: most },
      { g: 5, v: 1 },
    ]);
    const sums = await rows()
      .aggregate(
        [{ $group: { _id: '$g', s: { $sum: '$v' }, a: { $avg: '$v' }, n: { $sum: long(1) } } }, { $sort: { _id: 1 } }],
        raw,
      )
      .toArray();
    expect(sums.map(({ s }) => typed(s))).to.deep.equal([
      ...['int 3', 'long 3', 'double 3', 'double 9223372036854776000'],
    ]);
    expect(sums.slice(0, 3).map(({ a }) => typed(a))).to.deep.equal([...['double 1.5', 'double 1.5', 'double 1.5']]);
    expect(typed(sums[0]?.n)).to.equal('long 2');
  });

  it('are one value across types in $addToSet, $group, distinct, $in and the update operators', async () => {
    await rows().insertMany(equals.map((v) => ({ v })));
    const [grouped] = await rows()
      .aggregate([{ $group: { _id: '$v', set: { $addToSet: '$v' }, n: { $sum: 1 } } }], raw)
      .toArray();
    expect(typed(grouped)).to.deep.equal({ _id: 'int 6', set: ['int 6'], n: 'int 4' });
    expect(await rows().distinct('v')).to.have.length(1);
    for (const value of equals) {
      expect(await rows().countDocuments({ v: { $in: [value] } })).to.equal(4);
      expect(await rows().countDocuments({ v: value })).to.equal(4);
      await rows().updateOne({ one: 1 }, { $addToSet: { list: value } }, { upsert: true });
      await rows().updateOne({ one: 1 }, { $addToSet: { documents: { a: value } } });
    }
    const one = await rows().findOne({ one: 1 });
    expect([one?.list, one?.documents]).to.deep.equal([[6], [{ a: 6 }]]);
    for (const value of equals) {
      await rows().updateOne({ one: 1 }, { $set: { list: [...equals, 7] } });
      await rows().updateOne({ one: 1 }, { $pull: { list: value } as Document });
      expect((await rows().findOne({ one: 1 }))?.list).to.deep.equal([7]);
    }
  });

  it('stand in stages with numbers of any type', async () => {
    await rows().insertMany([{ v: long(1) }, { v: double(7) }, { v: decimal('7.5') }, { v: 'x' }]);
    const stages = [
      { $sort: { v: 1 } },
      { $project: { _id: 0, v: double(1) } },
      { $skip: long(1) },
      { $limit: double(1) },
      { $set: { n: 1 } },
    ];
    expect((await rows().aggregate(stages, raw).toArray()).map(typed)).to.deep.equal([{ v: 'double 7', n: 'int 1' }]);
  });
});
