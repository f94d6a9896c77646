import { setImmediate as turn } from 'node:timers/promises';
import { expect } from 'chai';
import { SharedReads } from '../../server/shared-reads.ts';

describe('reads that several ask for', () => {
  /** Reads that end when they are told to. */
  const slowReads = () => {
    const ends: ((error?: Error) => void)[] = [];
    const read = () => {
      const number = ends.length + 1;
      return new Promise<number>((resolve, reject) => {
        ends.push((error) => (error ? reject(error) : resolve(number)));
      });
    };
    return { ends, read };
  };

  it('are done once for all who ask before they begin, again for who asks later, one after the other', async () => {
    const shared = new SharedReads<number>();
    const { ends, read } = slowReads();
    const first = [shared.get('a', read), shared.get('a', read)];
    await turn();
    const second = [shared.get('a', read), shared.get('a', read)];
    await turn();
    second.push(shared.get('a', read));
    expect(ends).to.have.length(1);
    ends[0]?.();
    expect(await Promise.all(first)).to.deep.equal([1, 1]);
    await turn();
    const third = shared.get('a', read);
    ends[1]?.();
    expect(await Promise.all(second)).to.deep.equal([2, 2, 2]);
    await turn();
    ends[2]?.();
    expect(await third).to.equal(3);
  });

  it('do not wait for those of another key', async () => {
    const shared = new SharedReads<number>();
    const { ends, read } = slowReads();
    const reads = [shared.get('a', read), shared.get('b', read)];
    await turn();
    expect(ends).to.have.length(2);
    for (const end of ends) end();
    expect(await Promise.all(reads)).to.deep.equal([1, 2]);
  });

  it('fail for all who share them, and not for those after them', async () => {
    const shared = new SharedReads<number>();
    const { ends, read } = slowReads();
    const failed = Promise.allSettled([shared.get('a', read), shared.get('a', read)]);
    await turn();
    const after = shared.get('a', read);
    ends[0]?.(new Error('no database'));
    expect((await failed).map(({ status }) => status)).to.deep.equal(['rejected', 'rejected']);
    await turn();
    ends[1]?.();
    expect(await after).to.equal(2);
  });
});
