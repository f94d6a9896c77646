import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect } from 'chai';
import { Pace } from '../../../server/realtime/pace.ts';

describe('pace', () => {
  it('lets so many go on in a turn of the event loop, in their order', async () => {
    const pace = new Pace(2);
    const gone: number[] = [];
    const all = Array.from({ length: 5 }, (_, index) => pace.turn().then(() => gone.push(index)));
    const perTurn: number[][] = [];
    for (let before = 0; gone.length < 5; before = gone.length) {
      await nextTurn();
      perTurn.push(gone.slice(before));
    }
    await Promise.all(all);
    expect(perTurn.filter(({ length }) => length > 0)).to.deep.equal([[0, 1], [2, 3], [4]]);
  });

  it('begins again after everybody has gone on', async () => {
    const pace = new Pace(1);
    await pace.turn();
    await Promise.all([pace.turn(), pace.turn()]);
  });
});
