import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { Authenticator } from './auth/authenticator.ts';
import type { ServerInfo } from './commands/admin.ts';
import type { Connection } from './commands/context.ts';
import { commandTable, type Dispatcher, dispatch, encodeReply } from './commands/dispatch.ts';
import { FailPoints } from './commands/fail-points.ts';
import { Engine } from './engine.ts';
import { expireDocuments } from './expiry.ts';
import { serve } from './wire/connection.ts';
import { frameReply, type Request } from './wire/messages.ts';

export interface ServerOptions {
  /** The data folder. */
  path: string;
  host: string;
  /** Zero for any free port. */
  port: number;
  replicaSet: string | undefined;
  /** Asks every client for the password of the data folder. */
  auth: boolean;
  /** Called with every line that mongod would log. */
  log: (line: string) => void;
}

/** A running server. */
export interface Mongod {
  port: number;
  close(): Promise<void>;
  /** Resolves when a client has asked the server to stop. */
  stopped: Promise<void>;
  /** Resolves when no client is connected any more. */
  idle(): Promise<void>;
}

const HOUSEKEEPING = 1000;
const SESSION_SWEEP = 5 * 60_000;
const TTL_SWEEP = 60_000;

/** How long a client whose connection broke may take to go on with its transaction over another, in milliseconds. */
const COMES_BACK = 2_000;

/** Opens the data folder and listens. */
export async function startServer(options: ServerOptions): Promise<Mongod> {
  const { path, host, port, replicaSet, log } = options;
  const authenticator = options.auth ? await Authenticator.open(path) : undefined;
  const engine = new Engine(path);
  const sockets = new Set<Socket>();
  let stop = () => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  const info: ServerInfo = {
    host: host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host,
    port,
    replicaSet,
    shutDown: () => stop(),
    started: Date.now(),
    authenticator,
  };
  const failPoints = new FailPoints();
  const dispatcher = { engine, failPoints, table: commandTable(info, failPoints, () => sockets.size, log) };
  let nextConnection = 1;
  const server = createServer((socket) => {
    sockets.add(socket);
    const connection: Connection = {
      id: nextConnection++,
      appName: '',
      authenticated: authenticator === undefined,
      sasl: undefined,
      nextConversation: 1,
    };
    socket.on('close', () => {
      sockets.delete(socket);
      connection.gone = true;
      setTimeout(() => engine.transactions.abortOf(connection.id), COMES_BACK).unref();
      server.emit('client gone');
    });
    serve(socket, connection, (request) => answer(dispatcher, request, connection), log);
  });
  info.port = await listen(server, host, port);
  const timers = startTimers(engine, log);
  log(`Waiting for connections on port ${info.port}`);
  return {
    port: info.port,
    stopped,
    idle: async () => {
      while (sockets.size > 0) await once(server, 'client gone');
    },
    close: async () => {
      for (const timer of timers) clearInterval(timer);
      server.close();
      for (const socket of sockets) socket.destroy();
      await engine.close();
    },
  };
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function startTimers(engine: Engine, log: (line: string) => void): NodeJS.Timeout[] {
  const every = (interval: number, what: string, work: () => unknown) => {
    let running = false;
    const run = async () => {
      if (running) return;
      running = true;
      try {
        await work();
      } catch (error) {
        log(`${what} failed: ${String(error)}`);
      }
      running = false;
    };
    return setInterval(() => void run(), interval).unref();
  };
  const { store, sessions } = engine;
  return [
    every(HOUSEKEEPING, 'ending what is idle', () => {
      for (const each of [engine.transactions, engine.cursors, engine.snapshots]) each.expire();
    }),
    every(SESSION_SWEEP, 'removing old answers of retryable writes', () => store.write(() => sessions.expire(store))),
    every(TTL_SWEEP, 'removing expired documents', () => expireDocuments(engine, log)),
  ];
}

async function answer(
  dispatcher: Dispatcher,
  request: Request,
  connection: Connection,
): Promise<Buffer | 'close' | undefined> {
  const name = Object.keys(request.body)[0] ?? '';
  const { database, body, sequences } = request;
  const reply = await dispatch(dispatcher, { name, database, body, sequences, connection, transaction: undefined });
  if (reply === 'close') return reply;
  if (request.silent) return undefined;
  return frameReply(
    request,
    dispatcher.engine.clock.stamp(Buffer.isBuffer(reply) ? reply : encodeReply(reply, name, body)),
  );
}
