import { expect } from 'chai';
import fc from 'fast-check';
import { definePlugin } from '../../../server/plugins/contract.ts';
import type { Client } from '../../support/client.ts';
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts';
import { quickEnough } from '../../support/quick-enough.ts';

/** Plugins that learners' values come from, as far as measures go. */
const sources = [
  { id: 'video-courses', kind: 'lesson', measure: 'seconds' },
  { id: 'discussions', kind: 'topic', measure: 'points' },
  { id: 'assignments', kind: 'task', measure: 'scores' },
].map(({ id, kind, measure }) => ({
  folder: import.meta.dirname,
  definition: definePlugin({
    id,
    api: '^1.0.0',
    measures: { [measure]: { unit: 'points', label: { zh: measure } } },
    activities: () => ({ [kind]: { measure, title: async () => ({ zh: kind }), link: () => '/' } }),
    register() {},
  } as never),
}));

describe('boards', () => {
  let test: TestPlatform;
  let city: Client;
  let county: Client;

  before(async () => {
    test = await startTestPlatform({ plugins: ['monitoring'], extra: sources });
    const signIn = async (role: 'city-bureau' | 'county-bureau', region: string) =>
      test.signIn((await test.person({ grants: [{ role, scope: `region:${region}` }] })).login);
    city = await signIn('city-bureau', '410200');
    county = await signIn('county-bureau', '410204');
  });
  after(() => test.stop());

  const api = (region: string, part = '') => `/api/v1/monitoring/${test.programme}/${region}${part}`;
  const study = (enrolment: string, seconds: number) =>
    test.platform.rooms.progress.record({ enrolment, values: { 'video-courses/lesson/a': seconds } });

  it('shows what the enrolments add up to, for the region and each unit below', async () => {
    const learners: { seconds: number; organisation: string }[] = [];
    const one = fc.record({ organisation: fc.constantFrom('school-a', 'school-b'), seconds: fc.nat(900) });
    for (const { organisation, seconds } of fc.sample(one, 12)) {
      const { enrolment } = await test.learner({ organisation });
      if (seconds > 0) await study(enrolment._id, seconds);
      learners.push({ organisation, seconds });
    }
    const score = (seconds: number) => Math.min(4000, Math.floor((seconds * 4000) / 600));
    const expected = (of: typeof learners) => ({
      enrolled: of.length,
      activeToday: of.filter(({ seconds }) => seconds > 0).length,
      seconds: of.reduce((sum, { seconds }) => sum + seconds, 0),
      average: of.length ? Math.floor(of.reduce((sum, { seconds }) => sum + score(seconds), 0) / of.length) : 0,
    });
    const { body } = await city.get(api('410200')).expect(200);
    expect(body).to.deep.include(expected(learners));
    expect(body.histogram.reduce((a: number, b: number) => a + b, 0)).to.equal(learners.length);
    const units = (await city.get(api('410200', '/units')).expect(200)).body;
    for (const [region, school] of [
      ['410204', 'school-a'],
      ['410202', 'school-b'],
    ]) {
      const unit = units.find(({ id }: { id: string }) => id === region);
      expect(unit).to.deep.include(expected(learners.filter(({ organisation }) => organisation === school)));
    }
    const averages = units.map(({ average }: { average: number }) => average);
    expect(averages, 'who has to act comes first').to.deep.equal([...averages].sort((a, b) => a - b));
    const trend = (await city.get(api('410200', '/trend')).expect(200)).body;
    expect(trend.at(-1)).to.deep.include({ active: body.activeToday, seconds: body.seconds });
    expect(await test.platform.rooms.progress.rollUps.verify(test.programme)).to.deep.equal([]);
  });

  it('is not found for regions and schools that are not the viewer’s', async () => {
    await county.get(api('410204')).expect(200);
    for (const path of [api('410202'), api('410200'), api('no-region'), `/api/v1/monitoring/none/410204`]) {
      await county.get(path).expect(404);
    }
    const page = (query: string) => county.get(`/monitoring${query}`);
    const programme = `programme=${test.programme}`;
    await page('').expect(200);
    await page(`?${programme}&school=school-a`).expect(200);
    for (const path of ['', '/live', '/screen', '/weeks', '/units.csv']) {
      await page(`${path}?${programme}&region=410202`).expect(404);
    }
    await page(`?${programme}&school=school-b`).expect(404);
    const learner = await test.signIn((await test.learner()).login);
    await learner.get('/monitoring').expect(404);
  });

  it('tells the rooms of county and city within two seconds, and those of no other county', async () => {
    const { enrolment } = await test.learner({ organisation: 'school-a' });
    const sockets = [await city.socket(), await county.socket()];
    const watch = ['region:410200', 'region:410204'];
    for (const [index, socket] of sockets.entries()) {
      expect(await socket.emitWithAck('subscribe', watch[index])).to.deep.equal({ ok: true });
    }
    expect(await sockets[1]?.emitWithAck('subscribe', 'region:410202')).to.have.property('error');
    const before = await Promise.all(
      ['410200', '410204'].map(async (region) => (await city.get(api(region))).body.seconds),
    );
    const figures = () => city.get(`/monitoring/live?programme=${test.programme}&region=410200`).expect(200);
    let seconds = 76;
    await quickEnough(2_000, async () => {
      seconds += 1;
      // What happened before may still be told first.
      const heard = sockets.map(
        (socket, index) =>
          new Promise<void>((resolve) =>
            socket.on('update', ({ values }) => {
              const sum = values[`roll-up/${test.programme}`];
              if (sum?.measures['video-courses/seconds'] === before[index] + seconds) resolve();
            }),
          ),
      );
      const started = performance.now();
      await study(enrolment._id, seconds);
      await Promise.all(heard);
      await figures();
      return performance.now() - started;
    });
    const live = await figures();
    expect(live.text).to.include('data-value="today"');
    for (const socket of sockets) socket.close();
  });

  it('exports its units as text that no spreadsheet reads as a formula', async () => {
    await test.platform.rooms.regions.put({
      organisations: [
        { _id: 'evil', name: { zh: '=cmd|A1' }, kind: 'school', region: '410204', stages: ['senior'], direct: false },
      ],
    });
    const { text } = await county.get(`/monitoring/units.csv?programme=${test.programme}&region=410204`).expect(200);
    expect(text)
      .to.include("'=cmd|A1,0")
      .and.to.match(/^\ufeff单位,/);
  });

  it('compares units by week', async () => {
    const { text } = await city.get(`/monitoring/weeks?programme=${test.programme}`).expect(200);
    expect(text).to.include('heat-cell').and.to.include('鼓楼区');
  });
});
