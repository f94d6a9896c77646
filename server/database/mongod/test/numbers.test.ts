import { expect } from 'chai';
import { type Document, Double, Int32, Long } from 'mongodb';
import { withEngine } from './support/engine-suite.ts';

const long = (text: string | number) => Long.fromString(String(text));
const double = (value: number) => new Double(value);
const most = long('9223372036854775807');

/** A value with the type that it has on the wire. */
function typed(value: unknown): unknown {
  if (value instanceof Int32) return `int ${value.value}`;
  if (value instanceof Double) return `double ${value.value}`;
  if (value instanceof Long) return `long ${value}`;
  if (Array.isArray(value)) return value.map(typed);
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, typed(each)]));
}

/** One of each type, all with the same value, and larger ones. */
const numbers = { i: 6, l: long(6), d: double(6), f: 2.5, n: null };

/** Expression and the value with its type, by the manual's pages of the operators. */
const expressions: [Document | string, unknown][] = [
  ['$i', 'int 6'],
  ['$l', 'long 6'],
  ['$d', 'double 6'],
  [{ $literal: long(1) }, 'long 1'],
  [{ $ifNull: ['$n', '$l'] }, 'long 6'],
  [{ $size: [['$i', '$l']] }, 'int 2'],
];

const equals = [6, long(6), double(6)];

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

  it('keep their type through every stage', async () => {
    await rows().insertOne({
      _id: 1 as never,
      i: 1,
      l: long(2),
      d: double(3),
      list: [long(5), double(6)],
    });
    const stages: Document[] = [
      { $match: { i: 1 } },
      { $addFields: { 'copy.l': '$l', 'copy.d': '$d' } },
      { $unwind: '$list' },
      { $sort: { list: 1 } },
      { $replaceRoot: { newRoot: '$$ROOT' } },
      { $unset: 'copy.l' },
      {
        $group: {
          _id: '$d',
          l: { $sum: '$l' },
          list: { $sum: '$list' },
        },
      },
    ];
    expect((await rows().aggregate(stages, raw).toArray()).map(typed)).to.deep.equal([
      { _id: 'double 3', l: 'long 4', list: 'double 11' },
    ]);
    await rows()
      .aggregate([...stages, { $out: 'out' }])
      .toArray();
    expect(typed(await engine.db.collection('out').findOne({}, raw))).to.deep.include({ _id: 'double 3', l: 'long 4' });
    await rows().updateOne({}, [{ $set: { sum: '$l', 'in.d': '$d' } }, { $unset: 'list' }]);
    expect(typed(await rows().findOne({}, raw))).to.deep.equal({
      ...{ _id: 'int 1', i: 'int 1', l: 'long 2', d: 'double 3' },
      ...{ sum: 'long 2', in: { d: 'double 3' } },
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
      .aggregate([{ $group: { _id: '$g', s: { $sum: '$v' }, n: { $sum: long(1) } } }, { $sort: { _id: 1 } }], raw)
      .toArray();
    expect(sums.map(({ s }) => typed(s))).to.deep.equal([
      ...['int 3', 'long 3', 'double 3', 'double 9223372036854776000'],
    ]);
    expect(typed(sums[0]?.n)).to.equal('long 2');
  });

  it('are one value across types in $group, distinct, $in and the update operators', async () => {
    await rows().insertMany(equals.map((v) => ({ v })));
    const [grouped] = await rows()
      .aggregate([{ $group: { _id: '$v', n: { $sum: 1 } } }], raw)
      .toArray();
    expect(typed(grouped)).to.deep.equal({ _id: 'int 6', n: 'int 3' });
    expect(await rows().distinct('v')).to.have.length(1);
    for (const value of equals) {
      expect(await rows().countDocuments({ v: { $in: [value] } })).to.equal(3);
      expect(await rows().countDocuments({ v: value })).to.equal(3);
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
    await rows().insertMany([{ v: long(1) }, { v: double(7) }, { v: 7.5 }, { v: 'x' }]);
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
