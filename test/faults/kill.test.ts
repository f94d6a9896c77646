import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectFolder, readConfig } from '../../server/config.ts';
import { createLog } from '../../server/log.ts';
import { startPlatform } from '../../server/platform.ts';
import { type Client, signIn } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { createFixtures } from '../support/fixtures.ts';
import { gradeWork, handIn, post, watchLesson } from '../support/path-steps.ts';
import { type PlatformProcess, processesOf, startPlatformProcess } from '../support/platform-process.ts';
import { startRegistry, type TestRegistry } from '../support/registry.ts';
import { finalTotal, layPath, type Path } from '../support/whole-path.ts';

/** Video seconds that the programme asks for, in two halves. */
const seconds = 4;

describe('the whole path under kill -9', function () {
  this.timeout(180_000);
  let registry: TestRegistry;
  let dataDir: string;
  let path: Path;
  let site: PlatformProcess;
  let learner: Client;
  let moderator: Client;
  let city: Client;

  before(async () => {
    registry = await startRegistry();
    dataDir = await mkdtemp(join(tmpdir(), 'xuefang-kill-path-'));
    const config = readConfig({ PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'error' });
    const platform = await startPlatform({ config, log: createLog('error') });
    path = await layPath(platform, await createFixtures(platform), seconds);
    await platform.stop();
    site = await start();
    learner = await signIn(site.url, path.learner.login);
    moderator = await signIn(site.url, path.moderator.login);
    city = await signIn(site.url, path.city.login);
  });
  after(async () => {
    await site?.end('SIGKILL');
    await registry?.stop();
    await eventually(async () => expect(await processesOf(dataDir)).to.deep.equal([]));
    await rm(dataDir, { recursive: true, force: true });
  });

  const start = (port = '0') =>
    startPlatformProcess(dataDir, { ...registry.env, PORT: port, REGISTRY_RETRY_MS: '3000' });
  /** Kills the platform and starts it at the same address; signed-in people stay so. */
  const killAndRestart = async () => {
    await site.end('SIGKILL');
    site = await start(new URL(site.url).port);
  };
  const result = async () =>
    (await learner.get(`/api/v1/assessment/results/${path.learner.enrolment._id}`).expect(200)).body;
  const total = async () => (await result()).total;
  const numbers = async () => (await registry.records()).map(({ number }) => number);

  it('keeps the credited seconds after a beat was answered', async () => {
    await watchLesson(learner, path, [0, seconds / 2]);
    await killAndRestart();
    expect((await result()).lines[0]).to.include({ id: 'video', score: 2000 });
    await watchLesson(learner, path, [seconds / 2, seconds]);
    expect(await total()).to.equal(4000);
  });

  it('keeps a post and its points', async () => {
    const { id } = await post(learner, path);
    await killAndRestart();
    const { body } = await learner.get(`/api/v1/discussions/topics/${path.topic}`).expect(200);
    expect(body.rows.map((one: { id: string }) => one.id)).to.deep.equal([id]);
    expect(await total()).to.equal(6000);
  });

  it('keeps what was handed in when the engine is killed, and goes on by itself', async () => {
    await handIn(learner, path);
    const [engine, ...others] = await processesOf(dataDir);
    expect(others).to.deep.equal([]);
    process.kill(engine as number, 'SIGKILL');
    await eventually(async () => {
      const { body } = await learner.get(`/api/v1/assignments/tasks/${path.task}`).expect(200);
      expect(body.submission).to.include({ state: 'submitted', revision: 1 });
    }, 40_000);
    const after = await processesOf(dataDir);
    expect(after).to.have.length(1).and.not.include(engine);
  });

  it('delivers what qualified before it was killed, once', async () => {
    await registry.kill();
    await gradeWork(moderator, path);
    expect(await result()).to.include({ total: finalTotal, state: 'qualified' });
    await site.end('SIGKILL');
    await registry.start();
    expect(await numbers()).to.deep.equal([]);
    // The registry stores the record and the answer is lost; then the platform dies before it asks again.
    await registry.faults({ dropAfterStore: 1 });
    site = await start(new URL(site.url).port);
    await eventually(async () => {
      const { body } = await city.get(`/api/v1/registry/deliveries/${path.learner.enrolment._id}`).expect(200);
      expect(body.answers.at(-1)).to.include({ kind: 'unknown' });
    }, 40_000);
    expect(await numbers()).to.have.length(1);
    await killAndRestart();
    const done = await eventually(async () => {
      const now = await result();
      expect(now.certificate).to.be.an('object');
      return now;
    }, 30_000);
    expect(await numbers()).to.deep.equal([done.registry.number]);
    const [record] = await registry.records();
    expect(record).to.include({ idNumber: path.learner.idNumber, hours: 60, score: '96.00' });
  });

  it('leaves sums that agree with the enrolments, and no process', async () => {
    expect(await site.end('SIGTERM')).to.equal(0);
    await eventually(async () => expect(await processesOf(dataDir)).to.deep.equal([]));
    const verify = spawnSync(process.execPath, ['--import', 'tsx/esm', 'server/verify.ts'], {
      cwd: projectFolder,
      env: { PATH: process.env.PATH, DATA_DIR: dataDir, LOG_LEVEL: 'error' },
      encoding: 'utf8',
    });
    expect(verify.status, verify.stdout + verify.stderr).to.equal(0);
  });
});
