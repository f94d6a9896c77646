import { Double } from 'bson';
import { expect } from 'chai';
import fc from 'fast-check';
import { compilePipeline, settingsFor } from '../aggregation/pipeline.ts';
import { Memory } from '../memory.ts';
import { withoutPauses } from '../pauses.ts';
import { sorted } from '../query/sorted.ts';
import { type Doc, encode } from '../values/codec.ts';
import { decode, decodeFields } from '../values/decode.ts';
import { type InProcess, startInProcess } from './support/in-process.ts';

const context = { settings: settingsFor(undefined), variables: new Map() };

/** What a pipeline makes of documents that are decoded as the engine decodes them: only the fields that the pipeline reads. */
function results(stages: Doc[], documents: Doc[], isPruned = true): Doc[] {
  const pipeline = compilePipeline(stages, context);
  const input = documents.map((each) => {
    const raw = encode(each);
    return isPruned && pipeline.fields !== undefined ? decodeFields(raw, pipeline.fields) : decode(raw);
  });
  return [...withoutPauses(pipeline.run(input, new Memory()))];
}

const value = fc.oneof(
  fc.integer({ min: -5, max: 5 }),
  fc.constantFrom(null, 0.5, 2.25, 'a', 'b', true, [1, 2], { x: 1 }, { y: 'z' }),
);
const rows = fc.array(fc.record({ g: fc.integer({ min: 0, max: 2 }), v: value, w: value }, { requiredKeys: ['g'] }), {
  maxLength: 30,
});

const numbersIn = (values: unknown[]) => values.filter((each) => typeof each === 'number');
const asDouble = (number: number) => (Number.isInteger(number) ? new Double(number) : number);
const total = (values: unknown[]) => numbersIn(values).reduce((sum, each) => sum + each, 0);
const sum = (values: unknown[]) =>
  numbersIn(values).every(Number.isInteger) ? total(values) : asDouble(total(values));
/** Documents of one group, by naive means. */
const groupsOf = (documents: Doc[]) => [...new Set(documents.map(({ g }) => g))];
const text = (value: unknown) => encode({ value }).toString('hex');

describe('sums of the engine', () => {
  it('make of documents one after the other what they make all at once, whatever is decoded', () => {
    fc.assert(
      fc.property(rows, (given) => {
        const documents: Doc[] = given.map((each, _id) => ({ _id, other: 'x', ...each }));
        const stages = [{ $group: { _id: '$g', v: { $sum: '$v' }, n: { $sum: 1 }, w: { $sum: ['$w'] } } }];
        const found = results(stages, documents);
        expect(text(found)).to.equal(text(results(stages, documents, false)));
        const wanted = groupsOf(documents).map((g) => {
          const group = documents.filter((each) => each.g === g);
          return { _id: g, v: sum(group.map(({ v }) => v)), n: group.length, w: sum(group.map(({ w }) => w)) };
        });
        expect(text(found)).to.equal(text(wanted));
      }),
    );
  });

  it('add doubles up so that their order does not matter, as MongoDB does', () => {
    const [found] = results(
      [{ $group: { _id: null, s: { $sum: '$v' } } }],
      [1e16, 1.5, -1e16, 1, 0.25].map((v) => ({ v })),
    );
    expect(found?.s).to.equal(2.75);
  });
});

const filter = fc.oneof(
  fc.record({ g: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ v: fc.constantFrom(null, 1, 'a', { $gte: 0 }, { $lt: 2 }, { $in: [1, 'b'] }, { $exists: false }) }),
  fc.record({ list: fc.constantFrom(1, { $gt: 1 }, { $elemMatch: { $gt: 0, $lt: 3 } }, []) }),
  fc.constantFrom({ $or: [{ g: 1 }, { v: 2 }] }, { $expr: { $gt: ['$w', '$v'] } }, { g: 1, v: { $gte: 0 } }, {}),
);
const sort = fc.constantFrom({ g: 1, _id: 1 }, { v: -1, _id: -1 }, { g: -1, v: 1, _id: 1 }, { list: 1, _id: 1 });
const ordered = fc
  .tuple(sort, fc.constantFrom(0, 3), fc.constantFrom(1, 5, 100))
  .map(([by, skip, limit]) => [{ $sort: by }, { $skip: skip }, { $limit: limit }]);
const rest = fc.constantFrom<Doc[]>(
  [],
  [{ $project: { v: 1, n: { $size: { $ifNull: ['$list', []] } } } }],
  [{ $unwind: '$list' }, { $group: { _id: '$list', n: { $sum: 1 }, w: { $sum: '$w' } } }],
  [{ $set: { 'in.v': '$v' } }, { $match: { 'in.v': { $gte: 1 } } }, { $unset: 'w' }],
  [{ $replaceWith: { $ifNull: ['$in', { z: '$list' }] } }, { $count: 'n' }],
);
const stored = fc.array(
  fc.record(
    {
      g: fc.integer({ min: 0, max: 3 }),
      v: value,
      w: value,
      list: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 }),
    },
    { requiredKeys: ['g'] },
  ),
  { minLength: 1, maxLength: 40 },
);

describe('a sort with pauses', () => {
  const items = Array.from({ length: 5000 }, (_each, at) => ({ key: (at * 7919) % 97, at }));
  const expected = [...items].sort((a, b) => a.key - b.key);

  for (const most of [undefined, 1, 10, 2000, 2048, 2049, 4999]) {
    it(`keeps equal ones as they came, and lets go of all: ${most ?? 'all'} of ${items.length}`, () => {
      let held = 0;
      const pauses = items.length / 50;
      function* steps() {
        for (const item of items) yield item.at % 50 === 0 ? undefined : item;
      }
      const given = expected.filter(({ at }) => at % 50 !== 0);
      const sorting = {
        order: (a: (typeof items)[0], b: (typeof items)[0]) => a.key - b.key,
        hold: (_item: unknown, sign: number) => {
          held += sign;
        },
      };
      const found = [];
      let passed = 0;
      for (const item of sorted(steps(), sorting, most)) {
        if (item === undefined) passed++;
        else found.push(item);
      }
      expect(found).to.deep.equal(given.slice(0, most));
      expect(passed).to.be.at.least(pauses);
      if (most === undefined || most <= 2048) expect(held).to.equal(0);
    });
  }
});

describe('pipelines of the engine, by properties', () => {
  let engine: InProcess;
  before(async () => {
    engine = await startInProcess();
    const key = (fields: Doc) => ({ key: fields, name: Object.keys(fields).join() });
    const indexes = [{ g: 1 }, { v: 1 }, { g: -1, v: 1 }, { list: 1 }].map(key);
    await engine.run({ createIndexes: 'indexed', indexes });
  });
  after(() => engine.close());

  it('yield the same with and without indexes, and as stages one after the other do', async () => {
    const pipelines = fc.tuple(filter, fc.oneof(ordered, fc.constant([{ $sort: { _id: 1 } }])), rest);
    await fc.assert(
      fc.asyncProperty(stored, fc.array(pipelines, { minLength: 4, maxLength: 8 }), async (given, all) => {
        const documents: Doc[] = given.map((each, _id) => ({ _id, ...each }));
        for (const name of ['plain', 'indexed']) {
          await engine.run({ delete: name, deletes: [{ q: {}, limit: 0 }] });
          await engine.insert(name, documents);
        }
        const rowsOf = async (name: string, pipeline: Doc[]) => {
          const reply = await engine.run({ aggregate: name, pipeline, cursor: { batchSize: 1000 } });
          expect(reply.ok, JSON.stringify(reply)).to.equal(1);
          return JSON.stringify((reply.cursor as { firstBatch: Doc[] }).firstBatch);
        };
        for (const [match, order, stages] of all) {
          const pipeline = [{ $match: match }, ...order, ...stages];
          const plain = await rowsOf('plain', pipeline);
          expect(await rowsOf('indexed', pipeline), JSON.stringify(pipeline)).to.equal(plain);
          // A first stage that no search can take in makes the pipeline filter and sort by itself.
          expect(await rowsOf('plain', [{ $set: { z: 1 } }, { $unset: 'z' }, ...pipeline])).to.equal(plain);
        }
      }),
      { numRuns: 25 },
    );
  });
});
