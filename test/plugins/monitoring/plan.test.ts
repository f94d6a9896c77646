import { expect } from 'chai';
import fc from 'fast-check';
import { planOf, progressOf, standing, whole } from '../../../plugins/monitoring/plan.ts';

const term = { from: new Date('2026-01-01T00:00:00Z'), to: new Date('2026-05-01T00:00:00Z') };

describe('plan', () => {
  it('is the share of the term that has passed', () => {
    const day = 86_400_000;
    expect(planOf(term, term.from.getTime() - day)).to.equal(0);
    expect(planOf(term, term.from.getTime())).to.equal(0);
    expect(planOf(term, term.from.getTime() + 60 * day)).to.equal(5000);
    expect(planOf(term, term.to.getTime() - 1)).to.equal(9999);
    expect(planOf(term, term.to.getTime() + day)).to.equal(whole);
  });

  it('measures progress by the average total against the pass mark, never rounded up', () => {
    expect(progressOf({ enrolled: 0, total: 0 }, 6000)).to.equal(0);
    expect(progressOf({ enrolled: 3, total: 9000 }, 6000)).to.equal(5000);
    expect(progressOf({ enrolled: 3, total: 8999 }, 6000)).to.equal(4999);
    expect(progressOf({ enrolled: 2, total: 20_000 }, 6000)).to.equal(whole);
  });

  it('never goes down as time passes or totals grow', () => {
    const moment = fc.integer({ min: term.from.getTime() - 1e9, max: term.to.getTime() + 1e9 });
    fc.assert(
      fc.property(moment, moment, (a, b) => {
        expect(planOf(term, Math.min(a, b))).to.be.at.most(planOf(term, Math.max(a, b)));
      }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5000 }), fc.nat(5e7), fc.nat(1e6), (enrolled, total, more) => {
        const now = progressOf({ enrolled, total }, 6000);
        expect(progressOf({ enrolled, total: total + more }, 6000))
          .to.be.at.least(now)
          .and.at.most(whole);
      }),
    );
  });

  it('calls a unit far behind when more than 15 points are missing', () => {
    expect(standing(5000, 5000)).to.equal('ok');
    expect(standing(3500, 5000)).to.equal('warn');
    expect(standing(3499, 5000)).to.equal('bad');
  });
});
