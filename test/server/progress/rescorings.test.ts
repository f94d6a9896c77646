import { expect } from 'chai';
import type { Scheme } from '../../../server/progress/weighted-score.ts';
import everything from '../../fixtures/everything/index.ts';
import { eventually } from '../../support/eventually.ts';
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts';

const folder = new URL('../../fixtures/everything', import.meta.url).pathname;
const by = { actor: 'somebody', reason: '满分要求写错了' };

describe('correcting an open scheme', () => {
  let test: TestPlatform;
  let other: TestPlatform;
  before(async () => {
    test = await startTestPlatform({ plugins: [], extra: [{ definition: everything as never, folder }] });
    other = await test.another();
  });
  after(async () => {
    await other?.platform.stop();
    await test?.stop();
  });

  const schemeOf = (full: number, passMark = 6000): Omit<Scheme, 'version'> => ({
    passMark,
    components: [{ id: 'counts', measure: 'everything/counts', weight: 100, full }],
    required: [],
  });
  const layProgramme = async (learners: number) => {
    const { programmes, progress, accounts } = test.platform.rooms;
    const { _id: _, createdAt: _c, state: _s, earlier: _e, ...known } = await programmes.get(test.programme);
    const { _id } = await programmes.create({ ...known, scheme: { ...schemeOf(100), version: 1 } });
    await programmes.open(_id);
    const people = await Promise.all(Array.from({ length: learners }, () => test.person()));
    const enrol = async ({ id }: { id: string }) => (await progress.enrol(_id, await accounts.get(id)))._id;
    return { programme: _id, ids: await Promise.all(people.map(enrol)) };
  };
  const count = (site: TestPlatform, enrolment: string, value: number, note = 1) =>
    site.platform.rooms.progress.record({ enrolment, values: { [`everything/note/${note}`]: value } });
  const stored = (id: string) => test.platform.rooms.enrolments.get(id, {} as never);
  const done = (id: string) =>
    eventually(async () => {
      const rescoring = await test.platform.rooms.progress.rescorings.get(id);
      expect(rescoring.state).to.equal('done');
      return rescoring;
    }, 30_000);
  const heard = (site: TestPlatform) => (site.platform.rooms.services.get('everything') as { heard: string[] }).heard;
  const refused = async (work: Promise<unknown>) =>
    work.then(
      () => 'nothing',
      (error) => error.code,
    );

  it('scores everybody again while beats go on in two server processes', async () => {
    const { programme, ids } = await layProgramme(40);
    const { progress, programmes } = test.platform.rooms;
    await Promise.all(ids.map((id, index) => count(test, id, index * 2)));
    expect(await stored(ids[35]!)).to.include({ state: 'qualified', total: 7000, scheme: 1 });
    // Both processes keep the old scheme for two seconds from now.
    await Promise.all([programmes.get(programme), other.platform.rooms.programmes.get(programme)]);
    let beating = true;
    const last = new Map<string, number>();
    const beat = async (site: TestPlatform, half: number) => {
      for (let round = 1; beating; round += 1) {
        const some = ids.filter((_, index) => index % 2 === half && index < 20);
        await Promise.all(some.map((id) => count(site, id, round % 3, 2).then(() => last.set(id, round % 3))));
      }
    };
    const beats = [beat(test, 0), beat(other, 1)];
    const { _id } = await progress.rescorings.correct(programme, schemeOf(80), by);
    expect(await refused(other.platform.rooms.progress.rescorings.correct(programme, schemeOf(70), by))).to.equal(
      'core:conflict-rescoring',
    );
    const rescoring = await done(_id);
    beating = false;
    await Promise.all(beats);
    expect(rescoring).to.include({ version: 2, total: 40, passed: 40, kept: 10, ...by });
    for (const [index, id] of ids.entries()) {
      const enrolment = await stored(id);
      const value = index * 2 + (last.get(id) ?? 0);
      if (index >= 30) expect(enrolment).to.include({ total: value * 100, state: 'qualified', scheme: 1 });
      else expect(enrolment, id).to.include({ total: Math.floor((value * 10_000) / 80), scheme: 2 });
    }
    expect(await stored(ids[24]!)).to.include({ state: 'qualified', total: 6000 });
    expect(await stored(ids[23]!)).to.include({ state: 'studying', total: 5750 });
    expect(await progress.rollUps.verify(programme)).to.deep.equal([]);
    await eventually(() => {
      const facts = [...heard(test), ...heard(other)].filter((line) => line.startsWith('qualified'));
      for (const [index, id] of ids.entries()) {
        const times = facts.filter((line) => line === `qualified ${id}`).length;
        expect(times, `${index}`).to.equal(index >= 24 ? 1 : 0);
      }
    });
    const [entry] = (await test.platform.rooms.audit.search({ about: [programme] }, { skip: 0, limit: 1 })).rows;
    expect(entry).to.deep.include({ action: 'programme.correct-scheme', actor: by.actor });
    expect(entry?.details).to.deep.equal({ version: 2, cause: by.reason });
  });

  it('lets an earned result rise under the scheme it was earned by, after two corrections as well', async () => {
    const { programme, ids } = await layProgramme(2);
    const [first, second] = ids as [string, string];
    const { progress } = test.platform.rooms;
    await count(test, first, 70);
    await count(test, second, 50);
    await done((await progress.rescorings.correct(programme, schemeOf(1_000), by))._id);
    expect(await count(test, first, 90)).to.include({ total: 9000, state: 'qualified', scheme: 1 });
    expect((await progress.resultOf(await stored(first))).scheme.version).to.equal(1);
    expect(await stored(second)).to.include({ total: 500, scheme: 2 });
    await done((await progress.rescorings.correct(programme, schemeOf(50), by))._id);
    expect(await stored(second)).to.include({ total: 10_000, state: 'qualified', scheme: 3 });
    expect(await count(test, first, 0)).to.include({ total: 9000, state: 'qualified', scheme: 1 });
    expect(await progress.rollUps.verify(programme)).to.deep.equal([]);
  });

  it('refuses what is no correction', async () => {
    const { programme } = await layProgramme(0);
    const { rescorings } = test.platform.rooms.progress;
    expect(await refused(rescorings.correct(programme, schemeOf(100), by))).to.equal('core:scheme-same');
    const twice = [...schemeOf(10).components, ...schemeOf(10).components];
    expect(await refused(rescorings.correct(programme, { ...schemeOf(10), components: twice }, by))).to.equal(
      'core:scheme-weights-sum',
    );
    expect(await refused(rescorings.correct('nothing', schemeOf(10), by))).to.equal('core:not-found');
    const { programmes } = test.platform.rooms;
    const { _id: _, createdAt: _c, state: _s, ...known } = await programmes.get(programme);
    const draft = await programmes.create(known);
    expect(await refused(rescorings.correct(draft._id, schemeOf(10), by))).to.equal('core:programme-not-open');
    expect((await programmes.get(programme)).scheme.version).to.equal(1);
  });
});
