import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sign } from '../../plugins/registry/signature.ts';
import { projectFolder } from '../../server/config.ts';

interface RegisteredRecord {
  number: string;
  key: string;
  idNumber: string;
  name: string;
  programme: string;
  hours: number;
  year: number;
  provider: string;
  score: string;
}

interface Faults {
  /** Every answer comes this much later, in milliseconds. */
  delayMs?: number;
  /** So many submissions are answered 503 without being stored. */
  failNext?: number;
  /** So many submissions are stored, and the connection is cut before the answer. */
  dropAfterStore?: number;
}

/** The registry's simulator as a process of its own, on a port that stays the same over restarts. */
export interface TestRegistry {
  readonly url: string;
  readonly key: string;
  /** The platform's settings that lead to it. */
  readonly env: Record<string, string>;
  /** What it holds, of one person or of all. */
  records(idNumber?: string): Promise<RegisteredRecord[]>;
  /** Replaces the faults it commits. */
  faults(faults: Faults): Promise<void>;
  /** Ends the process at once, as `kill -9` does, or on a polite request. */
  kill(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  /** Starts it again on the same port and data, unless it runs. */
  start(): Promise<void>;
  /** Ends the process and removes its data. */
  stop(): Promise<void>;
}

/** Starts a registry on a free port; `running: false` only reserves the port and starts nothing. */
export async function startRegistry({ running = true } = {}): Promise<TestRegistry> {
  const data = await mkdtemp(join(tmpdir(), 'xuefang-registry-'));
  const key = 'a-key-that-only-tests-know';
  let child: ChildProcess | undefined;
  let port = 0;

  const isRunning = () => child !== undefined && child.exitCode === null && child.signalCode === null;
  const start = async () => {
    if (isRunning()) return;
    const main = join(projectFolder, 'plugins/registry/simulator/main.ts');
    const args = ['--import', 'tsx/esm', main, '--port', String(port), '--data', data, '--key', key, '--faults'];
    child = spawn(process.execPath, args, { cwd: projectFolder, stdio: ['ignore', 'pipe', 'inherit'] });
    port = await listeningPort(child);
  };
  const kill = async (signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL') => {
    if (!child || !isRunning()) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  const read = async (path: string) => {
    const timestamp = String(Date.now());
    const signature = sign(key, { timestamp, method: 'GET', path, body: '' });
    const url = `http://127.0.0.1:${port}${path}`;
    const response = await fetch(url, { headers: { 'x-timestamp': timestamp, 'x-signature': signature } });
    if (!response.ok) throw new Error(`the registry answers ${response.status}`);
    return response.json();
  };

  await start();
  if (!running) await kill();
  return {
    get url() {
      return `http://127.0.0.1:${port}`;
    },
    key,
    get env() {
      return { REGISTRY_URL: `http://127.0.0.1:${port}`, REGISTRY_KEY: key };
    },
    async records(idNumber) {
      const answer = (await read(idNumber ? `/records?idNumber=${idNumber}` : '/records')) as {
        records: RegisteredRecord[];
      };
      return answer.records;
    },
    async faults(faults) {
      const response = await fetch(`http://127.0.0.1:${port}/_faults`, {
        method: 'POST',
        body: JSON.stringify(faults),
      });
      if (!response.ok) throw new Error(`the registry answers ${response.status}`);
    },
    kill,
    start,
    async stop() {
      await kill();
      await rm(data, { recursive: true, force: true });
    },
  };
}

async function listeningPort(child: ChildProcess): Promise<number> {
  let text = '';
  for await (const part of child.stdout as NodeJS.ReadableStream) {
    text += part;
    const port = /^listening (\d+)$/m.exec(text)?.[1];
    if (port) return Number(port);
  }
  throw new Error('the registry ended before it listened');
}
