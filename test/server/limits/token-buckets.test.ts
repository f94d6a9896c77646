import { expect } from 'chai';
import { TokenBuckets } from '../../../server/limits/token-buckets.ts';

describe('token buckets', () => {
  const at = { now: 0 };
  const buckets = (perSecond: number, burst: number) => new TokenBuckets({ perSecond, burst }, () => at.now);

  it('give a burst at once, then the rate, each key its own', () => {
    const limit = buckets(2, 5);
    const taken = (key: string) => Array.from({ length: 10 }, () => limit.take(key)).filter(Boolean).length;
    expect([taken('a'), taken('b'), taken('a')]).to.deep.equal([5, 5, 0]);
    at.now += 1_000;
    expect(taken('a')).to.equal(2);
    at.now += 3_600_000;
    expect(taken('a')).to.equal(5);
  });

  it('count by weight, the heaviest as a whole burst, and take nothing for a refusal', () => {
    const limit = buckets(1, 10);
    expect(limit.take('a', 8)).to.equal(true);
    expect(limit.take('a', 3)).to.equal(false);
    expect(limit.take('a', 2)).to.equal(true);
    at.now += 10_000;
    expect(limit.take('a', 1_000)).to.equal(true);
    expect(limit.take('a', 0.5)).to.equal(false);
  });

  it('forget the keys that have been quiet', () => {
    const limit = buckets(1, 2);
    for (let key = 0; key < 10_000; key += 1) {
      limit.take(String(key));
      at.now += 10;
    }
    expect(limit.size).to.be.below(2_001);
  });
});
