import type { Engine } from '../engine.ts';
import { CommandError } from '../errors.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { buildInfo, getParameter, hello, replicaSetCommands, type ServerInfo, serverStatus } from './admin.ts';
import { aggregate } from './aggregate.ts';
import * as collections from './collections.ts';
import type { Command, Handler, Reply } from './context.ts';
import { explain } from './explain.ts';
import { findAndModify } from './find-and-modify.ts';
import { createIndexes, dropIndexes, listIndexes } from './indexes.ts';
import { count, distinct, find, getMore, killCursors } from './reads.ts';
import { insert, remove, update } from './writes.ts';

const inTransaction = new Set([
  'find',
  'getMore',
  'killCursors',
  'aggregate',
  'distinct',
  'count',
  'insert',
  'update',
  'delete',
  'findAndModify',
  'findandmodify',
  'bulkWrite',
  'create',
  'createIndexes',
  'commitTransaction',
  'abortTransaction',
  'hello',
  'ping',
]);

/** Every command the server answers, by the names clients use. */
export function commandTable(info: ServerInfo, connections: () => number): Map<string, Handler> {
  const ok: Handler = () => ({ ok: 1 });
  const greet: Handler = (_engine, command) => hello(info, command);
  const table: Record<string, Handler> = {
    find,
    getMore,
    killCursors,
    count,
    distinct,
    aggregate,
    explain,
    insert,
    update,
    delete: remove,
    findAndModify,
    findandmodify: findAndModify,
    createIndexes,
    listIndexes,
    dropIndexes,
    deleteIndexes: dropIndexes,
    create: collections.create,
    drop: collections.drop,
    dropDatabase: collections.dropDatabase,
    renameCollection: collections.renameCollection,
    collMod: collections.collMod,
    listCollections: collections.listCollections,
    listDatabases: collections.listDatabases,
    collStats: collections.collStats,
    collstats: collections.collStats,
    dbStats: collections.dbStats,
    dbstats: collections.dbStats,
    hello: greet,
    isMaster: greet,
    ismaster: greet,
    ping: ok,
    buildInfo: () => buildInfo(),
    buildinfo: () => buildInfo(),
    serverStatus: (engine) => serverStatus(engine, info, connections()),
    getParameter: (_engine, { body }) => getParameter(body),
    getCmdLineOpts: () => ({ argv: ['mongod'], parsed: {}, ok: 1 }),
    hostInfo: () => ({
      system: { currentTime: new Date(), hostname: info.host, numCores: 1 },
      os: {},
      extra: {},
      ok: 1,
    }),
    getLog: () => ({ totalLinesWritten: 0, log: [], ok: 1 }),
    getFreeMonitoringStatus: () => ({ state: 'disabled', ok: 1 }),
    connectionStatus: () => ({ authInfo: { authenticatedUsers: [], authenticatedUserRoles: [] }, ok: 1 }),
    whatsmyuri: () => ({ you: '127.0.0.1:0', ok: 1 }),
    startSession: ok,
    refreshSessions: ok,
    endSessions: (engine, { body }) => {
      engine.sessions.end(body.endSessions as Doc[]);
      return { ok: 1 };
    },
    killSessions: (engine, { body }) => {
      engine.sessions.end(body.killSessions as Doc[]);
      return { ok: 1 };
    },
    killAllSessions: ok,
    commitTransaction: async (engine, { body }) => {
      await engine.sessions.commit(body, engine.store);
      return { ok: 1 };
    },
    abortTransaction: (engine, { body }) => {
      engine.sessions.abort(body);
      return { ok: 1 };
    },
    fsync: async (engine) => {
      await engine.store.write(() => undefined, true);
      return { numFiles: 1, ok: 1 };
    },
    shutdown: () => {
      setImmediate(info.shutDown);
      return { ok: 1 };
    },
    ...replicaSetCommands(info),
  };
  return new Map(Object.entries(table));
}

/** Answers a command; every failure becomes a reply with MongoDB's code. */
export async function dispatch(engine: Engine, table: ReadonlyMap<string, Handler>, command: Command): Promise<Reply> {
  const { name, body } = command;
  try {
    const handler = table.get(name);
    if (handler === undefined) throw new CommandError(59, 'CommandNotFound', `no such command: '${name}'`);
    if (name !== 'commitTransaction' && name !== 'abortTransaction') {
      if (body.autocommit === false && !inTransaction.has(name)) {
        throw new CommandError(
          263,
          'OperationNotSupportedInTransaction',
          `Cannot run '${name}' in a multi-document transaction.`,
        );
      }
      command.transaction = engine.sessions.transactionOf(body);
    }
    const reply = await handler(engine, command);
    if (command.transaction !== undefined && isDocument(reply) && reply.writeErrors !== undefined)
      engine.sessions.fail(body);
    return reply;
  } catch (error) {
    if (body.autocommit === false && name !== 'commitTransaction' && name !== 'abortTransaction')
      engine.sessions.fail(body);
    return errorReply(error);
  }
}

function errorReply(error: unknown): Doc {
  if (error instanceof CommandError) {
    const { message: errmsg, code, codeName, extra, labels } = error;
    return { ok: 0, errmsg, code, codeName, ...extra, ...(labels.length === 0 ? {} : { errorLabels: labels }) };
  }
  const failure = error instanceof Error ? error : new Error(String(error));
  process.stderr.write(`${failure.stack ?? failure.message}\n`);
  return { ok: 0, errmsg: `internal error: ${failure.message}`, code: 1, codeName: 'InternalError' };
}
