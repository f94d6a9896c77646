import { expect } from 'chai';
import { chosenMembers, deskFigures, type Member } from '../../../plugins/workshops/desk-figures.ts';
import { memberQuery } from '../../../plugins/workshops/desk-query.ts';
import { placements } from '../../../plugins/workshops/placement.ts';
import { csv } from '../../../server/csv.ts';

/** 00:30 on 22 November in Beijing, which is still the 21st in UTC. */
const now = Date.parse('2026-11-21T16:30:00Z');
const minute = 60_000;

function member(name: string, change: Partial<Member> = {}): Member {
  return { id: name, name, school: '甲中学', state: 'studying', total: 0, components: {}, ...change };
}

describe('the desk', () => {
  const members = [
    member('a', { total: 5000, lastAt: now - minute, components: { video: 100 } }),
    member('b', { total: 1000, lastAt: now - 29 * minute, components: { video: 300 } }),
    member('c', { total: 1000, lastAt: now - 31 * minute, school: '乙中学' }),
    member('d', { total: 9000, state: 'qualified' }),
    member('e', { state: 'withdrawn', lastAt: now }),
  ];
  const at = { expected: 3000, now };
  const names = (query: object) => chosenMembers(members, memberQuery(query), at).map(({ name }) => name);

  it('counts who studies now, who studied on this Beijing day, and who is behind; who left counts nowhere', () => {
    expect(deskFigures(members, 3000, now)).to.deep.equal({ active: 1, today: 2, behind: 2 });
  });

  for (const [query, expected] of [
    [{}, ['c', 'b', 'a', 'd', 'e']],
    [{ direction: 'desc' }, ['e', 'd', 'a', 'b', 'c']],
    [{ sort: 'total', direction: 'desc' }, ['d', 'a', 'c', 'b', 'e']],
    [{ sort: 'component:video' }, ['c', 'd', 'e', 'a', 'b']],
    [{ sort: 'name', direction: 'desc' }, ['e', 'd', 'c', 'b', 'a']],
    [{ show: 'behind' }, ['c', 'b']],
    [{ show: 'today' }, ['b', 'a', 'e']],
    [{ text: '乙' }, ['c']],
    [{ text: 'nobody' }, []],
    [{ sort: '$where', show: 'everything', text: ['x'] }, ['c', 'b', 'a', 'd', 'e']],
  ] as const) {
    it(`shows ${expected.join(' ') || 'nobody'} for ${JSON.stringify(query)}`, () => {
      expect(names(query)).to.deep.equal(expected);
    });
  }

  it('writes CSV that a spreadsheet neither runs nor splits wrongly', () => {
    const text = csv([
      ['=1+1', 'a,b', 'say "no"', 12.5],
      ['-2', '@x', 'line\nline', '甲'],
    ]);
    expect(text).to.equal(`\uFEFF'=1+1,"a,b","say ""no""",12.5\r\n'-2,'@x,"line\nline",甲\r\n`);
  });
});

describe('placing enrolments', () => {
  const places = [
    { id: 'chinese-1', stage: 'senior', subject: 'chinese', members: 2 },
    { id: 'chinese-2', stage: 'senior', subject: 'chinese', members: 0 },
    { id: 'junior', stage: 'junior', subject: 'general', members: 9 },
  ] as const;
  const unplaced = (count: number, stage: 'senior' | 'junior' | 'primary', subject: string) =>
    Array.from({ length: count }, (_, index) => ({ id: `${stage}-${subject}-${index}`, stage, subject }));
  const sizes = (placed: Map<string, string>) => {
    const count: Record<string, number> = {};
    for (const workshop of placed.values()) count[workshop] = (count[workshop] ?? 0) + 1;
    return count;
  };

  it('fills the smallest class first', () => {
    expect(sizes(placements(unplaced(6, 'senior', 'chinese'), places))).to.deep.equal({
      'chinese-1': 2,
      'chinese-2': 4,
    });
  });

  it('uses the class for all subjects of a stage where there is none for the subject', () => {
    expect(sizes(placements(unplaced(2, 'junior', 'art'), places))).to.deep.equal({ junior: 2 });
  });

  it('leaves out who fits nowhere, and does not change what it was given', () => {
    expect(placements([...unplaced(1, 'senior', 'art'), ...unplaced(1, 'primary', 'chinese')], places).size).to.equal(
      0,
    );
    expect(places.map(({ members }) => members)).to.deep.equal([2, 0, 9]);
  });
});
