import { expect } from 'chai';
import { anomaliesOf, overlapMs } from '../../../plugins/video-courses/anomalies.ts';
import { emptyDay } from '../../../plugins/video-courses/day-ledger.ts';

const day = emptyDay('2026-11-22');

describe('what stands out', () => {
  it('is nothing on an ordinary day', () => {
    expect(anomaliesOf(day)).to.deep.equal([]);
    const presence = { asked: 2, answered: 1, late: 0, checks: [{ at: 1, ms: 300, inTime: true }, { at: 2 }] };
    const together = { ms: 2999, times: 1, first: 1, last: 1 };
    expect(anomaliesOf({ ...day, hours: 2 ** 19 - 1, presence, together })).to.deep.equal([]);
  });

  it('is play in twenty hours of a day', () => {
    expect(anomaliesOf({ ...day, hours: 2 ** 20 - 1 })).to.deep.equal([{ kind: 'round-the-clock', count: 20 }]);
    expect(anomaliesOf({ ...day, hours: 2 ** 24 - 1 })).to.deep.equal([{ kind: 'round-the-clock', count: 24 }]);
  });

  it('is an answer faster than anybody reads', () => {
    const checks = [
      { at: 5, ms: 299, inTime: true },
      { at: 6, ms: 4000, inTime: true },
      { at: 7, ms: 20, inTime: true },
    ];
    expect(anomaliesOf({ ...day, presence: { asked: 3, answered: 3, late: 0, checks } })).to.deep.equal([
      { kind: 'instant-answers', count: 2, ms: 20, first: 5, last: 7 },
    ]);
  });

  it('is a check that nobody answered', () => {
    const checks = [{ at: 5, missed: true }, { at: 6, ms: 4000, inTime: true }, { at: 9, missed: true }, { at: 12 }];
    expect(anomaliesOf({ ...day, presence: { asked: 4, answered: 1, late: 0, checks } })).to.deep.equal([
      { kind: 'unanswered-checks', count: 2, first: 5, last: 9 },
    ]);
  });

  it('is credit for media that nobody asked for', () => {
    const unrequested = { ms: 60_000, times: 1, first: 1, last: 9 };
    expect(anomaliesOf({ ...day, unrequested })).to.deep.equal([
      { kind: 'unrequested-media', count: 1, ms: 60_000, first: 1, last: 9 },
    ]);
  });

  it('is the same time played from two addresses', () => {
    const together = { ms: 4000, times: 2, first: 1, last: 9 };
    expect(anomaliesOf({ ...day, together })).to.deep.equal([
      { kind: 'two-addresses', count: 2, ms: 4000, first: 1, last: 9 },
    ]);
  });
});

describe('overlapping play', () => {
  const last = { address: 'a', at: 100_000 };
  const report = { address: 'b', now: 101_000, playedMs: 5000 };

  it('counts what lies before the last report from elsewhere', () => {
    expect(overlapMs(last, report)).to.equal(4000);
    expect(overlapMs(last, { ...report, now: 100_000, playedMs: 3000 })).to.equal(3000);
  });

  it('is none on one address, for whoever was never heard, or for play that follows on', () => {
    expect(overlapMs(last, { ...report, address: 'a' })).to.equal(0);
    expect(overlapMs(undefined, report)).to.equal(0);
    expect(overlapMs(last, { ...report, now: 105_000 })).to.equal(0);
  });

  it('is none for beats kept while a phone changed its network: their own times follow on', () => {
    const sent = { ...last, sentAt: 90_000 };
    expect(overlapMs(sent, { ...report, sentAt: 95_000 })).to.equal(0);
    expect(overlapMs(sent, { ...report, sentAt: 91_000 })).to.equal(4000);
  });
});
