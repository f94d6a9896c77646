import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { startEngine } from 'xuefang-mongod';
import { writeDurably } from '../durable-files.ts';
import { portAside } from '../port-aside.ts';
import { addressFile, claimDataFolder, type EngineKind } from './data-folder.ts';
import { findMongod } from './find-mongod.ts';
import type { ServerProcess } from './real-mongod.ts';

const REPLICA_SET = 'xuefang';
const DATABASE = 'xuefang';
const HOST = '127.0.0.1';
/** Milliseconds before the second attempt to start; each later one waits twice as long. */
const RESTART_DELAY = 100;
const START_ATTEMPTS = 5;

/** A one-node server on the data folder, kept alive until it is stopped. */
export interface EmbeddedServer {
  /** Its address, with the password where it has one: for clients, not for logs. */
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
  const start = async (port: number): Promise<ServerProcess> => {
    if (binary === undefined) return startEngine({ path: folder, port, replicaSet: REPLICA_SET });
    // Loaded only where there is a mongod: it takes a fifth of a second.
    const { startMongod } = await import('./real-mongod.ts');
    return startMongod(binary, folder, port, REPLICA_SET);
  };
  const { port, first } = await startAside(start);
  let server = first;
  let stopping = false;
  let restarted: Promise<void> | undefined;

  const supervise = (): void => {
    const onExit = (code: number | null, signal: string | null) => {
      if (stopping) return;
      log.error({ code, signal }, 'the database server ended unexpectedly; starting it again');
      restarted = restart().catch((error) => log.fatal({ err: error }, 'the database server does not start any more'));
    };
    const { process } = server;
    if (process.exitCode !== null || process.signalCode !== null) onExit(process.exitCode, process.signalCode);
    else process.once('exit', onExit);
  };
  const restart = async (): Promise<void> => {
    await server.stop();
    for (let attempt = 1; !stopping; attempt++) {
      try {
        server = await start(port);
        break;
      } catch (error) {
        if (attempt === START_ATTEMPTS) throw error;
        await delay(RESTART_DELAY * 2 ** (attempt - 1));
      }
    }
    if (stopping) return;
    supervise();
    log.info('the database server runs again');
  };
  supervise();
  const address = new URL(server.uri);
  address.pathname = DATABASE;
  const listens = addressFile(options.dataDir);
  writeDurably(listens, address.href);
  log.info({ address: address.host, folder }, 'the database server runs');
  return {
    uri: address.href,
    kind,
    get pid() {
      return server.process.pid;
    },
    stop: async () => {
      stopping = true;
      await restarted;
      rmSync(listens, { force: true });
      await server.stop();
    },
  };
}

/** Starts a server on a port of its own; on another one where somebody else listens there after all. */
async function startAside(
  start: (port: number) => Promise<ServerProcess>,
): Promise<{ port: number; first: ServerProcess }> {
  for (let attempt = 1; ; attempt++) {
    const port = await portAside(HOST);
    try {
      return { port, first: await start(port) };
    } catch (error) {
      if (attempt === START_ATTEMPTS || !/already in use/.test((error as Error).message)) throw error;
    }
  }
}
