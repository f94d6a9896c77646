import { expect } from 'chai';
import type { Doc } from '../values/codec.ts';
import { type InProcess, startInProcess } from './support/in-process.ts';

const LEVELS = 40;
const cursor = {};

/** An expression that makes `x` anew of itself, level upon level. */
function nested(first: unknown, next: unknown, last: unknown): unknown {
  let value = last;
  for (let level = 0; level < LEVELS; level++) value = { $let: { vars: { x: next }, in: value } };
  return { $let: { vars: { x: first }, in: value } };
}

const isArray = { $isArray: ['$$x'] };

/** Expressions that make more than there is memory for, though their own result may be small. */
const expressions: Record<string, unknown> = {
  '$concatArrays of itself': nested([1], { $concatArrays: ['$$x', '$$x'] }, isArray),
  '$concat of itself': nested('x', { $concat: ['$$x', '$$x'] }, { $eq: ['$$x', 'x'] }),
  'an array of itself': nested([1], ['$$x', '$$x'], { $eq: ['$$x', ['$$x']] }),
  'a document of itself': nested({ a: 1 }, { a: '$$x', b: '$$x' }, { $eq: ['$$x', { a: '$$x' }] }),
  '$mergeObjects of itself': nested({ a: 1 }, { $mergeObjects: [{ a: '$$x' }, { b: '$$x' }] }, isArray),
  '$setField of itself': nested({ a: 1 }, { $setField: { field: 'b', input: { a: '$$x' }, value: '$$x' } }, isArray),
  '$map of a large array': { $size: { $map: { input: '$list', in: '$list' } } },
  '$map that makes arrays': { $size: { $map: { input: '$list', in: { $filter: { input: '$list', cond: true } } } } },
  '$map that cuts arrays': { $size: { $map: { input: '$list', in: { $slice: ['$list', 19_000] } } } },
  '$map that reads paths': { $size: { $map: { input: '$list', in: '$documents.a' } } },
};

describe('values that expressions make', () => {
  let engine: InProcess;

  before(async () => {
    engine = await startInProcess();
    const list = Array.from({ length: 20_000 }, (_each, at) => at);
    await engine.insert('one', [{ _id: 1, list, documents: list.map((a) => ({ a })), pair: [{}, {}] }]);
    const text = 'x'.repeat(100_000);
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

  for (const [at, [name, expression]] of Object.entries(expressions).entries()) {
    it(`end with 146 or 262 where they are too large: ${name}`, async () => {
      const some = name.startsWith('$map') ? [places[at % places.length] as (typeof places)[0]] : places;
      for (const place of some) {
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
