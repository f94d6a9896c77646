import { expect } from 'chai';
import fc from 'fast-check';
import {
  activeMs,
  byNeed,
  expectedTotal,
  gapOf,
  isActive,
  needOf,
  type Standing,
} from '../../../plugins/workshops/behind.ts';

const day = 86_400_000;
const term = { from: 0, to: 100 * day };

describe('who is behind', () => {
  for (const [what, now, grace, expected] of [
    ['before the term', -day, 10, 0],
    ['on the first day', 0, 10, 0],
    ['at the end of the grace', 10 * day, 10, 0],
    ['half way through what follows the grace', 55 * day, 10, 3000],
    ['shortly before the end', 99 * day, 10, 5933],
    ['at the end', 100 * day, 10, 6000],
    ['long after', 500 * day, 10, 6000],
    ['half way without grace', 50 * day, 0, 3000],
    ['with a grace beyond what is allowed', 95 * day, 400, 3000],
  ] as const) {
    it(`expects ${expected} ${what}`, () => {
      expect(expectedTotal(term, 6000, now, grace)).to.equal(expected);
    });
  }

  it('expects all or nothing of a term without length', () => {
    const none = { from: 5 * day, to: 5 * day };
    expect(expectedTotal(none, 6000, 4 * day)).to.equal(0);
    expect(expectedTotal(none, 6000, 5 * day)).to.equal(6000);
  });

  it('never expects less later, nor more than the pass mark', () => {
    const moment = fc.integer({ min: -10 * day, max: 200 * day });
    fc.assert(
      fc.property(moment, moment, fc.integer({ min: 0, max: 10_000 }), (a, b, passMark) => {
        const [earlier, later] = [Math.min(a, b), Math.max(a, b)].map((at) => expectedTotal(term, passMark, at));
        expect(earlier).to.be.at.most(later!);
        expect(later).to.be.at.most(passMark);
        expect(Number.isInteger(earlier)).to.equal(true);
      }),
    );
  });

  for (const [standing, gap, need] of [
    [{ state: 'studying', total: 2999 }, 1, 'behind'],
    [{ state: 'studying', total: 3000 }, 0, 'on-track'],
    [{ state: 'enrolled', total: 0 }, 3000, 'behind'],
    [{ state: 'qualified', total: 0 }, 0, 'qualified'],
    [{ state: 'withdrawn', total: 0 }, 0, 'withdrawn'],
  ] as const) {
    it(`finds ${standing.state} with ${standing.total} ${need} by ${gap}`, () => {
      expect(gapOf(standing, 3000)).to.equal(gap);
      expect(needOf(standing, 3000)).to.equal(need);
    });
  }

  it('puts who needs the moderator most first', () => {
    const list: (Standing & { name: string })[] = [
      { name: 'left', state: 'withdrawn', total: 0 },
      { name: 'done', state: 'qualified', total: 7000 },
      { name: 'fine', state: 'studying', total: 3500 },
      { name: 'low, seen today', state: 'studying', total: 100, lastAt: 9 },
      { name: 'low, seen long ago', state: 'studying', total: 100, lastAt: 1 },
      { name: 'low, never seen', state: 'enrolled', total: 100 },
      { name: 'nearly', state: 'studying', total: 2900 },
    ];
    const names = [...list].sort((a, b) => byNeed(a, b, 3000)).map(({ name }) => name);
    expect(names).to.deep.equal([
      'low, never seen',
      'low, seen long ago',
      'low, seen today',
      'nearly',
      'fine',
      'done',
      'left',
    ]);
  });

  it('takes a member as studying for two minutes after the last record, and not for one from the far future', () => {
    const now = 10 * day;
    expect(isActive({ lastAt: now - activeMs + 1 }, now)).to.equal(true);
    expect(isActive({ lastAt: now - activeMs }, now)).to.equal(false);
    expect(isActive({ lastAt: now + day }, now)).to.equal(false);
    expect(isActive({}, now)).to.equal(false);
  });
});
