import { expect } from 'chai';
import { formOf, readScheme, type SchemeForm } from '../../../plugins/assessment/scheme-form.ts';
import type { KnownMeasure, Scheme } from '../../../server/plugins/contract.ts';

const measure = (id: string, scale: number): KnownMeasure => ({
  id,
  plugin: id.split('/')[0]!,
  unit: 'unit',
  label: 'label',
  scale,
});
const measures = [measure('video/seconds', 60), measure('forum/points', 10), measure('tasks/scores', 1)];
const measureOf = (activity: string) => (activity.startsWith('tasks/task/') ? 'tasks/scores' : undefined);
const scheme: Scheme = {
  version: 3,
  passMark: 6050,
  components: [
    { id: 'video', measure: 'video/seconds', weight: 60, full: 27_000, minimum: 100 },
    { id: 'forum', measure: 'forum/points', weight: 40, full: 205 },
  ],
  required: [{ activity: 'tasks/task/a', atLeast: 60 }],
};
const form = (change: Partial<SchemeForm> = {}): SchemeForm => ({ ...formOf(scheme, measures, measureOf), ...change });
const withRow = (index: number, change: object) =>
  form({ components: form().components.map((row, i) => (i === index ? { ...row, ...change } : row)) });
const wrong = (given: SchemeForm) => {
  const read = readScheme(given, measures, measureOf);
  return read.ok ? [] : [...read.errors.keys()];
};

describe('the scheme editor’s fields', () => {
  it('show amounts as people read them, and offer measures that do not count yet', () => {
    expect(form().passMark).to.equal('60.5');
    expect(form().components).to.deep.equal([
      { id: 'video', measure: 'video/seconds', weight: '60', full: '450', minimum: '1:40' },
      { id: 'forum', measure: 'forum/points', weight: '40', full: '20.5', minimum: '' },
      { id: 'tasks-scores', measure: 'tasks/scores', weight: '0', full: '', minimum: '' },
    ]);
  });

  it('are read back into the very scheme', () => {
    const { version: _version, ...unversioned } = scheme;
    expect(readScheme(form(), measures, measureOf)).to.deep.equal({ ok: true, scheme: unversioned });
  });

  it('name what is wrong by field', () => {
    const cases: [SchemeForm, string[]][] = [
      [withRow(0, { weight: '50' }), ['weights']],
      [withRow(0, { weight: '60.5' }), ['components.0.weight', 'weights']],
      [withRow(0, { weight: '-60' }), ['components.0.weight', 'weights']],
      [withRow(0, { full: '0' }), ['components.0.full']],
      [withRow(0, { full: '' }), ['components.0.full']],
      [withRow(0, { full: '1e9' }), ['components.0.full']],
      [withRow(1, { full: '20.55' }), ['components.1.full']],
      [withRow(1, { minimum: 'many' }), ['components.1.minimum']],
      [withRow(1, { measure: 'gone/points' }), ['components.1.weight']],
      [form({ passMark: '100.01' }), ['passMark']],
      [form({ passMark: '60.005' }), ['passMark']],
      [form({ required: [{ activity: 'gone/task/a', keep: true, atLeast: '' }] }), ['required.0.activity']],
      [form({ required: [...form().required, ...form().required] }), ['required.1.activity']],
      [form({ components: [] }), ['weights']],
    ];
    for (const [given, fields] of cases) expect(wrong(given), JSON.stringify(given)).to.deep.equal(fields);
  });

  it('let full-width digits and unticked activities pass', () => {
    expect(wrong(withRow(0, { full: '４５０' }))).to.deep.equal([]);
    const read = readScheme(
      form({ required: [{ activity: 'tasks/task/a', keep: false, atLeast: '60' }] }),
      measures,
      measureOf,
    );
    expect(read.ok && read.scheme.required).to.deep.equal([]);
  });
});
