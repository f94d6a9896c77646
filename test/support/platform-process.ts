import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectFolder } from '../../server/config.ts';

/** The platform as `npm start` runs it: a process of its own on a data folder, with the embedded engine below it. */
export interface PlatformProcess {
  url: string;
  pid: number;
  /** Ids of its workers that serve, where it has any. */
  workers(): number[];
  /** Ends it at once with `kill -9`, or politely. @returns its exit code, null where a signal ended it */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>;
}

/** Starts the platform on a data folder; resolves when it listens. */
export async function startPlatformProcess(dataDir: string, env: Record<string, string>): Promise<PlatformProcess> {
  const child = fork(join(projectFolder, 'server/main.ts'), [], {
    execArgv: ['--import', 'tsx/esm'],
    env: { PATH: process.env.PATH, DATA_DIR: dataDir, LOG_LEVEL: 'fatal', ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let serving: number[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    child.on('message', (message) => {
      const { ready, workers } = message as { ready?: string; workers?: number[] };
      if (workers) serving = workers;
      if (ready) resolve(ready);
    });
    child.once('exit', (code, signal) => reject(new Error(`the platform ended while starting (${signal ?? code})`)));
  });
  return {
    url,
    pid: child.pid as number,
    workers: () => serving,
    async end(signal) {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit');
        child.kill(signal);
        await ended;
      }
      return child.exitCode;
    },
  };
}

/** Ids of the running processes whose command line names a folder: the engine of that data folder. */
export async function processesOf(folder: string): Promise<number[]> {
  const lines = process.platform === 'linux' ? await fromProc() : await fromPs();
  return lines.filter(({ pid, command }) => pid !== process.pid && command.includes(folder)).map(({ pid }) => pid);
}

async function fromProc() {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const read = async (pid: number) => ({
    pid,
    command: await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
  });
  return Promise.all(pids.map(read));
}

async function fromPs() {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-ww', '-o', 'pid=,args=']);
  return stdout.split('\n').map((line) => ({ pid: Number.parseInt(line, 10), command: line }));
}
