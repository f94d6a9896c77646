import { expect } from 'chai';
import { Limits } from '../../../server/limits/limits.ts';

describe('limits', () => {
  const at = { now: 0 };
  const limits = () => new Limits(10, () => at.now);
  const served = (times: number, ask: () => boolean) => Array.from({ length: times }, ask).filter(Boolean).length;

  it('serve a session nothing while it goes on above its rate, and its rate again once it has paused', () => {
    const limit = limits();
    const ask = () => limit.request('session', 'address', 0);
    expect(served(300, ask)).to.equal(100);
    for (let second = 0; second < 20; second += 1) {
      at.now += 1_000;
      expect(served(15, ask), `second ${second}`).to.equal(0);
    }
    at.now += 15_000;
    expect(served(20, ask)).to.equal(20);
  });

  it('never let an address pay for what was refused: it is many people’s', () => {
    const limit = limits();
    const ask = () => limit.request(undefined, 'address', 0);
    expect(served(5_000, ask)).to.equal(1_000);
    at.now += 1_000;
    expect(served(5_000, ask)).to.equal(100);
  });

  it('have each session behind one address its own', () => {
    const limit = limits();
    served(1_000, () => limit.request('flooding', 'school', 0));
    for (let teacher = 0; teacher < 500; teacher += 1) {
      expect(limit.handshake(`teacher ${teacher}`, 'school')).to.equal(true);
      expect(served(20, () => limit.request(`teacher ${teacher}`, 'school', 0))).to.equal(20);
    }
  });

  it('bar a session for twice as long each time, and forgive it after an hour', () => {
    const limit = limits();
    const isBarredFor = (ms: number) => {
      limit.bar('session');
      at.now += ms - 1;
      expect(limit.handshake('session', 'address'), `after ${ms} ms`).to.equal(false);
      at.now += 1;
      expect(limit.handshake('session', 'address'), `after ${ms} ms`).to.equal(true);
    };
    for (const seconds of [30, 60, 120, 240, 480, 900, 900]) isBarredFor(seconds * 1000);
    at.now += 3_600_001;
    isBarredFor(30_000);
    expect(limit.refused.get('barred')).to.equal(8);
  });
});
