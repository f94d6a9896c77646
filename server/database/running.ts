import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join, resolve } from 'node:path';
import { addressFile } from './data-folder.ts';
import { type Database, type DatabaseOptions, openDatabase } from './index.ts';

/** Milliseconds that a server of this machine has to take a connection. */
const PATIENCE = 2_000;

/**
 * Refuses a data folder without a database, before anything is made in it: a path with a typing error would else be a new,
 * empty platform.
 * @param env the environment; one that names a MONGODB_URI is in order
 */
export function refuseUnknownFolder(env: Record<string, string | undefined>): void {
  if (env.MONGODB_URI) return;
  const dataDir = resolve(env.DATA_DIR || 'data');
  if (existsSync(join(dataDir, 'db'))) return;
  throw new Error(`${dataDir} has no database; DATA_DIR names the platform's data folder, MONGODB_URI a server`);
}

/** Opens the database that a running platform serves from the data folder; where none runs, as `openDatabase` does. */
export async function openRunningDatabase(options: DatabaseOptions): Promise<Database> {
  const uri = options.uri ?? (await runningAddress(options.dataDir));
  try {
    return await openDatabase({ ...options, uri });
  } catch (error) {
    // A platform was killed, and somebody else has its port by now.
    if (options.uri === undefined && uri !== undefined) return openDatabase(options);
    throw error;
  }
}

async function runningAddress(dataDir: string): Promise<string | undefined> {
  const file = addressFile(dataDir);
  if (!existsSync(file)) return undefined;
  const address = (await readFile(file, 'utf8')).trim();
  const { hostname, port } = new URL(address);
  const listens = await new Promise<boolean>((answer) => {
    const socket = createConnection({ host: hostname, port: Number(port), timeout: PATIENCE });
    const end = (value: boolean) => {
      socket.destroy();
      answer(value);
    };
    socket.once('connect', () => end(true));
    for (const event of ['error', 'timeout']) socket.once(event, () => end(false));
  });
  return listens ? address : undefined;
}
