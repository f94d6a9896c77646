import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';

const binary = fileURLToPath(new URL('../../bin/mongod.mjs', import.meta.url));

export interface RunningEngine {
  uri: string;
  port: number;
  process: ChildProcess;
  stop(): Promise<void>;
}

/** Starts the built-in engine as a process of its own, primary of a replica set of one. */
export async function startEngine(
  path: string,
  { port = 0, wrapper = [] }: { port?: number; wrapper?: string[] } = {},
): Promise<RunningEngine> {
  const [program = process.execPath, ...given] = [...wrapper, process.execPath, binary];
  const child = spawn(
    program,
    [...given, '--dbpath', path, '--port', String(port), '--replSet', 'rs', '--stopWithParent'],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
  const listening = await new Promise<number>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the engine ended with ${code}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const found = /waiting for connections.*?(\d+)/i.exec(line);
      if (found) resolve(Number(found[1]));
    });
  });
  const client = await new MongoClient(`mongodb://127.0.0.1:${listening}/?directConnection=true`).connect();
  const config = { _id: 'rs', members: [{ _id: 0, host: `127.0.0.1:${listening}` }] };
  await client
    .db('admin')
    .command({ replSetInitiate: config })
    .catch((error) => {
      if (error.code !== 23) throw error;
    });
  await client.close();
  return {
    uri: `mongodb://127.0.0.1:${listening}/?replicaSet=rs`,
    port: listening,
    process: child,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.stdin.end();
      await ended;
    },
  };
}
