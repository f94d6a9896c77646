import { expect } from 'chai';
import type { Doc } from '../values/codec.ts';
import { type InProcess, startInProcess } from './support/in-process.ts';

/** Milliseconds that planning may take on a machine that does other things too: what follows took 2 and 20 s without bounds. */
const MAX_PLANNING = 1_500;

describe('planning of the engine', () => {
  let engine: InProcess;
  before(async () => {
    engine = await startInProcess();
    const key = (fields: Doc) => ({ key: fields, name: Object.keys(fields).join() });
    await engine.run({ createIndexes: 'rows', indexes: [{ a: 1, c: 1 }, { b: 1 }].map(key) });
    await engine.insert(
      'rows',
      Array.from({ length: 5000 }, (_each, n) => ({ _id: n, a: n, b: n % 50, c: n % 100 })),
    );
  });
  after(() => engine.close());

  const many = { a: { $in: Array.from({ length: 4000 }, (_each, n) => n) } };
  const branches = Array.from({ length: 100 }, (_each, n) => ({ c: n * 2 }));

  it('is bounded for a list of values beside many branches, and finds what matches', async () => {
    const started = performance.now();
    const reply = await engine.run({ count: 'rows', query: { ...many, $or: branches } });
    expect(performance.now() - started).to.be.below(MAX_PLANNING);
    expect(reply).to.include({ ok: 1, n: 2000 });
  });

  it('ends with the time of the command', async () => {
    const filter = { ...many, $or: Array.from({ length: 1000 }, (_each, n) => ({ b: n, c: n })) };
    const started = performance.now();
    expect(await engine.run({ find: 'rows', filter, maxTimeMS: 1 })).to.include({ code: 50 });
    expect(performance.now() - started).to.be.below(MAX_PLANNING);
    expect(await engine.run({ find: 'rows', filter })).to.include({ ok: 1 });
  });

  it('leaves the choice to the conditions where there is too much to count', async () => {
    const query = { $or: Array.from({ length: 1000 }, (_each, n) => ({ a: n, b: n % 50 })) };
    expect(await engine.run({ count: 'rows', query })).to.include({ ok: 1, n: 1000 });
  });
});
