import { expect } from 'chai';
import { newestLines } from '../../../plugins/workshops/feed.ts';

describe('the feed of a workshop', () => {
  const studied = (id: string, values: Record<string, number>, qualifiedAt?: number) => ({
    _id: id,
    name: `name of ${id}`,
    values: Object.fromEntries(Object.entries(values).map(([activity, at]) => [activity, { value: 1, at }])),
    ...(qualifiedAt !== undefined && { qualifiedAt: new Date(qualifiedAt) }),
  });

  it('begins with the newest things that its members did, and who qualified', () => {
    const lines = newestLines(
      [studied('a', { x: 10, y: 40 }, 30), studied('b', { x: 20 }), studied('c', {})] as never,
      3,
    );
    expect(lines).to.deep.equal([
      { enrolment: 'a', name: 'name of a', key: 'a|y', at: 40, kind: 'activity', activity: 'y' },
      { enrolment: 'a', name: 'name of a', key: 'a|qualified', at: 30, kind: 'qualified' },
      { enrolment: 'b', name: 'name of b', key: 'b|x', at: 20, kind: 'activity', activity: 'x' },
    ]);
  });
});
