import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectFolder, readConfig } from '../../server/config.ts';
import { createLog } from '../../server/log.ts';
import { startPlatform } from '../../server/platform.ts';
import { signIn } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { createFixtures } from '../support/fixtures.ts';
import { readMetrics } from '../support/metrics.ts';
import { watchLesson } from '../support/path-steps.ts';
import { type PlatformProcess, processesOf, startPlatformProcess } from '../support/platform-process.ts';
import { quickEnough } from '../support/quick-enough.ts';
import { layPath, type Path } from '../support/whole-path.ts';

interface Update {
  values: { progress?: { measures: Record<string, number> }; playing?: { session: string } };
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('several workers on one data folder', function () {
  this.timeout(120_000);
  let dataDir: string;
  let path: Path;
  let site: PlatformProcess;
  let metricsToken: string;

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'xuefang-workers-'));
    const config = readConfig({ PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'error' });
    metricsToken = config.metricsToken;
    const platform = await startPlatform({ config, log: createLog('error') });
    path = await layPath(platform, await createFixtures(platform), 4);
    await platform.stop();
    site = await startPlatformProcess(dataDir, { WORKERS: '2', REQUESTS_PER_SECOND: '0' });
  });
  after(async () => {
    await site?.end('SIGKILL');
    await eventually(async () => expect(await processesOf(dataDir)).to.deep.equal([]));
    await rm(dataDir, { recursive: true, force: true });
  });

  const figures = () => readMetrics({ url: site.url, metricsToken });
  /** Somebody's sockets on both workers, all in the learner's room, and what each of them hears next. */
  async function watchers(login: string) {
    const client = await signIn(site.url, login);
    const sockets = await Promise.all(Array.from({ length: 8 }, () => client.socket()));
    const room = `enrolment:${path.learner.enrolment._id}`;
    for (const socket of sockets) expect(await socket.emitWithAck('subscribe', room)).to.deep.equal({ ok: true });
    const heard = (wanted: (update: Update) => unknown) =>
      Promise.all(
        sockets.map(
          (socket) =>
            new Promise<Update>((resolve) =>
              socket.on('update', (update: Update) => wanted(update) && resolve(update)),
            ),
        ),
      );
    return { client, heard, leave: () => sockets.forEach((socket) => void socket.disconnect()) };
  }

  it('serve both, and either gives the figures of all', async () => {
    const { leave } = await watchers(path.learner.login);
    const all = await figures();
    const open = [1, 2].map((worker) => all.get(`xuefang_sockets_open{worker="${worker}"}`) ?? 0);
    // A connection goes to the next worker that is free.
    expect(Math.min(...open)).to.be.at.least(1);
    expect(open[0]! + open[1]!).to.equal(8);
    for (const worker of [1, 2]) {
      expect(
        [...all.keys()].some(
          (key) => key.startsWith('xuefang_http_requests_total{') && key.includes(`worker="${worker}"`),
        ),
      ).to.equal(true);
    }
    leave();
  });

  it('know one playing session, and tell the sockets of all within two seconds of a takeover', async () => {
    const { client, heard, leave } = await watchers(path.learner.login);
    const start = async (takeover: boolean) =>
      (await client.post('/api/v1/video-courses/sessions', { lesson: path.lesson, takeover }).expect(200)).body;
    const first = await start(false);
    expect(first.state).to.equal('playing');
    // Each comes over a connection of its own, hence to the workers in turns.
    for (const _ of [1, 2, 3]) expect((await start(false)).state).to.equal('elsewhere');
    let before = first.session;
    await quickEnough(2_000, async () => {
      const taken = heard(({ values }) => values.playing?.session !== undefined && values.playing.session !== before);
      const begun = performance.now();
      const { session } = await start(true);
      for (const { values } of await taken) expect(values.playing?.session).to.equal(session);
      before = session;
      return performance.now() - begun;
    });
    leave();
  });

  it('tell the sockets of all what one of them recorded, within two seconds', async () => {
    const { client, heard, leave } = await watchers(path.learner.login);
    let seconds = 0;
    await quickEnough(2_000, async () => {
      const from = seconds;
      seconds += 1;
      const measured = heard(({ values }) => values.progress?.measures['video-courses/seconds'] === seconds);
      await watchLesson(client, path, [from, seconds]);
      const begun = performance.now();
      await measured;
      return performance.now() - begun;
    });
    leave();
  });

  it('go on with the same engine when one is killed, which is started again', async () => {
    const [victim = 0, other] = site.workers();
    const engine = (await processesOf(dataDir)).filter((pid) => !site.workers().includes(pid));
    process.kill(victim, 'SIGKILL');
    await eventually(async () => expect(site.workers()).to.deep.equal([other]));
    expect((await fetch(`${site.url}/health`)).status).to.equal(200);
    await eventually(async () => expect(site.workers()).to.have.length(2), 40_000);
    expect(site.workers()).to.include(other).and.not.include(victim);
    expect(await processesOf(dataDir)).to.include.members(engine);
    expect((await figures()).get('xuefang_sockets_open{worker="1"}')).to.equal(0);
  });

  it('leave no process when they are told to stop', async () => {
    const pids = [site.pid, ...site.workers(), ...(await processesOf(dataDir))];
    expect(pids.length).to.be.at.least(4);
    expect(await site.end('SIGTERM')).to.equal(0);
    expect(pids.filter(isAlive)).to.deep.equal([]);
  });
});

describe('npm start -- --workers 2', function () {
  this.timeout(120_000);
  let dataDir: string;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'xuefang-workers-'));
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  /** Runs it, and stops it when it listens. */
  async function run(port: number): Promise<{ code: number | null; said: string }> {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx/esm', join(projectFolder, 'server/main.ts'), '--workers', '2'],
      {
        env: { PATH: process.env.PATH, DATA_DIR: dataDir, PORT: String(port) },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let said = '';
    const hear = (chunk: Buffer) => {
      const listened = said.includes('"listening"');
      said += chunk;
      // Once: a second signal would end it at once.
      if (!listened && said.includes('"listening"')) child.kill('SIGTERM');
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    const [code] = await once(child, 'close');
    expect(await processesOf(dataDir)).to.deep.equal([]);
    return { code, said };
  }

  it('says once where it listens, and prints one link for the first operator', async () => {
    const { code, said } = await run(0);
    expect(code).to.equal(0);
    expect(said.match(/"listening"/g)).to.have.length(1);
    expect(said.match(/first-operator\?token=/g)).to.have.length(1);
  });

  it('ends with the reason when its workers cannot start', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { code, said } = await run((taken.address() as { port: number }).port);
    taken.close();
    expect(code).to.equal(1);
    expect(said).to.include('EADDRINUSE').and.include('worker 1 ended while starting');
  });
});
