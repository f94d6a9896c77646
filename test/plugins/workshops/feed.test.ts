import { expect } from 'chai';
import { lastMoments, newestLines } from '../../../plugins/workshops/feed.ts';

describe('the feed of a workshop', () => {
  const member = (id: string, values: Record<string, number>, qualifiedAt?: number) => ({
    id,
    name: `name of ${id}`,
    moments: lastMoments(
      {
        _id: id,
        rev: 1,
        values: Object.fromEntries(Object.entries(values).map(([activity, at]) => [activity, { value: 1, at }])),
        ...(qualifiedAt !== undefined && { qualifiedAt: new Date(qualifiedAt) }),
      } as never,
      2,
    ),
  });

  it('begins with the newest things that its members did, and who qualified', () => {
    const lines = newestLines([member('a', { x: 10, y: 40 }, 30), member('b', { x: 20 }), member('c', {})], 3);
    expect(lines).to.deep.equal([
      { enrolment: 'a', name: 'name of a', key: 'a|y', at: 40, kind: 'activity', activity: 'y' },
      { enrolment: 'a', name: 'name of a', key: 'a|qualified', at: 30, kind: 'qualified' },
      { enrolment: 'b', name: 'name of b', key: 'b|x', at: 20, kind: 'activity', activity: 'x' },
    ]);
  });
});
