import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, projectFolder, readConfig } from '../../server/config.ts';
import { createLog } from '../../server/log.ts';
import { type Platform, startPlatform } from '../../server/platform.ts';
import type { Host } from '../../server/plugins/contract.ts';
import { discoverPlugins, type FoundPlugin } from '../../server/plugins/discover.ts';
import { type Client, signIn } from './client.ts';
import { createFixtures, type Fixtures } from './fixtures.ts';
import { expectRulesKept, watchedAddress } from './queries/watch.ts';
import { sharedDatabase } from './shared-database.ts';

export interface TestPlatform extends Fixtures {
  platform: Platform;
  url: string;
  /** The platform's key material. */
  secret: Buffer;
  /** What opens `/metrics`. */
  metricsToken: string;
  host(id: string): Host;
  /** A signed-in client; changes carry the session's token. */
  signIn(login: string, password?: string): Promise<Client>;
  /** A second platform on the same database and data folder, as another server process would be. */
  another(): Promise<TestPlatform>;
  /** Starts the platform again on the same database and data folder, as after a crash or an update. */
  restart(): Promise<TestPlatform>;
  /** @throws Error where a command broke a rule of `queries/rules.ts`, or a query sorted in memory */
  stop(): Promise<void>;
}

export interface TestOptions {
  /** Plugins by folder name; all of them where nothing is said. */
  plugins?: string[];
  /** Plugins from elsewhere, such as a fixture. */
  extra?: FoundPlugin[];
  /** The clock that time is credited by, epoch ms. */
  now?: () => number;
  /** Further environment, such as plugins' settings. */
  env?: Record<string, string>;
}

/** The real application on a free port with the real database engine and the fixtures in place. */
export async function startTestPlatform(options: TestOptions = {}): Promise<TestPlatform> {
  const server = await sharedDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'xuefang-test-'));
  const uri = new URL(server);
  uri.pathname = `/test_${randomBytes(6).toString('hex')}`;
  const config = readConfig({
    PORT: '0',
    DATA_DIR: dataDir,
    MONGODB_URI: watchedAddress(uri.href),
    LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'error',
    // Tests are faster than people.
    REQUESTS_PER_SECOND: '0',
    ...options.env,
  });
  return start(config, options);
}

async function start(config: Config, options: TestOptions, known?: Fixtures): Promise<TestPlatform> {
  const plugins = await discoverPlugins(join(projectFolder, 'plugins'), options.plugins);
  const platform = await startPlatform({
    config,
    log: createLog(config.logLevel),
    plugins: [...plugins, ...(options.extra ?? [])],
    ...(options.now && { now: options.now }),
  });
  const fixtures = await createFixtures(platform, known);
  return {
    ...fixtures,
    platform,
    url: platform.url,
    secret: config.secret,
    metricsToken: config.metricsToken,
    host: (id) => platform.host(id),
    signIn: (login, password) => signIn(platform.url, login, password),
    another: () => start(config, options, fixtures),
    async restart() {
      await platform.stop();
      return start(config, options, fixtures);
    },
    async stop() {
      try {
        await expectRulesKept(platform.rooms.connection);
      } finally {
        await platform.rooms.connection.dropDatabase();
        await platform.stop();
        await rm(config.dataDir, { recursive: true, force: true });
      }
    },
  };
}
