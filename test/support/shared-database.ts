import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Database } from '../../server/database/index.ts';
import { createLog } from '../../server/log.ts';

let shared: Promise<{ database: Database; dataDir: string }> | undefined;

/**
 * Address of the database server of this run: `TEST_MONGODB_URI`, else one embedded server, started at the first call.
 * Every test's platform gets a database of its own in it.
 */
export async function sharedDatabase(): Promise<string> {
  if (process.env.TEST_MONGODB_URI) return process.env.TEST_MONGODB_URI;
  shared ??= start();
  return (await shared).database.uri;
}

async function start() {
  // Loaded here, so that tests of pure rules need neither mongoose nor a server.
  const { openDatabase } = await import('../../server/database/index.ts');
  const dataDir = await mkdtemp(join(tmpdir(), 'xuefang-test-db-'));
  return { dataDir, database: await openDatabase({ dataDir, log: createLog('silent') }) };
}

// At the top level of a module that test files import, `after` belongs to the whole run.
globalThis.after?.(async () => {
  if (!shared) return;
  const { database, dataDir } = await shared;
  await database.close();
  await rm(dataDir, { recursive: true, force: true });
});
