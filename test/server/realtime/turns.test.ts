import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { Turns } from '../../../server/realtime/turns.ts';

describe('turns', () => {
  /** Work that ends when it is told to. */
  const piece = (begun: number[], id: number) => {
    let end!: () => void;
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const work = async () => {
      begun.push(id);
      await ended;
      return id;
    };
    return { work, end };
  };

  it('let so many go on at once, the others in their order, each with its own result', async () => {
    const turns = new Turns(2);
    const begun: number[] = [];
    const pieces = Array.from({ length: 5 }, (_, id) => piece(begun, id));
    const results = pieces.map(({ work }) => turns.run(work));
    await nextTurn();
    expect(begun).to.deep.equal([0, 1]);
    pieces[1]!.end();
    expect(await results[1]).to.equal(1);
    await nextTurn();
    expect(begun).to.deep.equal([0, 1, 2]);
    for (const { end } of pieces) end();
    expect(await Promise.all(results)).to.deep.equal([0, 1, 2, 3, 4]);
    expect(begun).to.deep.equal([0, 1, 2, 3, 4]);
  });

  it('are given back by what fails', async () => {
    const turns = new Turns(1);
    const failing = turns.run(() => Promise.reject(new Error('no')));
    const after = turns.run(async () => 'done');
    expect(await failing.catch((error: Error) => error.message)).to.equal('no');
    expect(await after).to.equal('done');
  });

  it('leave the event loop to others while thousands wait', async () => {
    const turns = new Turns(1_000);
    let begun = 0;
    const first = Array.from({ length: 1_000 }, () => piece([], 0));
    const all = first.map(({ work }) => turns.run(work));
    all.push(...Array.from({ length: 1_000 }, () => turns.run(async () => ++begun)));
    for (const { end } of first) end();
    await nextTurn();
    await nextTurn();
    expect(begun).to.be.within(1, 500);
    await Promise.all(all);
    expect(begun).to.equal(1_000);
  });
});
