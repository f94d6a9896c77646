import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { CostsTooMuch, IsolatedWork } from '../../../server/files/isolated-work.ts';

describe('isolated work', () => {
  let folder: string;
  let work: IsolatedWork<string, string>;
  let hurried: IsolatedWork<string, string>;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'isolated-'));
    const module = join(folder, 'work.mjs');
    await writeFile(
      module,
      `let calls = 0;
      export async function work(what) {
        calls += 1;
        if (what === 'for ever') for (;;);
        if (what === 'hoard') { const all = []; for (;;) all.push(Array.from({ length: 1e5 }, (_, n) => ({ n }))); }
        if (what === 'die') process.exit(3);
        if (what === 'deep') { const down = (n) => 1 + down(n + 1); return String(down(0)); }
        if (what === 'throw') throw new Error('no');
        return what + ' ' + calls;
      }`,
    );
    work = new IsolatedWork(pathToFileURL(module), { milliseconds: 40_000, heapMegabytes: 48 });
    hurried = new IsolatedWork(pathToFileURL(module), { milliseconds: 2_000, heapMegabytes: 48 });
  });
  after(async () => {
    await Promise.all([work.stop(), hurried.stop()]);
    await rm(folder, { recursive: true });
  });

  const outcome = (what: string) => (what === 'for ever' ? hurried : work).run(what).catch((error: Error) => error);

  it('answers, and uses a thread again', async () => {
    expect(await work.run('a')).to.equal('a 1');
    expect(await work.run('b')).to.equal('b 2');
  });

  it('ends what takes too long, too much memory or its thread, and goes on', async () => {
    const [time, memory, death, depth, thrown] = await Promise.all(
      ['for ever', 'hoard', 'die', 'deep', 'throw'].map(outcome),
    );
    expect(time).to.be.instanceOf(CostsTooMuch).with.property('what', 'time');
    expect(memory).to.be.instanceOf(CostsTooMuch).with.property('what', 'memory');
    expect(death).to.be.instanceOf(Error);
    expect(depth).to.be.instanceOf(Error);
    expect(thrown).to.be.instanceOf(Error).with.property('message', 'Error: no');
    expect(await work.run('after')).to.equal('after 1');
  });

  it('does everything that is asked for at once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => work.run(`n${n}`)));
    expect(answers.map((answer) => answer.split(' ')[0])).to.deep.equal(Array.from({ length: 20 }, (_, n) => `n${n}`));
  });
});
