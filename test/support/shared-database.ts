import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '../../server/database/index.ts';
import { createLog } from '../../server/log.ts';

let shared: Promise<Database> | undefined;

/**
 * Address of the tests' database server: `TEST_MONGODB_URI`, else this process's embedded server, started at the first call.
 * Every test's platform gets a database of its own in it.
 */
export async function sharedDatabase(): Promise<string> {
  if (process.env.TEST_MONGODB_URI) return process.env.TEST_MONGODB_URI;
  shared ??= start();
  return (await shared).uri;
}

async function start(): Promise<Database> {
  // Loaded here, so that tests of pure rules need neither mongoose nor a server.
  const { openDatabase } = await import('../../server/database/index.ts');
  const dataDir = await mkdtemp(join(tmpdir(), 'xuefang-test-db-'));
  const database = await openDatabase({ dataDir, log: createLog('silent') });
  // Mocha has no hook for the end of a process that runs several files.
  process.once('exit', () => {
    if (database.serverPid) process.kill(database.serverPid, 'SIGKILL');
    rmSync(dataDir, { recursive: true, force: true });
  });
  return database;
}
