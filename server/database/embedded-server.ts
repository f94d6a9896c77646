import { MongoClient } from 'mongodb';
import { MongoMemoryServer } from 'mongodb-memory-server';
import { MongoInstanceEvents } from 'mongodb-memory-server-core/lib/util/MongoInstance.js';
import { ResolveConfigVariables, setDefaultValue } from 'mongodb-memory-server-core/lib/util/resolveConfig.js';
import type { Logger } from 'pino';
import { portAside } from '../port-aside.ts';
import { claimDataFolder, type EngineKind } from './data-folder.ts';
import { findMongod } from './find-mongod.ts';

const REPLICA_SET = 'xuefang';
const HOST = '127.0.0.1';
const RESTART_DELAY = 50;
const START_ATTEMPTS = 5;

/** A one-node server on the data folder, kept alive until it is stopped. */
export interface EmbeddedServer {
  uri: string;
  kind: EngineKind;
  /** The server's process; changes when it had to be started again. */
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

/** Starts the server of a data folder; if its process dies, it is started again at the same address. */
export async function startEmbeddedServer(options: {
  dataDir: string;
  mongodBinary: string | undefined;
  log: Logger;
}): Promise<EmbeddedServer> {
  const { log } = options;
  const { binary, kind } = await findMongod(options.mongodBinary);
  const folder = await claimDataFolder(options.dataDir, kind);
  setDefaultValue(ResolveConfigVariables.RUNTIME_DOWNLOAD, 'false');
  setDefaultValue(ResolveConfigVariables.SYSTEM_BINARY_VERSION_CHECK, 'false');
  const server = await startAside((port) => {
    const instance = {
      port,
      dbPath: folder,
      replSet: REPLICA_SET,
      storageEngine: 'wiredTiger' as const,
      ip: HOST,
      launchTimeout: 60_000,
      args: kind === 'built-in' ? ['--stopWithParent'] : [],
    };
    return new MongoMemoryServer({ instance, binary: { systemBinary: binary, version: '8.0.0' } });
  });
  const port = server.instanceInfo?.port as number;
  await becomePrimary(port);
  let stopping = false;

  const supervise = (): void => {
    server.instanceInfo?.instance.once(
      MongoInstanceEvents.instanceClosed,
      (code: number | null, signal: string | null) => {
        if (stopping) return;
        log.error({ code, signal }, 'the database server ended unexpectedly; starting it again');
        void restart().catch((error) => log.fatal({ err: error }, 'the database server does not start any more'));
      },
    );
  };
  const restart = async (): Promise<void> => {
    for (let attempt = 1; !stopping; attempt++) {
      try {
        await server.stop({ doCleanup: false, force: false });
        await server.start(true);
        break;
      } catch (error) {
        if (attempt === START_ATTEMPTS) throw error;
        await new Promise((resolve) => setTimeout(resolve, RESTART_DELAY * 2 ** attempt));
      }
    }
    if (stopping) return;
    supervise();
    await becomePrimary(port);
    log.info('the database server runs again');
  };
  supervise();
  return {
    uri: `mongodb://127.0.0.1:${port}/xuefang?replicaSet=${REPLICA_SET}`,
    kind,
    get pid() {
      return server.instanceInfo?.instance.mongodProcess?.pid;
    },
    stop: async () => {
      stopping = true;
      await server.stop({ doCleanup: false, force: false });
    },
  };
}

/**
 * Starts a server on a port of its own. Where somebody else listens there after all, mongodb-memory-server tells that one to
 * shut down, so this must not happen.
 */
async function startAside(make: (port: number) => MongoMemoryServer): Promise<MongoMemoryServer> {
  for (let attempt = 1; ; attempt++) {
    const server = make(await portAside(HOST));
    try {
      await server.start();
      return server;
    } catch (error) {
      if (attempt === START_ATTEMPTS || !/already in use/.test((error as Error).message)) throw error;
    }
  }
}

/** Makes the server the primary of a replica set of one at its present address, and waits until it is. */
async function becomePrimary(port: number): Promise<void> {
  const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, { monitorCommands: false });
  try {
    const admin = client.db('admin');
    const host = `127.0.0.1:${port}`;
    const config = { _id: REPLICA_SET, members: [{ _id: 0, host }] };
    await admin.command({ replSetInitiate: config }).catch(async (error: { code?: number }) => {
      if (error.code !== 23) throw error;
      const { config: old } = await admin.command({ replSetGetConfig: 1 });
      if (old.members[0].host === host) return;
      old.members[0].host = host;
      await admin.command({ replSetReconfig: { ...old, version: old.version + 1 }, force: true });
    });
    while (!(await admin.command({ hello: 1 })).isWritablePrimary)
      await new Promise((resolve) => setTimeout(resolve, 20));
  } finally {
    await client.close();
  }
}
