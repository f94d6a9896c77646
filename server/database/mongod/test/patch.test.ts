import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Double, Long } from 'bson';
import { expect } from 'chai';
import fc from 'fast-check';
import { type Document, MongoClient } from 'mongodb';
import { checkFolder } from '../maintenance.ts';
import { Patches } from '../update/patch.ts';
import { compileUpdate } from '../update/update.ts';
import { type Doc, encode } from '../values/codec.ts';
import { decode } from '../values/decode.ts';
import { startEngine } from './support/engine.ts';

interface Row extends Document {
  _id: number;
}

const scalar: fc.Arbitrary<unknown> = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(2147483647, -2147483648, 1.5, -0, 3e9, new Double(2), Long.fromString('9007199254740993')),
  fc.constantFrom('', '课时', 'studying', 'qualified', null, true, false, new Date(0)),
);
const name = fc.constantFrom('a', 'b', 'c', 'd', '学');
const fields = (value: fc.Arbitrary<unknown>) => fc.dictionary(name, value, { noNullPrototype: true, maxKeys: 4 });
const nested = fc.oneof(scalar, fields(scalar), fc.array(scalar, { maxLength: 2 }));
const documents = fields(fc.oneof(nested, fields(nested), fields(fields(scalar)))).map((rest) => ({ _id: 1, ...rest }));
const path = fc
  .oneof({ weight: 4, arbitrary: name }, fc.tuple(name, name), fc.tuple(name, name, name))
  .map(String)
  .map((parts) => parts.replaceAll(',', '.'));
const operands = (value: fc.Arbitrary<unknown>) =>
  fc.dictionary(path, value, { noNullPrototype: true, minKeys: 1, maxKeys: 2 });
const updates = fc.record(
  {
    $set: operands(nested),
    $inc: operands(fc.constantFrom(1, -2, 0.5, new Double(1), Long.fromNumber(7))),
    $unset: operands(fc.constant('')),
    $setOnInsert: operands(scalar),
  },
  { requiredKeys: [], noNullPrototype: true },
);

describe('updates on encoded documents', () => {
  it('change the same bytes as updates of decoded ones', () => {
    const patches = new Patches();
    let patched = 0;
    fc.assert(
      fc.property(documents, updates, (document, update) => {
        const raw = encode(document);
        const before = Buffer.from(raw);
        const general = () => compileUpdate(update, { compilePipeline: () => () => ({}) });
        let result: Buffer | undefined;
        try {
          result = patches.find(update, general)?.apply(raw, update);
        } catch {
          expect(general).to.throw();
        }
        expect(raw.equals(before), 'the document that was read stays as it is').to.equal(true);
        if (result === undefined) return;
        patched++;
        const expected = encode(general()(decode(raw), false) as Doc);
        expect(result.toString('hex')).to.equal(expected.toString('hex'));
      }),
      { numRuns: 3000 },
    );
    expect(patched).to.be.greaterThan(100);
  });

  it('are checked like any other: conflicting paths and operands that are not numbers', () => {
    const patches = new Patches();
    const find = (update: Doc) =>
      patches.find(update, () => compileUpdate(update, { compilePipeline: () => () => ({}) }));
    expect(find({ $set: { a: 1 }, $inc: { b: 1 } })).not.to.equal(undefined);
    expect(() => find({ $set: { a: 1, $inc: 1, b: 1 } })).to.throw(/dollar/);
    expect(() => find({ $set: { a: 1 }, $inc: { a: 1 } })).to.throw(/conflict/);
    expect(find({ $set: { a: 2 }, $inc: { b: 'x' } })).to.equal(undefined);
    expect(find({ $push: { a: 1 } })).to.equal(undefined);
  });
});

describe('updates of indexed fields on encoded documents', () => {
  it('keep unique and multikey indexes in agreement', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'xuefang-patch-'));
    const engine = await startEngine(folder);
    const client = new MongoClient(engine.uri);
    const rows = client.db('patch').collection<Row>('rows');
    await rows.createIndexes([
      { key: { 'at.day': -1, n: 1 } },
      { key: { code: 1 }, unique: true },
      { key: { state: 1, n: 1 } },
      { key: { tags: 1 } },
    ]);
    await rows.insertMany(
      Array.from({ length: 20 }, (_each, n) => ({ _id: n, n, code: `c${n}`, state: 'open', at: { day: n } })),
    );
    await rows.bulkWrite(
      Array.from({ length: 20 }, (_each, n) => ({
        updateOne: {
          filter: { _id: n },
          update: {
            $set: { 'at.day': n % 3, state: n % 2 ? 'done' : 'open', tags: [n, n % 4] },
            $inc: { n: 100 },
            ...(n > 18 ? { $unset: { code: '' } } : {}),
          },
        },
      })),
    );
    const taken = await rows.updateOne({ _id: 1 }, { $set: { code: 'c2' } }).catch((error) => error);
    expect(taken).to.include({ code: 11000 }).and.to.have.deep.property('keyValue', { code: 'c2' });
    expect(await rows.countDocuments({ state: 'open', n: { $gte: 100 } })).to.equal(10);
    expect(await rows.countDocuments({ tags: 3 })).to.equal(5);
    expect(await rows.countDocuments({ 'at.day': 2 })).to.equal(6);
    await client.close();
    await engine.stop();
    expect((await checkFolder(folder)).problems).to.deep.equal([]);
    await rm(folder, { recursive: true });
  });
});
