import { expect } from 'chai';
import fc from 'fast-check';
import {
  type ActivityValues,
  type Scheme,
  score,
  sumMeasures,
  validateScheme,
} from '../../../server/progress/weighted-score.ts';

const scheme: Scheme = {
  version: 1,
  passMark: 6000,
  components: [
    { id: 'video', measure: 'video-courses/seconds', weight: 40, full: 81_000, minimum: 60_000 },
    { id: 'discussion', measure: 'discussions/points', weight: 20, full: 200 },
    { id: 'tasks', measure: 'assignments.score', weight: 40, full: 30_000 },
  ],
  required: [{ activity: 'assignments.task:1', atLeast: 6000 }],
};

const MEASURES: Record<string, string> = {
  'video-courses.lesson': 'video-courses/seconds',
  'discussions.topic': 'discussions/points',
  'assignments.task': 'assignments.score',
};
const measureOf = (activity: string) => MEASURES[activity.split(':')[0]!];
const valuesOf = (values: Record<string, number>): ActivityValues =>
  Object.fromEntries(Object.entries(values).map(([activity, value]) => [activity, { value, at: 0 }]));
const scored = (values: Record<string, number>, by = scheme) =>
  score(by, sumMeasures(valuesOf(values), measureOf), valuesOf(values));

const activity = fc
  .tuple(fc.constantFrom(...Object.keys(MEASURES), 'gone.kind'), fc.integer({ min: 1, max: 3 }))
  .map(([kind, id]) => `${kind}:${id}`);
const anyValue = fc.oneof(
  fc.integer({ min: 0, max: 100_000 }),
  fc.maxSafeInteger(),
  fc.double(),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -1, 1e308),
);
const anyValues = fc.dictionary(activity, anyValue);
const anyScheme: fc.Arbitrary<Scheme> = fc
  .record({
    cuts: fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 })),
    full: fc.array(fc.oneof(fc.integer({ min: 1, max: 1000 }), fc.integer({ min: 1, max: 900_719_925_474 })), {
      minLength: 3,
      maxLength: 3,
    }),
    minimum: fc.option(fc.nat(200_000), { nil: undefined }),
    passMark: fc.integer({ min: 0, max: 10_000 }),
    required: fc.uniqueArray(fc.record({ activity, atLeast: fc.nat(10_000) }), { selector: (one) => one.activity }),
  })
  .map(({ cuts, full, minimum, passMark, required }) => {
    const [low, high] = [Math.min(...cuts), Math.max(...cuts)];
    const weights = [low, high - low, 100 - high];
    const components = scheme.components.map(({ id, measure }, index) => ({
      id,
      measure,
      weight: weights[index]!,
      full: full[index]!,
      ...(minimum === undefined ? {} : { minimum }),
    }));
    return { version: 1, passMark, components, required };
  });

describe('weighted-score', () => {
  it('sums measures and leaves out what no plugin declares', () => {
    const values = valuesOf({
      'video-courses.lesson:1': 100,
      'video-courses.lesson:2': 50,
      'discussions.topic:1': 15,
      'gone.kind:1': 99,
    });
    expect(sumMeasures(values, measureOf)).to.deep.equal({ 'video-courses/seconds': 150, 'discussions/points': 15 });
  });

  it('adds nothing for values that are no numbers, and never leaves the exact integers', () => {
    const values = valuesOf({
      'discussions.topic:1': Number.NaN,
      'discussions.topic:2': -30,
      'discussions.topic:3': 15.9,
      'assignments.task:1': Number.MAX_SAFE_INTEGER,
      'assignments.task:2': 9,
    });
    expect(sumMeasures(values, measureOf)).to.deep.equal({
      'discussions/points': 15,
      'assignments.score': Number.MAX_SAFE_INTEGER,
    });
  });

  it('scores each component, cutting below a hundredth', () => {
    const result = scored({ 'video-courses.lesson:1': 80_999, 'discussions.topic:1': 35, 'assignments.task:1': 8500 });
    expect(result.components).to.deep.equal([
      { id: 'video', value: 80_999, score: 3999, max: 4000 },
      { id: 'discussion', value: 35, score: 350, max: 2000 },
      { id: 'tasks', value: 8500, score: 1133, max: 4000 },
    ]);
    expect(result.total).to.equal(5482);
    expect(result.missing).to.deep.equal([{ kind: 'total', total: 5482, passMark: 6000 }]);
    expect(result.qualified).to.equal(false);
  });

  it('names every condition that is missing', () => {
    expect(scored({ 'assignments.task:1': 5999 }).missing).to.deep.equal([
      { kind: 'minimum', component: 'video', value: 0, needed: 60_000 },
      { kind: 'activity', activity: 'assignments.task:1', value: 5999, needed: 6000 },
      { kind: 'total', total: 799, passMark: 6000 },
    ]);
  });

  it('needs a required activity to exist even when any value will do', () => {
    const needsOne = { ...scheme, passMark: 0, components: [], required: [{ activity: 'a.b:1', atLeast: 0 }] };
    expect(scored({}, needsOne).qualified).to.equal(false);
    expect(scored({ 'a.b:1': 0 }, needsOne).qualified).to.equal(true);
  });

  it('never exceeds a weight or 100.00, stays an integer, and qualifies exactly when nothing is missing', () => {
    fc.assert(
      fc.property(anyScheme, anyValues, (by, values) => {
        expect(validateScheme(by)).to.deep.equal([]);
        const result = scored(values, by);
        for (const component of result.components) {
          expect(Number.isSafeInteger(component.score)).to.equal(true);
          expect(component.score).to.be.within(0, component.max);
        }
        expect(result.total).to.be.within(0, 10_000);
        expect(result.qualified).to.equal(result.missing.length === 0);
      }),
    );
  });

  it('is exact: the score times full never passes value times weight, and one hundredth more would', () => {
    fc.assert(
      fc.property(anyScheme, anyValues, (by, values) => {
        scored(values, by).components.forEach(({ value, score: got, max }, index) => {
          const full = BigInt(by.components[index]!.full);
          const worth = (BigInt(value) > full ? full : BigInt(value)) * BigInt(max);
          expect(BigInt(got) * full <= worth && worth < (BigInt(got) + 1n) * full).to.equal(true);
        });
      }),
    );
  });

  it('never falls when one value rises', () => {
    fc.assert(
      fc.property(anyScheme, anyValues, activity, fc.nat(1_000_000), (by, values, raised, more) => {
        const before = scored(values, by);
        const old = values[raised] ?? 0;
        const after = scored({ ...values, [raised]: Number.isFinite(old) ? Math.max(old, 0) + more : more }, by);
        after.components.forEach((component, index) => {
          expect(component.score).to.be.at.least(before.components[index]!.score);
        });
        if (before.qualified) expect(after.qualified).to.equal(true);
      }),
    );
  });
});

describe('validateScheme', () => {
  const [video, discussion, tasks] = scheme.components as [
    Scheme['components'][0],
    Scheme['components'][0],
    Scheme['components'][0],
  ];
  const cases: [string, Partial<Scheme>, object[]][] = [
    ['a good scheme', {}, []],
    ['no version', { version: 0 }, [{ code: 'version', version: 0 }]],
    ['a pass mark over 100.00', { passMark: 10_001 }, [{ code: 'pass-mark', passMark: 10_001 }]],
    ['a fractional pass mark', { passMark: 60.5 }, [{ code: 'pass-mark', passMark: 60.5 }]],
    ['no components', { components: [] }, [{ code: 'no-components' }]],
    ['weights short of 100', { components: [video, discussion] }, [{ code: 'weights-sum', sum: 60 }]],
    [
      'a negative weight',
      { components: [{ ...video, weight: -20 }, { ...discussion, weight: 80 }, tasks] },
      [{ code: 'weight', component: 'video', weight: -20 }],
    ],
    [
      'nothing to reach',
      { components: [{ ...video, full: 0 }, discussion, tasks] },
      [{ code: 'full', component: 'video', full: 0 }],
    ],
    [
      'a full mark too large to compute with',
      { components: [{ ...video, full: 1e15 }, discussion, tasks] },
      [{ code: 'full', component: 'video', full: 1e15 }],
    ],
    [
      'a minimum that is not a number',
      { components: [{ ...video, minimum: Number.NaN }, discussion, tasks] },
      [{ code: 'minimum', component: 'video', minimum: Number.NaN }],
    ],
    [
      'a component twice',
      { components: [video, { ...discussion, id: 'video' }, tasks] },
      [{ code: 'component-twice', component: 'video' }],
    ],
    [
      'a component without id and measure',
      { components: [{ ...video, id: '', measure: '' }, discussion, tasks] },
      [
        { code: 'component-id', component: '' },
        { code: 'measure', component: '', measure: '' },
      ],
    ],
    [
      'a required activity twice, once below zero',
      {
        required: [
          { activity: 'a.b:1', atLeast: -1 },
          { activity: 'a.b:1', atLeast: 1 },
        ],
      },
      [
        { code: 'required-twice', activity: 'a.b:1' },
        { code: 'required-value', activity: 'a.b:1', atLeast: -1 },
      ],
    ],
  ];
  for (const [name, change, problems] of cases) {
    it(`reports on ${name}`, () => expect(validateScheme({ ...scheme, ...change })).to.deep.equal(problems));
  }
});
