import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, readConfig } from '../../../server/config.ts';
import { type Database, openDatabase } from '../../../server/database/index.ts';
import { createLog } from '../../../server/log.ts';
import { startPlatform } from '../../../server/platform.ts';
import { startPlatformProcess } from '../platform-process.ts';
import { enrolMany, layPlace, type Place, type Study } from './place.ts';

type PlatformProcess = Awaited<ReturnType<typeof startPlatformProcess>>;

/** A database engine of its own with a filled place, on which platforms are started as processes. */
export interface Site {
  database: Database;
  config: Config;
  place: Place;
  learners: string[];
  /** Starts a platform as `npm start` does. */
  start(env?: Record<string, string>): Promise<PlatformProcess>;
  close(): Promise<void>;
}

const SECRET = 'a secret of the benchmark, long enough to be one';

/** Starts the engine and fills it. `profile` is a folder for CPU profiles of the platforms. */
export async function openSite({
  learners,
  profile,
  study,
}: {
  learners: number;
  study?: Study;
  profile?: string | undefined;
}): Promise<Site> {
  const dataDir = await mkdtemp(join(tmpdir(), 'xuefang-bench-beats-'));
  const log = createLog('warn');
  const nodeArguments = profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [];
  const database = await openDatabase({ dataDir, log, mongodBinary: process.env.MONGOD_BINARY });
  const env = { DATA_DIR: dataDir, MONGODB_URI: database.uri, SECRET, PORT: '0', LOG_LEVEL: 'warn' };
  const config = readConfig(env);
  const begun = Date.now();
  const platform = await startPlatform({ config, log });
  const place = await layPlace(platform);
  const ids = await enrolMany(platform, place, learners, study);
  await platform.stop();
  process.stderr.write(`${learners} enrolments after ${((Date.now() - begun) / 1000).toFixed(1)} s\n`);
  return {
    database,
    config,
    place,
    learners: ids,
    start: (more = {}) => startPlatformProcess(dataDir, { env: { ...env, ...more }, nodeArguments }),
    async close() {
      await database.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
