import { expect } from 'chai';
import {
  applyChanges,
  type Change,
  changesByDay,
  type EnrolmentProgress,
} from '../../../server/progress/enrolment-change.ts';
import { RollUpSums } from '../../../server/progress/roll-up.ts';

const at = (day: string) => Date.parse(`${day}T10:00:00+08:00`);
const value = (day: string, activity: string, seconds: number): Change => ({
  kind: 'values',
  values: { [activity]: seconds },
  at: at(day),
});

describe('progress: changes of several days that arrive together', () => {
  it('are taken day by day, oldest first, each day keeping its order', () => {
    const changes = [value('2026-11-21', 'a', 2), value('2026-11-20', 'b', 1), value('2026-11-21', 'a', 3)];
    expect(changesByDay(changes, '2026-11-22')).to.deep.equal([
      { day: '2026-11-20', changes: [changes[1]] },
      { day: '2026-11-21', changes: [changes[0], changes[2]] },
    ]);
  });

  it('begin with what has no time of its own', () => {
    const moved: Change = { kind: 'workshop', workshop: 'w' };
    const reported = value('2026-11-20', 'a', 1);
    expect(changesByDay([reported, moved], '2026-11-22')).to.deep.equal([
      { day: '2026-11-20', changes: [moved, reported] },
    ]);
    expect(changesByDay([moved], '2026-11-22')).to.deep.equal([{ day: '2026-11-22', changes: [moved] }]);
    expect(changesByDay([], '2026-11-22')).to.deep.equal([{ day: '2026-11-22', changes: [] }]);
  });

  it('give each day what happened on it', () => {
    const scheme = {
      version: 1,
      passMark: 6000,
      required: [],
      components: [{ id: 'v', measure: 'm', weight: 100, full: 100 }],
    };
    let progress: EnrolmentProgress = {
      state: 'enrolled',
      values: {},
      measures: {},
      components: {},
      total: 0,
      scopes: ['region:1'],
    };
    const sums = new RollUpSums();
    const reported = [value('2026-11-21', 'a', 30), value('2026-11-20', 'a', 10)];
    for (const { day, changes } of changesByDay(reported, '2026-11-22')) {
      const before = progress;
      progress = applyChanges(progress, changes, scheme, () => 'm');
      sums.add(before, progress, day);
    }
    expect(sums.deltas.map(({ day }) => day)).to.deep.equal([
      { day: '2026-11-20', active: 1, measures: { m: 10 } },
      { day: '2026-11-21', active: 1, measures: { m: 20 } },
    ]);
  });
});
