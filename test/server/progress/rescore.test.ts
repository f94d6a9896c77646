import { expect } from 'chai';
import fc from 'fast-check';
import { applyChanges, type EnrolmentProgress } from '../../../server/progress/enrolment-change.ts';
import { isSameScheme, rescore, schemeFor } from '../../../server/progress/rescore.ts';
import { type Scheme, sumMeasures } from '../../../server/progress/weighted-score.ts';

const measureOf = (activity: string) => activity.split('/')[0];
const at = new Date('2026-11-22T08:00:00Z');
const scheme = (version: number, change: Partial<Scheme> = {}): Scheme => ({
  version,
  passMark: 6000,
  components: [
    { id: 'video', measure: 'video', weight: 40, full: 100, minimum: 50 },
    { id: 'tasks', measure: 'tasks', weight: 60, full: 100 },
  ],
  required: [],
  ...change,
});
const weights = (video: number) =>
  scheme(1).components.map((one) => ({ ...one, weight: one.id === 'video' ? video : 100 - video }));
const blank: EnrolmentProgress = {
  state: 'enrolled',
  values: {},
  measures: {},
  components: {},
  total: 0,
  scopes: ['programme:p'],
};
const studied = (values: Record<string, number>, by: Scheme, state: EnrolmentProgress['state'] = 'enrolled') =>
  applyChanges({ ...blank, state }, [{ kind: 'values', values, at: at.getTime() }], by, measureOf);

const anyScheme = fc
  .record({
    weight: fc.integer({ min: 0, max: 100 }),
    full: fc.integer({ min: 1, max: 300 }),
    minimum: fc.nat(200),
    passMark: fc.nat(10_000),
    atLeast: fc.option(fc.nat(150), { nil: undefined }),
  })
  .map(({ weight, full, minimum, passMark, atLeast }) => ({
    passMark,
    components: [
      { id: 'video', measure: 'video', weight, full, minimum },
      { id: 'tasks', measure: 'tasks', weight: 100 - weight, full: 100 },
    ],
    required: atLeast === undefined ? [] : [{ activity: 'tasks/one', atLeast }],
  }));
const anyValues = fc.dictionary(fc.constantFrom('video/one', 'video/two', 'tasks/one', 'gone/one'), fc.nat(200));

describe('scoring again', () => {
  it('gives whoever has not qualified the new scores, and the qualification where they now have it', () => {
    const before = studied({ 'video/one': 60, 'tasks/one': 30 }, scheme(1));
    expect(before).to.include({ total: 4200, state: 'studying', scheme: 1 });
    expect(rescore(before, scheme(2, { components: weights(90) }), at)).to.deep.equal({
      scheme: 2,
      components: { video: 5400, tasks: 300 },
      total: 5700,
      state: 'studying',
    });
    const kinder = scheme(2, { components: weights(90), passMark: 5700 });
    expect(rescore(before, kinder, at)).to.deep.include({ state: 'qualified', qualifiedAt: at });
  });

  it('leaves alone who has qualified, and who was scored by this version already', () => {
    const qualified = studied({ 'video/one': 100, 'tasks/one': 100 }, scheme(1));
    expect(qualified.state).to.equal('qualified');
    expect(rescore(qualified, scheme(2, { passMark: 10_000, components: weights(10) }), at)).to.equal(undefined);
    expect(rescore(studied({ 'video/one': 10 }, scheme(2)), scheme(2), at)).to.equal(undefined);
  });

  it('qualifies nobody who has left', () => {
    const left = studied({ 'video/one': 60, 'tasks/one': 30 }, scheme(1), 'withdrawn');
    const result = rescore(left, scheme(2, { passMark: 0 }), at);
    expect(result).to.include({ state: 'withdrawn', scheme: 2 }).and.not.have.property('qualifiedAt');
  });

  it('scores like a report does, whatever the schemes and values', () => {
    fc.assert(
      fc.property(anyScheme, anyScheme, anyValues, (one, other, values) => {
        const before = studied(values, { ...one, version: 1 });
        const corrected = { ...other, version: 2 };
        const result = rescore(before, corrected, at);
        if (before.qualifiedAt) {
          expect(result).to.equal(undefined);
          return;
        }
        const reported = applyChanges(before, [], corrected, measureOf);
        expect(before.measures).to.deep.equal(sumMeasures(before.values, measureOf));
        expect({ ...before, ...result }).to.deep.equal(reported);
        if (result) expect(rescore({ ...before, ...result }, corrected, at)).to.equal(undefined);
      }),
    );
  });

  it('keeps an earned result under its own scheme: it may rise, never over full marks, and never falls', () => {
    fc.assert(
      fc.property(anyScheme, anyScheme, anyValues, anyValues, (one, other, values, later) => {
        const before = studied(values, { ...one, version: 1 });
        if (!before.qualifiedAt) return;
        const schemes = { scheme: { ...other, version: 2 }, earlier: [{ ...one, version: 1 }] };
        const change = { kind: 'values' as const, values: later, at: at.getTime() };
        const after = applyChanges(before, [change], schemeFor(schemes, before), measureOf);
        expect(after).to.include({ state: 'qualified', scheme: 1 });
        expect(after.total).to.be.within(before.total, 10_000);
      }),
    );
  });

  it('finds the scheme that counts', () => {
    const schemes = { scheme: scheme(3), earlier: [scheme(1), scheme(2)] };
    const version = (enrolment: Parameters<typeof schemeFor>[1]) => schemeFor(schemes, enrolment).version;
    expect(version({})).to.equal(3);
    expect(version({ scheme: 1 })).to.equal(3);
    expect(version({ scheme: 2, qualifiedAt: at })).to.equal(2);
    expect(version({ scheme: 3, qualifiedAt: at })).to.equal(3);
    expect(version({ qualifiedAt: at }), 'qualified before versions were written down').to.equal(1);
  });

  it('tells a correction from the same scheme again', () => {
    expect(isSameScheme(scheme(1), scheme(2))).to.equal(true);
    expect(isSameScheme(scheme(1), scheme(2, { passMark: 6001 }))).to.equal(false);
    expect(isSameScheme(scheme(1), scheme(2, { required: [{ activity: 'tasks/one', atLeast: 0 }] }))).to.equal(false);
  });
});
