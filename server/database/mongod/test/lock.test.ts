import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { lockFolder } from '../lock.ts';

const holder = fileURLToPath(new URL('support/holds-folder.ts', import.meta.url));
const STARTERS = 6;

describe('the lock of a data folder', () => {
  let path: string;
  let children: ChildProcess[];
  const file = () => join(path, 'mongod.lock');

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'xuefang-lock-'));
    children = [];
  });

  afterEach(async () => {
    for (const child of children) {
      const ended = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
      child.stdin?.end();
      await ended;
    }
    await rm(path, { recursive: true, force: true });
  });

  /** A process whose command line is not that of a server, and what it says. */
  async function start(at = 0): Promise<{ child: ChildProcess; said: string }> {
    const child = spawn(process.execPath, ['--import', 'tsx/esm', basename(holder), path, String(at)], {
      cwd: dirname(holder),
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    children.push(child);
    const [said] = await once(createInterface({ input: child.stdout }), 'line');
    return { child, said };
  }

  const attempt = () =>
    lockFolder(path, 0).then(
      (unlock) => {
        unlock();
        return 'free';
      },
      (error: Error) => error.message,
    );

  it('keeps every other process out, whatever its program is called, and gives it free', async () => {
    const { child } = await start();
    expect(await attempt()).to.match(new RegExp(`DBPathInUse: .* is in use by process ${child.pid};`));
    child.stdin?.end();
    await once(child, 'exit');
    expect(await attempt()).to.equal('free');
    expect(existsSync(file())).to.equal(false);
  });

  it('keeps a second user in the same process out', async () => {
    const unlock = await lockFolder(path);
    expect(await attempt()).to.match(/DBPathInUse/);
    unlock();
    expect(await attempt()).to.equal('free');
  });

  it('is taken over from a killed process, also when its number was given to another', async () => {
    const { child } = await start();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const [, ...rest] = (await readFile(file(), 'utf8')).split('\n');
    expect(await attempt()).to.equal('free');
    await writeFile(file(), [process.ppid, ...rest].join('\n'));
    expect(await attempt()).to.equal('free');
  });

  it('is not taken over while it is being written, and is when a crash left it empty', async () => {
    await writeFile(file(), '');
    expect(await attempt()).to.match(/DBPathInUse: .* by another process/);
    await utimes(file(), new Date(0), new Date(0));
    expect(await attempt()).to.equal('free');
  });

  it('of an earlier version, of a process that is gone, is taken over', async () => {
    await writeFile(file(), '4194304\n');
    expect(await attempt()).to.equal('free');
  });

  it(`is had by one of ${STARTERS} processes that find a stale one at the same time`, async () => {
    await writeFile(file(), '4194304\n');
    const at = Date.now() + 2_000;
    const said = await Promise.all(Array.from({ length: STARTERS }, async () => (await start(at)).said));
    expect(said.sort()).to.deep.equal(['holds it', ...Array.from({ length: STARTERS - 1 }, () => 'refused')]);
  });
});
