import { expect } from 'chai';
import { eventually } from '../support/eventually.ts';
import { gradeWork, handIn, post, watchLesson } from '../support/path-steps.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';
import { layPath, type Path } from '../support/whole-path.ts';

/** Video seconds that the programme asks for. */
const seconds = 2;

describe('the whole path while the registry is down', function () {
  this.timeout(120_000);
  let registry: TestRegistry;
  let site: TestPlatform;
  let path: Path;

  before(async () => {
    registry = await startRegistry({ running: false });
    site = await startTestPlatform({ env: { ...registry.env, REGISTRY_RETRY_MS: '100' } });
    path = await layPath(site.platform, site, seconds);
  });
  after(async () => {
    await site?.stop();
    await registry?.stop();
  });

  it('ends in the same single record when the registry is back', async () => {
    const learner = await site.signIn(path.learner.login);
    const moderator = await site.signIn(path.moderator.login);
    const city = await site.signIn(path.city.login);
    const { _id: enrolment } = path.learner.enrolment;
    const result = async () => (await learner.get(`/api/v1/assessment/results/${enrolment}`).expect(200)).body;

    await watchLesson(learner, path, [0, seconds]);
    await post(learner, path);
    await handIn(learner, path);
    await gradeWork(moderator, path);
    await eventually(async () => {
      const { body } = await city.get(`/api/v1/registry/deliveries/${enrolment}`);
      expect(body.attempts).to.be.above(1);
    });
    const waiting = await result();
    expect(waiting).to.include({ state: 'qualified', qualified: true });
    expect(waiting.registry.state).to.equal('pending');
    expect(waiting).not.to.have.property('certificate');
    const page = await learner.get('/assessment/result').expect(200);
    for (const [step, name] of [
      ['done', '合格'],
      ['done', '已提交'],
      ['current', '登记成功'],
    ]) {
      expect(page.text).to.match(new RegExp(`step-${step}"(?:(?!<li).)*${name}`, 's'));
    }

    await registry.start();
    const done = await eventually(async () => {
      const now = await result();
      expect(now.certificate).to.be.an('object');
      return now;
    }, 30_000);
    const records = await registry.records();
    expect(records.map(({ number }) => number)).to.deep.equal([done.registry.number]);
    expect(records[0]).to.include({ idNumber: path.learner.idNumber, hours: 60, score: '96.00' });
  });
});
