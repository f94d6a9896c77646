import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { readPassword, USER } from './auth/password.ts';
import type { EngineOptions, RunningEngine } from './entry/index.js';

const HOST = '127.0.0.1';

/** How long a stop may take before the process is killed, in milliseconds. */
const STOP_PATIENCE = 15_000;

/** Starts the engine; described in entry/index.d.ts. */
export async function startEngine(options: EngineOptions): Promise<RunningEngine> {
  const { path, port = 0, replicaSet = 'rs', auth = true, wrapper = [] } = options;
  const [program = process.execPath, ...given] = [
    ...wrapper,
    process.execPath,
    fileURLToPath(import.meta.resolve('xuefang-mongod/bin')),
    ...['--dbpath', path, '--port', String(port), '--bind_ip', HOST, '--replSet', replicaSet],
    ...['--stopWithParent', ...(auth ? [] : ['--noauth'])],
  ];
  const child = spawn(program, given, { stdio: ['pipe', 'pipe', 'pipe'] });
  const listening = await listeningPort(child);
  const password = auth ? await readPassword(path) : undefined;
  const user = password === undefined ? '' : `${USER}:${encodeURIComponent(password)}@`;
  return {
    uri: `mongodb://${user}${HOST}:${listening}/?authSource=admin&replicaSet=${replicaSet}`,
    port: listening,
    process: child,
    stop: () => stop(child),
  };
}

function listeningPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let written = '';
    const keep = (chunk: Buffer) => {
      written += chunk;
    };
    child.stderr?.on('data', keep);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      reject(new Error(written.trim() || `the engine ended with ${signal ?? code}`));
    });
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const [, port] = /^waiting for connections on port (\d+)/i.exec(line) ?? [];
      if (port === undefined) return;
      child.stderr?.off('data', keep).pipe(process.stderr, { end: false });
      resolve(Number(port));
    });
    child.stdin?.on('error', () => {});
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  const late = setTimeout(() => child.kill('SIGKILL'), STOP_PATIENCE);
  child.stdin?.end();
  await ended;
  clearTimeout(late);
}
