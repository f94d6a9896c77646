import { expect } from 'chai';
import { attentionOf, type Situation, type UnitState } from '../../../plugins/monitoring/attention.ts';

const fine: UnitState = {
  id: 'a',
  enrolled: 100,
  notStarted: 5,
  activeToday: 20,
  activeYesterday: 30,
  average: 3000,
  progress: 5000,
};
const situation: Situation = { plan: 5000, average: 3000, hour: 16, inTerm: true, enrolmentOpen: false };
const reasons = (unit: Partial<UnitState>, now: Partial<Situation> = {}) =>
  attentionOf([{ ...fine, ...unit }], { ...situation, ...now }).map(({ reason }) => reason);

describe('attention', () => {
  it('leaves units alone that are on their way', () => {
    expect(reasons({})).to.deep.equal([]);
  });

  const cases: [string, Partial<UnitState>, Partial<Situation>, string[]][] = [
    [
      'nobody enrolled while enrolment is open',
      { enrolled: 0 },
      { inTerm: false, enrolmentOpen: true },
      ['nobody-enrolled'],
    ],
    ['nobody enrolled when all is over', { enrolled: 0 }, { inTerm: false }, []],
    ['15 points behind plan', { progress: 3500 }, {}, []],
    ['more than 15 points behind plan', { progress: 3499 }, {}, ['behind']],
    ['behind in the first days', { progress: 0 }, { plan: 900 }, []],
    ['two days without anybody', { activeToday: 0, activeYesterday: 0 }, {}, ['idle']],
    ['a morning without anybody', { activeToday: 0, activeYesterday: 0 }, { hour: 9 }, []],
    ['a third without a start', { notStarted: 34 }, {}, ['not-started']],
    ['an average far below that of all', { average: 2200 }, {}, ['low-average']],
    ['anything after the term', { progress: 0, notStarted: 90 }, { inTerm: false }, []],
  ];
  for (const [what, unit, now, expected] of cases) {
    it(`${what}: ${expected[0] ?? 'nothing'}`, () => expect(reasons(unit, now)).to.deep.equal(expected));
  }

  it('names each unit once with its gravest reason, the gravest first, whatever their order', () => {
    const units = [
      { ...fine, id: 'low', average: 2000 },
      { ...fine, id: 'empty', enrolled: 0 },
      { ...fine, id: 'behind', progress: 1000, notStarted: 80, average: 500 },
      { ...fine, id: 'behind-more', progress: 0 },
    ];
    const expected = ['empty nobody-enrolled', 'behind-more behind', 'behind behind', 'low low-average'];
    for (const order of [units, [...units].reverse()]) {
      expect(attentionOf(order, situation).map(({ id, reason }) => `${id} ${reason}`)).to.deep.equal(expected);
    }
  });
});
