import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { demoAccounts, demoPassword } from '../../../plugins/demo/accounts.ts';
import { signIn } from '../../../plugins/demo/http-client.ts';
import { projectFolder } from '../../../server/config.ts';
import { eventually } from '../../support/eventually.ts';

interface Demo {
  child: ChildProcess;
  output(): string;
  /** Resolves with the address once it says ready. */
  ready: Promise<string>;
  ended: Promise<number | null>;
}

function start(...options: string[]): Demo {
  const child = spawn(process.execPath, ['--import', 'tsx/esm', 'plugins/demo/run.ts', ...options], {
    cwd: projectFolder,
    env: { ...process.env, DEMO_LEARNERS: '12', DEMO_SIMULATED: '4' },
  });
  let output = '';
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const ready = new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk;
      const [, url] = /^ready (\S+)/m.exec(output) ?? [];
      if (url && output.includes('Ctrl-C')) resolve(url);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('exit', () => reject(new Error(output)));
  });
  ready.catch(() => {});
  return { child, output: () => output, ready, ended };
}

/** Every process below this one, from /proc. */
async function descendants(pid: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const name of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => '');
    const [, , parent] = stat.slice(stat.lastIndexOf(')')).split(' ');
    if (parent) parents.set(Number(name), Number(parent));
  }
  const below = (of: number): number[] =>
    [...parents].filter(([, parent]) => parent === of).flatMap(([child]) => [child, ...below(child)]);
  return below(pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const noneLeft = (pids: number[], milliseconds = 30_000) =>
  eventually(() => expect(pids.filter(isAlive)).to.deep.equal([]), milliseconds);

describe('demo: npm run demo', function () {
  this.timeout(90_000);
  let data: string;
  const started: Demo[] = [];
  const run = (...options: string[]) => {
    const demo = start('--port', '0', '--data', join(data, 'demo'), ...options);
    started.push(demo);
    return demo;
  };
  before(async () => {
    data = await mkdtemp(join(tmpdir(), 'xuefang-run-'));
  });
  after(async () => {
    for (const { child } of started) child.kill('SIGKILL');
    await rm(data, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
  });

  it('becomes ready, says how to look around, and Ctrl-C leaves the data and no process', async () => {
    const demo = run();
    const url = await demo.ready;
    for (const { login } of demoAccounts) expect(demo.output()).to.match(new RegExp(`^ *${login} `, 'm'));
    expect(demo.output())
      .to.include(demoPassword)
      .and.to.match(/study history +\d+\.\d s/);
    const city = await signIn(url, 'city', demoPassword);
    const { total } = await city.get<{ total: number }>('/api/v1/enrolments?size=5');
    expect(total).to.equal(12);
    const children = await descendants(demo.child.pid as number);
    expect(children.length).to.be.above(3);
    demo.child.kill('SIGINT');
    expect(await demo.ended).to.equal(0);
    await noneLeft(children);
    expect(await readdir(join(data, 'demo'))).to.include.members(['demo.json', 'db', 'registry']);
  });

  it('starts again on its data, survives the death of the platform, and leaves no process when it is killed', async () => {
    const demo = run('--no-simulation');
    const url = await demo.ready;
    expect(demo.output()).not.to.include('study history');
    const children = await descendants(demo.child.pid as number);
    const platform = await platformOf(children);
    process.kill(platform, 'SIGKILL');
    await eventually(async () => expect((await fetch(`${url}/sign-in`)).status).to.equal(200), 30_000);
    const city = await signIn(url, 'city', demoPassword);
    expect((await city.get<{ total: number }>('/api/v1/enrolments?size=5')).total).to.equal(12);
    expect(demo.output()).to.include('starting it again');
    const all = [...children, ...(await descendants(demo.child.pid as number))];
    demo.child.kill('SIGKILL');
    await noneLeft(all);
  });

  it('says what to do where the port is taken, and touches nothing', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    const demo = start('--port', String(port), '--data', join(data, 'untouched'));
    expect(await demo.ended).to.equal(1);
    expect(demo.output()).to.include(`Port ${port} is taken`).and.to.include('--port');
    expect(await readdir(data)).not.to.include('untouched');
    server.close();
  });
});

async function platformOf(pids: number[]): Promise<number> {
  for (const pid of pids) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (command.includes('server/main.ts')) return pid;
  }
  throw new Error('there is no platform process');
}
