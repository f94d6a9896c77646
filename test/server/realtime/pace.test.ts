import { expect } from 'chai';
import { Pace } from '../../../server/realtime/pace.ts';
import { eventually } from '../../support/eventually.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('pace', () => {
  /** Pieces of work that end when the test says so. */
  function pieces(pace: Pace, count: number) {
    const begun: number[] = [];
    const ends: (() => void)[] = [];
    const done: number[] = [];
    const all = Array.from({ length: count }, (_, index) =>
      pace
        .run(async () => {
          begun.push(index);
          await new Promise<void>((resolve) => {
            ends[index] = resolve;
          });
        })
        .then(() => done.push(index)),
    );
    return { begun, ends, done, all };
  }

  it('begins as many as may run at once, and the next one in order as each ends', async () => {
    const { begun, ends } = pieces(new Pace(2, 1), 4);
    await turn();
    expect(begun).to.deep.equal([0, 1]);
    ends[1]?.();
    await eventually(() => expect(begun).to.deep.equal([0, 1, 2]));
    ends[0]?.();
    await eventually(() => expect(begun).to.deep.equal([0, 1, 2, 3]));
  });

  it('lets those that end together go on in turns of their own', async () => {
    const { ends, done, all } = pieces(new Pace(5, 2), 5);
    await turn();
    const perTurn: number[] = [];
    for (const end of ends) end();
    for (let before = 0; done.length < 5; before = done.length) {
      await turn();
      perTurn.push(done.length - before);
    }
    await Promise.all(all);
    expect(perTurn.filter((count) => count > 0)).to.deep.equal([2, 2, 1]);
  });

  it('hands on the failure of a piece of work, and its place', async () => {
    const pace = new Pace(1, 1);
    const failed = pace.run(() => Promise.reject(new Error('no connection'))).catch((error: Error) => error.message);
    const next = pace.run(async () => 'done');
    expect([await failed, await next]).to.deep.equal(['no connection', 'done']);
  });
});
