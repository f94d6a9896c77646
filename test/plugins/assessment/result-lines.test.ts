import { expect } from 'chai';
import { resultLines } from '../../../plugins/assessment/result-lines.ts';

const scheme = {
  version: 1,
  passMark: 6000,
  components: [{ id: 'video', measure: 'video/seconds', weight: 40, full: 600, minimum: 301 }],
  required: [],
};
const line = (value: number, score: number, earned: Record<string, number> = {}) =>
  resultLines({
    scheme,
    scored: [{ value, score, max: 4000 }],
    earned,
    measures: () => ({ id: 'video/seconds', plugin: 'video', unit: 'minutes', label: 'video', scale: 60 }),
    t: (key) => key,
  })[0]!;

describe('the lines of a result', () => {
  it('cut what is reached and raise what is left, so that doing what is said is enough', () => {
    const shown = line(299, 1993);
    expect(shown).to.include({ value: 4.9, full: 10, minimum: 5, score: 1993, max: 4000, unit: 'video:minutes' });
    expect(shown.leftToMinimum).to.equal(0.1);
    expect(shown.leftToFull).to.equal(5.1);
  });

  it('say that nothing is left once it is reached', () => {
    expect(line(700, 4000)).to.include({ leftToMinimum: 0, leftToFull: 0, value: 11.6 });
  });

  it('never show less than what was earned on qualifying', () => {
    expect(line(0, 0, { video: 3500 }).score).to.equal(3500);
  });
});
