import { expect } from 'chai';
import { type LateRule, type Standing, standingOf } from '../../../plugins/assignments/deadline.ts';

describe('deadline', () => {
  const term = { from: 100, to: 200 };
  const cases: [string, number, LateRule, Standing][] = [
    ['before the term', 99, 'until-term-end', 'not-begun'],
    ['at its beginning', 100, 'until-term-end', 'open'],
    ['just before the due date', 149, 'refused', 'open'],
    ['at the due date, accepted late', 150, 'until-term-end', 'late'],
    ['at the due date, refused', 150, 'refused', 'closed'],
    ['just before the term ends', 199, 'until-term-end', 'late'],
    ['at the end of the term', 200, 'until-term-end', 'closed'],
  ];
  for (const [name, now, rule, standing] of cases) {
    it(`is ${standing} ${name}`, () => {
      expect(standingOf(150, term, rule, now)).to.equal(standing);
    });
  }

  it('ends with the term where the due date lies behind it', () => {
    expect(standingOf(500, term, 'until-term-end', 200)).to.equal('closed');
  });
});
