import { fork } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { projectFolder } from '../../server/config.ts';

/** Starts the platform on a data folder as `npm start` does, in its own process; resolves when it is ready. */
export async function startPlatformProcess(
  dataDir: string,
  { env = {}, nodeArguments = [] }: { env?: Record<string, string>; nodeArguments?: string[] } = {},
): Promise<{ url: string; pid: number; workers(): number[]; stop(): Promise<void>; kill(): Promise<void> }> {
  const output = openSync(join(dataDir, 'bench-platform.log'), 'a');
  const child = fork(join(projectFolder, 'server/main.ts'), [], {
    execArgv: ['--max-semi-space-size=128', '--import', 'tsx/esm', ...nodeArguments],
    env: { ...process.env, NODE_ENV: 'production', DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', output, output, 'ipc'],
    detached: true,
  });
  closeSync(output);
  let serving: number[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    child.on('message', (message) => {
      const { stage, ready, workers } = message as { stage?: string; ready?: string; workers?: number[] };
      if (workers) serving = workers;
      if (stage) process.stderr.write(`  ${stage}\n`);
      if (ready) resolve(ready);
    });
    child.once('exit', (code) =>
      reject(new Error(`the platform ended with code ${code}; see bench-platform.log in ${dataDir}`)),
    );
  });
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await gone;
  };
  return {
    url,
    pid: child.pid as number,
    workers: () => serving,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}
