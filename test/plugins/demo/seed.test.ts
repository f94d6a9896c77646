import { expect } from 'chai';
import { trusted } from 'mongoose';
import { demoAccounts, demoPassword, simulatedLogin } from '../../../plugins/demo/accounts.ts';
import { unscoped } from '../../../server/plugins/contract.ts';
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts';

const LEARNERS = 60;
const programmes = ['kf2018-01', 'kf2018-02'];

describe('demo: seeding', function () {
  this.timeout(60_000);
  let platform: TestPlatform;
  before(async () => {
    platform = await startTestPlatform({
      env: { DEMO_SEED: 'true', DEMO_LEARNERS: String(LEARNERS), DEMO_SIMULATED: '5' },
    });
  });
  after(() => platform.stop());

  const everybody = async () => {
    const all = unscoped({ $and: [{ programme: trusted({ $in: programmes }) }] });
    const fields = ['stage', 'subject', 'workshop', 'state'] as const;
    const { rows } = await platform.host('demo').enrolments.list(all as never, { skip: 0, limit: 1000 }, fields);
    return rows;
  };

  it('enrols every learner of the rosters, each in a workshop of their stage and subject', async () => {
    const rows = await everybody();
    expect(rows).to.have.length(LEARNERS);
    const { ofProgramme } = platform.host('demo').tryUse('workshops')!;
    const workshops = (await Promise.all(programmes.map((id) => ofProgramme(id)))).flat();
    expect(workshops).to.have.length(40);
    for (const { workshop, stage, subject } of rows) {
      expect(workshops.find(({ _id }) => _id === workshop)).to.include({ stage, subject });
    }
  });

  it('keeps the roll-ups equal to what the enrolments add up to', async () => {
    const { rollUps } = platform.host('demo').progress;
    for (const id of programmes) expect(await rollUps.verify(id)).to.deep.equal([]);
    const states = new Set((await everybody()).map(({ state }) => state));
    expect(states).to.include.keys('studying', 'qualified');
  });

  it('spreads the history over the days of the term', async () => {
    const { rollUps } = platform.host('demo').progress;
    const { term } = await platform.host('demo').programmes.get(programmes[1]!);
    const day = (date: Date) => new Date(date.getTime() + 8 * 3_600_000).toISOString().slice(0, 10);
    const [days = []] = await rollUps.days(programmes[1]!, [
      { scope: 'region:410200', from: day(term.from), to: day(new Date()) },
    ]);
    expect(days.filter(({ active }) => active > 0).length).to.be.above(20);
    const seconds = days.reduce((sum, { measures }) => sum + (measures['video-courses/seconds'] ?? 0), 0);
    const [all] = await rollUps.of(programmes[1]!, ['region:410200']);
    expect(seconds).to.equal(all!.measures['video-courses/seconds']);
  });

  it('lets somebody of every role sign in, and simulated learners', async () => {
    for (const login of [...demoAccounts.map(({ login }) => login), simulatedLogin(5)]) {
      const client = await platform.signIn(login, demoPassword);
      const me = await client.get('/api/v1/me').expect(200);
      expect(me.body.grants, login).to.have.length.above(0);
    }
  });

  it('leaves the special learner seconds away, and she qualifies with them', async () => {
    const teacher = await platform.signIn('teacher', demoPassword);
    const { body: enrolments } = await teacher.get('/api/v1/me/enrolments').expect(200);
    const { body } = await teacher.get(`/api/v1/enrolments/${enrolments[0].id}`).expect(200);
    expect(body.workshop).to.equal('senior-chinese-1');
    expect(body.result.missing).to.have.length(1);
    const [{ kind, value, needed }] = body.result.missing;
    expect(kind).to.equal('minimum');
    expect(needed - value).to.be.within(30, 60);
    const progress = await teacher.get(`/api/v1/video-courses/progress?enrolment=${body.id}`).expect(200);
    const next = progress.body.lessons.find(({ lesson }: { lesson: string }) => lesson === progress.body.next);
    const host = platform.host('demo');
    const record = (seconds: number) =>
      host.progress.record({ enrolment: body.id, values: { [`video-courses/lesson/${next.lesson}`]: seconds } });
    expect((await record(next.credited + needed - value - 1)).state).to.equal('studying');
    expect((await record(next.credited + needed - value)).state).to.equal('qualified');
  });

  it('adds nothing at the next start', async () => {
    const before = await platform.host('demo').accounts.count();
    const again = await platform.restart();
    expect(await again.host('demo').accounts.count()).to.equal(before);
    platform = again;
  });
});

describe('demo: switched off', () => {
  it('does nothing at all', async () => {
    const platform = await startTestPlatform({ plugins: ['demo'] });
    try {
      const { connection } = platform.platform.rooms;
      expect(await connection.collection('demo_state').countDocuments()).to.equal(0);
      expect(await platform.host('demo').accounts.count()).to.equal(0);
    } finally {
      await platform.stop();
    }
  });
});
