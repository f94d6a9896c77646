import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { demoAccounts, demoPassword } from '../accounts.ts';
import { type Child, startChild } from './child.ts';
import { type DemoFolder, openDemoFolder } from './folder.ts';
import { checkPort } from './ports.ts';
import { Stages } from './stages.ts';
import { table } from './table.ts';

export interface DemoOptions {
  /** 0 takes a free one. */
  port: number;
  data: string;
  simulation: boolean;
  reset: boolean;
}

/** A demonstration older than this has run out of term, or nearly. */
const OLD_AFTER_MS = 30 * 86_400_000;
const project = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const print = (line: string) => process.stdout.write(`${line}\n`);

/** Keys that would lead the demonstration to a database, a folder or an address that is not its own. */
const notInherited = ['MONGODB_URI', 'REDIS_URL', 'SECRET', 'PLUGINS', 'PUBLIC_URL', 'HOST', 'DATA_DIR', 'PORT'];

/** Starts everything in order and stays until it is told to stop. @throws FolderRefused, PortTaken */
export async function runDemo(options: DemoOptions): Promise<void> {
  await checkPort(options.port);
  const folder = openDemoFolder(resolve(options.data), { reset: options.reset });
  print(`学坊 Xuefang, demonstration in ${folder.path}`);
  if (folder.note) print(`  ${folder.note}`);
  const stages = new Stages(print);
  const children: Child[] = [];
  const stop = stopInOrder(children);
  try {
    const registryUrl = await startRegistry(folder, stages, children, stop.failed);
    const url = await startPlatform({ folder, port: options.port, registryUrl, stages, children, failed: stop.failed });
    folder.seeded();
    if (options.simulation) startSimulation(folder, url, children);
    print(welcome(url, folder, stages));
  } catch (error) {
    await stop.all();
    throw error;
  }
}

/** Children are stopped against the order in which they were started. */
function stopInOrder(children: Child[]) {
  let stopping: Promise<void> | undefined;
  const all = (): Promise<void> => {
    stopping ??= (async () => {
      for (const child of [...children].reverse()) await child.stop();
    })();
    return stopping;
  };
  const onSignal = () => {
    if (stopping) {
      for (const child of children) child.kill();
      return;
    }
    print('\nstopping …');
    void all().then(() => {
      print('stopped; the data is kept');
      process.exit(0);
    });
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  const failed = (why: string) => {
    process.stderr.write(`${why} too often; its output is in the data folder's .log files\n`);
    void all().then(() => process.exit(1));
  };
  return { all, failed };
}

type Failed = (why: string) => void;

function environment(own: Record<string, string>): Record<string, string | undefined> {
  const inherited = Object.entries(process.env).filter(([key]) => !notInherited.includes(key));
  return { ...Object.fromEntries(inherited), NODE_ENV: 'production', ...own };
}

const sayRestart = (why: string) => print(`  ${why}; starting it again`);

/** Resolves with the registry's address, which stays the same when it is started again. */
async function startRegistry(folder: DemoFolder, stages: Stages, children: Child[], failed: Failed): Promise<string> {
  stages.begin('registry');
  const key = folder.marker.registryKey;
  let port = '0';
  return new Promise((resolve) => {
    children.push(
      startChild({
        name: 'the registry',
        file: project('plugins/registry/simulator/main.ts'),
        args: () => ['--port', port, '--data', join(folder.path, 'registry'), '--key', key],
        env: () => environment({}),
        logFile: join(folder.path, 'registry.log'),
        onMessage: (message) => {
          const { ready } = message as { ready?: string };
          if (!ready) return;
          port = new URL(ready).port;
          resolve(ready);
        },
        onRestart: sayRestart,
        onGivenUp: failed,
      }),
    );
  });
}

interface PlatformStart {
  folder: DemoFolder;
  port: number;
  registryUrl: string;
  stages: Stages;
  children: Child[];
  failed: Failed;
}

/** Resolves with the platform's address once it is seeded and listening. */
function startPlatform({ folder, registryUrl, stages, children, failed, ...start }: PlatformStart): Promise<string> {
  let { port } = start;
  return new Promise((resolve) => {
    let isReady = false;
    stages.begin('platform');
    children.push(
      startChild({
        name: 'the platform',
        file: project('server/main.ts'),
        env: () =>
          environment({
            PORT: String(port),
            DATA_DIR: folder.path,
            REGISTRY_URL: registryUrl,
            REGISTRY_KEY: folder.marker.registryKey,
            DEMO_SEED: 'true',
          }),
        logFile: join(folder.path, 'platform.log'),
        onMessage: (message) => {
          if (isReady) return;
          const { stage, ready } = message as { stage?: string; ready?: string };
          if (stage) stages.begin(stage);
          if (!ready) return;
          isReady = true;
          port = Number(new URL(ready).port);
          stages.end();
          resolve(ready);
        },
        onRestart: (why) => (isReady ? sayRestart(why) : failed(why)),
        onGivenUp: failed,
      }),
    );
  });
}

function startSimulation(folder: DemoFolder, url: string, children: Child[]): void {
  children.push(
    startChild({
      name: 'the simulated learners',
      file: project('plugins/demo/simulation/main.ts'),
      args: () => ['--url', url],
      env: () => environment({}),
      logFile: join(folder.path, 'simulation.log'),
      mayEnd: true,
      onRestart: sayRestart,
      onGivenUp: (why) => print(`  ${why} too often; the platform goes on without them`),
    }),
  );
}

function welcome(url: string, { marker }: DemoFolder, stages: Stages): string {
  const isOld = Date.now() - Date.parse(marker.createdAt) > OLD_AFTER_MS;
  const rows = demoAccounts.map(({ login, role, look }) => [`  ${login}`, role.zh, role.en, look.zh]);
  return [
    '',
    `ready ${url}   (${stages.total()})`,
    '',
    `All data is invented. 所有数据均为虚构。 Password of every account 密码: ${demoPassword}`,
    '',
    table([['  Account 账号', '角色', 'Role', 'What to look at 看什么'], ...rows]),
    '',
    `More: moderator-2 … moderator-40, yuwangtai, shunhe, xinqu, school-kf-gl-02 …`,
    ...(isOld ? ['This demonstration is over a month old; start with --reset for a new one.'] : []),
    'Ctrl-C stops everything and keeps the data; --reset starts afresh.',
  ].join('\n');
}
