import { expect } from 'chai';
import { Kept } from '../../server/kept.ts';

describe('what is kept in memory', () => {
  it('is read once while it is kept, again when forgotten, and never kept when it changed meanwhile', async () => {
    let [now, reads, value] = [0, 0, 5];
    const kept = new Kept<number>(100, 2, () => now);
    const read = async () => {
      reads += 1;
      return value;
    };
    const early = kept.get('a', read);
    kept.forget('a');
    value = 6;
    expect([await early, await kept.get('a', read), await kept.get('a', read), reads]).to.deep.equal([5, 6, 6, 2]);
    now = 100;
    value = 7;
    expect(await kept.get('a', read)).to.equal(7);
    await kept.get('b', read);
    await kept.get('c', read);
    await kept.get('a', read);
    expect(reads).to.equal(6);
  });

  it('is asked for again after a failure', async () => {
    let fail = true;
    const read = async () => {
      if (fail) throw new Error('no database');
      return 1;
    };
    const kept = new Kept<number>(100, 2, () => 0);
    expect(await kept.get('a', read).catch((error) => error.message)).to.equal('no database');
    fail = false;
    expect(await kept.get('a', read)).to.equal(1);
  });
});
