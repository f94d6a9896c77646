import { expect } from 'chai';
import { Coalescer, type RoomUpdate } from '../../../server/realtime/coalescer.ts';
import { eventually } from '../../support/eventually.ts';

describe('coalescing what a room is told', () => {
  const start = (intervalMs: number) => {
    const sent: RoomUpdate[] = [];
    const failures: unknown[] = [];
    const coalescer = new Coalescer({
      send: (update) => sent.push(update),
      failed: (error) => failures.push(error),
      intervalMs,
    });
    return { coalescer, sent, failures };
  };

  it('sends the first change at once and the newest of the rest together', async () => {
    const { coalescer, sent } = start(60);
    coalescer.publish('room', 'a', 1);
    await eventually(() => expect(sent).to.have.length(1));
    for (let i = 2; i <= 50; i += 1) coalescer.publish('room', 'a', i);
    coalescer.publish('room', 'b', 'x');
    await eventually(() => expect(sent).to.have.length(2));
    expect(sent.map((update) => update.values)).to.deep.equal([{ a: 1 }, { a: 50, b: 'x' }]);
    expect((sent[1]?.at ?? 0) - (sent[0]?.at ?? 0)).to.be.at.least(55);
    coalescer.close();
  });

  it('asks a function once, when it sends, and keeps rooms apart', async () => {
    const { coalescer, sent } = start(30);
    let asked = 0;
    coalescer.publish('one', 'a', 0);
    await eventually(() => expect(sent).to.have.length(1));
    for (let i = 0; i < 10; i += 1) {
      coalescer.publish('one', 'sum', async () => {
        asked += 1;
        return asked;
      });
    }
    coalescer.publish('two', 'a', 2);
    await eventually(() => expect(sent).to.have.length(3));
    expect(asked).to.equal(1);
    expect(sent.find((update) => update.room === 'two')?.values).to.deep.equal({ a: 2 });
    coalescer.close();
  });

  it('keeps nothing after it was closed', async () => {
    const { coalescer, sent } = start(5);
    coalescer.close();
    coalescer.publish('room', 'late', 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(sent).to.deep.equal([]);
  });

  it('goes on after a value that could not be read', async () => {
    const { coalescer, sent, failures } = start(20);
    coalescer.publish('room', 'bad', () => Promise.reject(new Error('no')));
    await eventually(() => expect(failures).to.have.length(1));
    coalescer.publish('room', 'good', 1);
    await eventually(() => expect(sent).to.have.length(1));
    coalescer.close();
  });
});
