import { expect } from 'chai';
import type { Document, UpdateFilter } from 'mongodb';
import { withEngine } from './support/engine-suite.ts';

/** A document whose fields stand in this order, which objects cannot have. */
const inOrder = (...fields: [string, unknown][]) => new Map(fields) as unknown as Document;

const stored = () =>
  inOrder(
    ['_id', 1],
    ['b', 1],
    ['10', inOrder(['x', 1], ['2', 2], ['1', 3])],
    ['a', [inOrder(['z', 1], ['0', 2])]],
    ['3', 4],
  );

/** The names of the fields in the order in which they are sent, in all documents within one. */
function namesIn(bytes: Uint8Array, start = 0): string {
  const raw = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const names: string[] = [];
  let at = start + 4;
  while (raw[at] !== 0) {
    const type = raw[at] as number;
    const end = raw.indexOf(0, at + 1);
    const name = raw.toString('utf8', at + 1, end);
    at = end + 1;
    if (type === 3 || type === 4) {
      names.push(`${name}(${namesIn(raw, at)})`);
      at += raw.readInt32LE(at);
    } else {
      names.push(name);
      at += type === 16 ? 4 : type === 7 ? 12 : 8;
    }
  }
  return names.join(' ');
}

const before = '_id b 10(x 2 1) a(0(z 0)) 3';

/** Update and the names afterwards. */
const updates: [string, UpdateFilter<Document> | Document[], string][] = [
  ['$set of an old field', { $set: { b: 2 } }, before],
  ['$set at a path', { $set: { '10.y': 1 } }, '_id b 10(x 2 1 y) a(0(z 0)) 3'],
  ['$set of a new field', { $set: { '07': 1 } }, `${before} 07`],
  ['$set within an array', { $set: { 'a.0.1': 1 } }, '_id b 10(x 2 1) a(0(z 0 1)) 3'],
  ['$inc', { $inc: { '3': 1 } }, before],
  ['$max, which goes over properties', { $max: { b: 2 } }, before],
  ['$push', { $push: { a: 5 as never } }, '_id b 10(x 2 1) a(0(z 0) 1) 3'],
  ['$unset', { $unset: { '10.2': 1 } }, '_id b 10(x 1) a(0(z 0)) 3'],
  ['$min of a new field', { $min: { '5': 1 } }, `${before} 5`],
  ['a pipeline with $set', [{ $set: { b: { $ifNull: ['$none', 3] }, '10.0': 1 } }], '_id b 10(x 2 1 0) a(0(z 0)) 3'],
  ['a pipeline with $unset', [{ $unset: '10.2' }], '_id b 10(x 1) a(0(z 0)) 3'],
];

/** Pipeline and the names of its result. */
const pipelines: [string, Document[], string][] = [
  ['$match and $sort', [{ $match: { b: 1 } }, { $unset: 'none' }, { $sort: { b: 1 } }], before],
  ['$addFields', [{ $addFields: { '10.0': '$b' } }], '_id b 10(x 2 1 0) a(0(z 0)) 3'],
  ['$project with fields', [{ $project: { '3': 1, b: 1, '10.1': 1 } }], '_id b 10(1) 3'],
  ['$project without fields', [{ $project: { b: 0 } }], '_id 10(x 2 1) a(0(z 0)) 3'],
  ['$unwind', [{ $unwind: '$a' }], '_id b 10(x 2 1) a(z 0) 3'],
  ['$replaceRoot', [{ $replaceRoot: { newRoot: '$10' } }], 'x 2 1'],
];

describe('fields with names like integers', () => {
  const engine = withEngine('order');
  const rows = () => engine.db.collection<Document>('rows');
  const found = async () => namesIn((await rows().findOne({}, { raw: true })) as unknown as Uint8Array);

  it('stay where they are in what is inserted, also where _id has to come first', async () => {
    await rows().insertOne(stored());
    expect(await found()).to.equal(before);
    await rows().drop();
    await rows().insertOne(inOrder(['b', 1], ['0', 1], ['_id', 1], ['a', 1]));
    expect(await found()).to.equal('_id b 0 a');
    await rows().replaceOne({}, inOrder(['z', 1], ['0', 1]));
    expect(await found()).to.equal('_id z 0');
  });

  for (const [name, update, expected] of updates) {
    it(`stay where they are in an update: ${name}`, async () => {
      await rows().insertOne(stored());
      await rows().updateOne({}, update);
      expect(await found()).to.equal(expected);
    });
  }

  for (const [name, stages, expected] of pipelines) {
    it(`stay where they are in a pipeline: ${name}`, async () => {
      await rows().insertOne(stored());
      const [result] = await rows().aggregate(stages, { raw: true }).toArray();
      expect(namesIn(result as unknown as Uint8Array)).to.equal(expected);
      await rows()
        .aggregate([...stages, { $project: { _id: 0 } }, { $out: 'out' }])
        .toArray();
      const copy = await engine.db.collection('out').findOne({}, { raw: true });
      expect(namesIn(copy as unknown as Uint8Array)).to.equal(`_id ${expected.replace('_id ', '')}`);
    });
  }

  it('keep their place in the order of a sort and of an index', async () => {
    await rows().insertMany([
      { _id: 1 as never, a: 1, '0': 2 },
      { _id: 2 as never, a: 2, '0': 1 },
    ]);
    const sort = new Map<string, 1 | -1>([
      ['a', -1],
      ['0', 1],
    ]);
    await rows().createIndex(sort);
    const [, index] = await rows().listIndexes({ raw: true }).toArray();
    expect(Buffer.from(index as Uint8Array).toString('latin1')).to.match(/a\0.*0\0/s);
    expect((await rows().find().sort(sort).toArray()).map(({ _id }) => _id)).to.deep.equal([2, 1]);
  });
});
