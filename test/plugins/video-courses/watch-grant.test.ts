import { expect } from 'chai';
import fc from 'fast-check';
import { addRange, coveredSeconds, lengthOf, type Ranges, subtract } from '../../../plugins/video-courses/ranges.ts';
import { grant, openSeconds, stillOpen } from '../../../plugins/video-courses/watch-grant.ts';

const record = (covered: Ranges, played: Ranges, furthest = 0) => ({ covered, played, furthest });
const ranges = fc
  .array(fc.tuple(fc.nat(100_000), fc.nat(20_000)), { maxLength: 8 })
  .map((list) => list.reduce<number[]>((all, [from, length]) => addRange(all, from, from + length), []));

describe('granting on appeal', () => {
  it('credits what was played and is not credited, up to the smallest limit', () => {
    const before = record([0, 5000], [5000, 20_000], 5000);
    expect(stillOpen(before, [3000, 30_000])).to.deep.equal([5000, 20_000]);
    expect(openSeconds(before, [3000, 30_000])).to.equal(15);
    const result = grant({ record: before, stretches: [3000, 30_000], limits: [60, 10, 3600] });
    expect(result).to.deep.equal({ seconds: 10, record: record([0, 15_000], [15_000, 20_000], 15_000) });
  });

  it('grants nothing beyond a limit of none, the same stretch again, or what was never played', () => {
    const before = record([0, 5000], [8000, 12_000]);
    const ask = { record: before, stretches: [8000, 12_000] };
    expect(grant({ ...ask, limits: [4, 0] }).seconds).to.equal(0);
    expect(grant({ ...ask, limits: [4, -9] }).seconds).to.equal(0);
    const once = grant({ ...ask, limits: [100] });
    expect(once.seconds).to.equal(4);
    expect(grant({ ...ask, record: once.record, limits: [100] }).seconds).to.equal(0);
    expect(grant({ record: before, stretches: [20_000, 90_000], limits: [100] }).seconds).to.equal(0);
  });

  it('gives what was offered, to the second, whatever parts of seconds the record has', () => {
    const before = record([0, 10_900], [10_900, 43_500]);
    expect(openSeconds(before, [10_900, 43_500])).to.equal(33);
    fc.assert(
      fc.property(ranges, ranges, ranges, fc.nat(30), (covered, reported, stretches, seconds) => {
        const seen = record(covered, subtract(reported, covered));
        const offered = openSeconds(seen, stretches);
        expect(grant({ record: seen, stretches, limits: [Number.MAX_SAFE_INTEGER / 1000] }).seconds).to.equal(offered);
        const less = Math.min(seconds, offered);
        expect(grant({ record: seen, stretches, limits: [less] }).seconds).to.equal(less);
      }),
    );
  });

  it('never credits more than was asked, allowed and played, whatever the record', () => {
    fc.assert(
      fc.property(ranges, ranges, ranges, fc.nat(30), (covered, reported, stretches, limit) => {
        const before = record(covered, subtract(reported, covered));
        const { record: after, seconds } = grant({ record: before, stretches, limits: [limit] });
        expect(seconds).to.be.at.most(limit);
        expect(coveredSeconds(after.covered) - coveredSeconds(covered)).to.equal(seconds);
        const gained = subtract(after.covered, covered);
        expect(lengthOf(subtract(covered, after.covered))).to.equal(0);
        expect(lengthOf(subtract(gained, before.played))).to.equal(0);
        expect(lengthOf(subtract(gained, stretches))).to.equal(0);
        expect(lengthOf(subtract(after.played, before.played))).to.equal(0);
        expect(lengthOf(subtract(after.played, after.covered))).to.equal(lengthOf(after.played));
      }),
    );
  });
});
