import { expect } from 'chai';
import fc from 'fast-check';
import {
  bucketOf,
  type EnrolmentSnapshot,
  RollUpSums,
  type RollupDelta,
  recompute,
} from '../../../server/progress/roll-up.ts';

const TODAY = '2026-11-22';
const enrolled: EnrolmentSnapshot = { state: 'enrolled', total: 0, measures: {}, scopes: ['programme', 'workshop:1'] };

const snapshot: fc.Arbitrary<EnrolmentSnapshot> = fc
  .record({
    state: fc.constantFrom('enrolled', 'studying', 'qualified', 'withdrawn'),
    total: fc.integer({ min: 0, max: 10_000 }),
    measures: fc.dictionary(fc.constantFrom('video-courses/seconds', 'discussions/points'), fc.nat(100_000)),
    scopes: fc.array(fc.constantFrom('programme', 'region:1', 'region:2', 'workshop:1', 'workshop:2')),
    lastDay: fc.option(fc.constantFrom('2026-11-21', TODAY), { nil: undefined }),
  })
  .map(({ lastDay, ...rest }) => (lastDay === undefined ? rest : { ...rest, lastDay }));
const changes = fc.array(
  fc.record({
    enrolment: fc.nat(4),
    after: snapshot,
    day: fc.constantFrom('2026-11-21', TODAY),
  }),
  { maxLength: 30 },
);

/** Adds the snapshots up the plain way, to hold `recompute` to something it did not write itself. */
function addUp(snapshots: EnrolmentSnapshot[], scope: string) {
  const inScope = snapshots.filter(({ scopes }) => scopes.includes(scope));
  const counted = inScope.filter(({ state }) => state !== 'withdrawn');
  return {
    people: inScope.length,
    qualified: inScope.filter(({ state }) => state === 'qualified').length,
    total: counted.reduce((sum, { total }) => sum + total, 0),
    top: counted.filter(({ total }) => total >= 9500).length,
    seconds: counted.reduce((sum, { measures }) => sum + (measures['video-courses/seconds'] ?? 0), 0),
  };
}

/** What one change adds. */
function deltasOf(before: EnrolmentSnapshot | undefined, after: EnrolmentSnapshot, day: string): RollupDelta[] {
  const sums = new RollUpSums();
  sums.add(before, after, day);
  return sums.deltas;
}

function play(list: { enrolment: number; after: EnrolmentSnapshot; day: string }[], most = list.length) {
  const current = new Map<number, EnrolmentSnapshot>();
  const groups = [new RollUpSums(), new RollUpSums()] as const;
  list.forEach(({ enrolment, after, day }, index) => {
    groups[index < most ? 0 : 1].add(current.get(enrolment), after, day);
    current.set(enrolment, after);
  });
  return { deltas: groups.flatMap(({ deltas }) => deltas), snapshots: [...current.values()] };
}

/** Adds deltas up as the database does, and drops what is zero. */
function folded(deltas: RollupDelta[]): Record<string, number> {
  const sums: Record<string, number> = {};
  const add = (value: unknown, path: string) => {
    if (typeof value === 'number') sums[path] = (sums[path] ?? 0) + value;
    else for (const [key, inner] of Object.entries(value ?? {})) if (key !== 'day') add(inner, `${path} ${key}`);
  };
  for (const { scope, day, ...rest } of deltas) {
    add(rest, scope);
    add(day, `${scope} ${day?.day}`);
  }
  return Object.fromEntries(Object.entries(sums).filter(([, sum]) => sum !== 0));
}

const withoutDays = (deltas: RollupDelta[]) => folded(deltas.map(({ day: _, ...rest }) => rest));

describe('roll-up', () => {
  it('sorts totals into twenty buckets of 5.00, 100.00 into the last', () => {
    expect([0, 499, 500, 5999, 6000, 9499, 9500, 10_000].map(bucketOf)).to.deep.equal([0, 0, 1, 11, 12, 18, 19, 19]);
  });

  it('counts a new enrolment in each of its scopes once', () => {
    const deltas = deltasOf(undefined, { ...enrolled, scopes: ['programme', 'region:1', 'programme'] }, TODAY);
    expect(deltas).to.deep.equal(
      ['programme', 'region:1'].map((scope) => ({
        scope,
        counts: { enrolled: 1 },
        total: 0,
        histogram: { 0: 1 },
        measures: {},
      })),
    );
  });

  it('moves state, total, bucket and measures, and notes the day', () => {
    const after: EnrolmentSnapshot = {
      state: 'studying',
      total: 1250,
      measures: { 'video-courses/seconds': 300 },
      scopes: ['programme'],
      lastDay: TODAY,
    };
    expect(deltasOf({ ...enrolled, scopes: ['programme'] }, after, TODAY)).to.deep.equal([
      {
        scope: 'programme',
        counts: { enrolled: -1, studying: 1 },
        total: 1250,
        histogram: { 0: -1, 2: 1 },
        measures: { 'video-courses/seconds': 300 },
        day: { day: TODAY, active: 1, measures: { 'video-courses/seconds': 300 } },
      },
    ]);
    const later = { ...after, measures: { 'video-courses/seconds': 310 } };
    expect(deltasOf(after, later, TODAY)[0]!.day).to.deep.equal({
      day: TODAY,
      active: 0,
      measures: { 'video-courses/seconds': 10 },
    });
    expect(deltasOf(later, later, TODAY)).to.deep.equal([]);
  });

  it('keeps who withdrew in the counts only', () => {
    const studying: EnrolmentSnapshot = { ...enrolled, state: 'studying', total: 700, measures: { 'a.b': 5 } };
    const [programme] = deltasOf(studying, { ...studying, state: 'withdrawn' }, TODAY);
    expect(programme).to.deep.equal({
      scope: 'programme',
      counts: { studying: -1, withdrawn: 1 },
      total: -700,
      histogram: { 1: -1 },
      measures: { 'a.b': -5 },
    });
  });

  it('carries everything to the new workshop on a transfer, and leaves past activity in the old one', () => {
    const before: EnrolmentSnapshot = { ...enrolled, state: 'studying', total: 700, measures: { 'a.b': 5 } };
    const after = { ...before, scopes: ['programme', 'workshop:2'] };
    const moved = (sign: number) => ({
      counts: { studying: sign },
      total: 700 * sign,
      histogram: { 1: sign },
      measures: { 'a.b': 5 * sign },
    });
    expect(deltasOf(before, after, TODAY)).to.deep.equal([
      { scope: 'workshop:1', ...moved(-1) },
      { scope: 'workshop:2', ...moved(1) },
    ]);
  });

  it('keeps different days apart', () => {
    const sums = new RollUpSums();
    const at = (seconds: number) => ({ ...enrolled, scopes: ['programme'], measures: { 'a.b': seconds } });
    sums.add(at(0), at(3), TODAY);
    sums.add(at(3), at(5), '2026-11-21');
    sums.add(at(0), at(4), TODAY);
    const none = { scope: 'programme', counts: {}, total: 0, histogram: {}, measures: {} };
    expect(sums.deltas).to.deep.equal([
      { ...none, measures: { 'a.b': 9 }, day: { day: '2026-11-21', active: 0, measures: { 'a.b': 2 } } },
      { ...none, day: { day: TODAY, active: 0, measures: { 'a.b': 7 } } },
    ]);
  });

  it('ends, after any changes and transfers, where recomputation from the final snapshots ends', () => {
    fc.assert(
      fc.property(changes, (list) => {
        const { deltas, snapshots } = play(list);
        expect(withoutDays(deltas)).to.deep.equal(folded(recompute(snapshots)));
      }),
    );
  });

  it('recomputes what adding up by hand gives', () => {
    fc.assert(
      fc.property(fc.array(snapshot), (snapshots) => {
        const rows = recompute(snapshots);
        expect(rows.map(({ scope }) => scope)).to.deep.equal([...new Set(snapshots.flatMap((s) => s.scopes))].sort());
        for (const { scope, counts, total, histogram, measures } of rows) {
          expect({
            people: Object.values(counts).reduce((sum, n) => sum + n, 0),
            qualified: counts.qualified ?? 0,
            total,
            top: histogram[19] ?? 0,
            seconds: measures['video-courses/seconds'] ?? 0,
          }).to.deep.equal(addUp(snapshots, scope));
        }
      }),
    );
  });

  it('sums the days up to what was gained in all, in any grouping', () => {
    fc.assert(
      fc.property(changes, fc.nat(30), (list, cut) => {
        const here = list.map((change) => ({ ...change, after: { ...change.after, scopes: ['programme'] } }));
        const { deltas, snapshots } = play(here);
        const gained = deltas.reduce((sum, { day }) => sum + (day?.measures['discussions/points'] ?? 0), 0);
        const held = snapshots.reduce((sum, { measures }) => sum + (measures['discussions/points'] ?? 0), 0);
        expect(gained).to.equal(held);
        expect(folded(play(list, cut).deltas)).to.deep.equal(folded(play(list).deltas));
      }),
    );
  });
});
