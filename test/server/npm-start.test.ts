import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { expect } from 'chai';
import { projectFolder } from '../../server/config.ts';

describe('npm start', function () {
  this.timeout(30_000);
  let child: ChildProcess | undefined;
  after(() => {
    // Only where the test failed: the group of npm, the platform and the database.
    if (child?.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
  });

  it('passes SIGTERM on to the platform, which ends in order', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'xuefang-npm-start-'));
    child = spawn('npm', ['start'], {
      cwd: projectFolder,
      env: { PATH: process.env.PATH, HOME: dataDir, DATA_DIR: dataDir, PORT: '0', npm_config_update_notifier: 'false' },
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    const lines: string[] = [];
    const ended = once(child, 'close');
    await new Promise<void>((resolve) => {
      createInterface({ input: child?.stdout as Readable }).on('line', (line) => {
        lines.push(line);
        if (line.includes('"msg":"listening"')) resolve();
      });
    });
    child.kill('SIGTERM');
    // The pipe closes when the platform, and the database that it started, have ended too.
    await ended;
    expect(lines.join('\n')).to.include('"msg":"stopping"');
    await rm(dataDir, { recursive: true });
  });
});
