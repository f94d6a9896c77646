import type { ChildProcess } from 'node:child_process';
import { MongoClient } from 'mongodb';
import { MongoMemoryServer } from 'mongodb-memory-server';

const HOST = '127.0.0.1';
const LAUNCH_TIMEOUT_MS = 60_000;
const ALREADY_INITIALIZED = 23;

/** A server that runs, primary of its replica set. */
export interface ServerProcess {
  uri: string;
  process: ChildProcess;
  stop(): Promise<void>;
}

/**
 * Starts a mongod on a data folder at this port and no other, primary of a replica set of one. It asks for no password:
 * mongodb-memory-server makes users for single servers only. The port has to be free: a server that listens there already would be
 * told to shut down.
 * @throws Error when it does not start
 */
export async function startMongod(binary: string, folder: string, port: number, set: string): Promise<ServerProcess> {
  const server = new MongoMemoryServer({
    instance: {
      port,
      portGeneration: false,
      dbPath: folder,
      replSet: set,
      storageEngine: 'wiredTiger',
      ip: HOST,
      launchTimeout: LAUNCH_TIMEOUT_MS,
    },
    // The version is what mongodb-memory-server would fetch where no program were named; it fetches nothing here.
    binary: { systemBinary: binary, version: '8.0.0' },
  });
  await server.start();
  const child = server.instanceInfo?.instance.mongodProcess;
  if (child?.pid === undefined) throw new Error(`${binary} has ended`);
  try {
    await becomePrimary(port, set);
  } catch (error) {
    await server.stop({ doCleanup: false, force: false });
    throw error;
  }
  return {
    uri: `mongodb://${HOST}:${port}/?replicaSet=${set}`,
    process: child,
    stop: async () => {
      await server.stop({ doCleanup: false, force: false });
    },
  };
}

/** Makes the server the primary of a replica set of one at its present address, and waits until it is. */
async function becomePrimary(port: number, set: string): Promise<void> {
  const client = new MongoClient(`mongodb://${HOST}:${port}/?directConnection=true`, { monitorCommands: false });
  try {
    const admin = client.db('admin');
    const host = `${HOST}:${port}`;
    const config = { _id: set, members: [{ _id: 0, host }] };
    await admin.command({ replSetInitiate: config }).catch(async (error: { code?: number }) => {
      if (error.code !== ALREADY_INITIALIZED) throw error;
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
