import { expect } from 'chai';
import type { Doc } from '../values/codec.ts';
import { type InProcess, startInProcess } from './support/in-process.ts';

const LEVELS = 40;
const cursor = {};

const fieldsOf = (value: unknown) => Object.fromEntries(Array.from({ length: 2000 }, (_each, at) => [`f${at}`, value]));

/** Expressions that make more than there is memory for, though their own result may be small. */
const expressions: Record<string, unknown> = {
  $concat: { $eq: [{ $concat: Array(3000).fill('$text') }, 'x'] },
  'an array': { $eq: [Array(2000).fill('$list'), 1] },
  'an array of paths': { $size: [Array(3000).fill('$documents.a')] },
  'a document': { $eq: [fieldsOf('$list'), 1] },
  $setField: { $eq: [{ $setField: { field: 'b', input: fieldsOf('$list'), value: '$list' } }, 1] },
};

describe('values that expressions make', () => {
  let engine: InProcess;

  before(async () => {
    engine = await startInProcess();
    const text = 'x'.repeat(100_000);
    const list = Array.from({ length: 20_000 }, (_each, at) => at);
    await engine.insert('one', [{ _id: 1, list, documents: list.map((a) => ({ a })), text, pair: [{}, {}] }]);
    await engine.insert(
      'many',
      Array.from({ length: 400 }, (_each, _id) => ({ _id, text })),
    );
  });
  after(() => engine.close());

  /** Where an expression may stand. */
  const places: ((expression: unknown) => Doc)[] = [
    (made) => ({ aggregate: 'one', pipeline: [{ $set: { made } }, { $unset: 'made' }], cursor }),
    (_id) => ({ aggregate: 'one', pipeline: [{ $group: { _id } }], cursor }),
    (made) => ({ find: 'one', projection: { made } }),
    ($expr) => ({ find: 'one', filter: { $expr } }),
    (made) => ({ update: 'one', updates: [{ q: { _id: 1 }, u: [{ $set: { made } }] }] }),
  ];

  for (const [name, expression] of Object.entries(expressions)) {
    it(`end with 146 or 262 where they are too large: ${name}`, async () => {
      for (const place of places) {
        const reply = await engine.run(place(expression));
        const { code, errmsg } = ((reply.writeErrors as Doc[]) ?? [reply])[0] as Doc;
        expect(code, `${Object.keys(place(expression))[0]}: ${errmsg}`).to.be.oneOf([146, 262]);
      }
    }).timeout(30_000);
  }

  it('end with 146 where stages make them of one another', async () => {
    const stages: Doc[][] = [
      Array(LEVELS).fill({ $set: { pair: ['$pair', '$pair'] } }),
      Array(LEVELS).fill({ $set: { 'pair.a': '$pair' } }),
      Array(LEVELS).fill({ $project: { pair: { a: '$pair', b: '$pair' } } }),
      [{ $set: Object.fromEntries(Array.from({ length: 2000 }, (_each, at) => [`f${at}`, '$list'])) }],
    ];
    for (const [at, pipeline] of stages.entries())
      expect(
        await engine.run({ aggregate: 'one', pipeline: [...pipeline, { $sort: { a: 1 } }], cursor }),
        String(at),
      ).to.include({
        code: 146,
      });
  }).timeout(30_000);

  it('count for each document of an update', async () => {
    const u = [{ $set: { text: { $concat: Array(8).fill('$text') } } }, { $unset: 'text' }];
    const reply = await engine.run({ update: 'many', updates: [{ q: {}, u, multi: true }] });
    expect(reply).to.include({ ok: 1, nModified: 400 });
  }).timeout(30_000);
});
