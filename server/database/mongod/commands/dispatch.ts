import type { Timestamp } from 'bson';
import type { Engine } from '../engine.ts';
import {
  badValue,
  CommandError,
  codeName,
  failedToParse,
  failure,
  invalidOptions,
  notImplemented,
  searchNeedsAtlas,
} from '../errors.ts';
import { type Doc, encode, isDocument } from '../values/codec.ts';
import { decode } from '../values/decode.ts';
import { toDouble } from '../values/numeric.ts';
import { buildInfo, getParameter, hello, replicaSetConfig, type ServerInfo, serverStatus } from './admin.ts';
import { aggregate } from './aggregate.ts';
import { authenticationCommands, checkAuthenticated } from './authentication.ts';
import { bulkWrite } from './bulk-write.ts';
import { create, drop, dropDatabase, listCollections, listDatabases } from './collections.ts';
import type { Command, Handler, Reply } from './context.ts';
import { explain } from './explain.ts';
import type { FailPoints } from './fail-points.ts';
import { checkFields } from './fields.ts';
import { findAndModify } from './find-and-modify.ts';
import { createIndexes, dropIndexes, listIndexes } from './indexes.ts';
import { endsTransaction, errorLabels } from './labels.ts';
import { count, distinct, find, getMore, killCursors } from './reads.ts';
import { checkSession, sessionsIn } from './session-fields.ts';
import { insert, remove, update } from './writes.ts';

const inTransaction = new Set(
  `find getMore killCursors aggregate distinct insert update delete findAndModify bulkWrite create createIndexes
commitTransaction abortTransaction hello ping`.split(/\s+/),
);

/** Every command the server answers, by the names clients use. */
export function commandTable(
  info: ServerInfo,
  failPoints: FailPoints,
  connections: () => number,
  log: (line: string) => void,
): Map<string, Handler> {
  const ok: Handler = () => ({ ok: 1 });
  const needsAtlas: Handler = () => {
    throw searchNeedsAtlas();
  };
  const greet: Handler = (_engine, command) => hello(info, command);
  const build: Handler = () => buildInfo();
  return new Map<string, Handler>(
    Object.entries({
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
      bulkWrite,
      findAndModify,
      createIndexes,
      listIndexes,
      dropIndexes,
      create,
      drop,
      dropDatabase,
      listCollections,
      listDatabases,
      ...sessionCommands,
      hello: greet,
      isMaster: greet,
      ismaster: greet,
      buildInfo: build,
      buildinfo: build,
      ping: ok,
      getLog: () => ({ totalLinesWritten: 0, log: [], ok: 1 }),
      getParameter: (_engine, { body }) => getParameter(body),
      serverStatus: (engine) => serverStatus(engine, info, connections()),
      shutdown: () => {
        setImmediate(info.shutDown);
        return { ok: 1 };
      },
      replSetInitiate: () => {
        throw failure(23, 'already initialized');
      },
      replSetGetConfig: () => replicaSetConfig(info),
      configureFailPoint: (_engine, { body }) => failPoints.configure(body),
      createSearchIndexes: needsAtlas,
      dropSearchIndex: needsAtlas,
      updateSearchIndex: needsAtlas,
      ...authenticationCommands(info.authenticator, log),
    }),
  );
}

/** Commands about sessions and their transactions. */
const sessionCommands: Record<string, Handler> = {
  refreshSessions: (_engine, { body }) => {
    sessionsIn(body, 'refreshSessions');
    return { ok: 1 };
  },
  endSessions: (engine, { body }) => {
    engine.sessions.end(sessionsIn(body, 'endSessions'));
    return { ok: 1 };
  },
  killAllSessions: (engine, { body }) => {
    const patterns = body.killAllSessions;
    if (!Array.isArray(patterns) || patterns.length > 0)
      throw notImplemented('there are no users to choose sessions by');
    engine.sessions.endAll();
    return { ok: 1 };
  },
  commitTransaction: async (engine, { body }) => {
    await engine.sessions.commit(body, engine.store);
    return { ok: 1 };
  },
  abortTransaction: (engine, { body }) => {
    engine.sessions.abort(body, engine.store);
    return { ok: 1 };
  },
};

/**
 * Commands that may run while a change of collections or indexes is on its way to the disk. All others wait for it, as their
 * answers could tell of it. Writes outside of a transaction are answered after it anyhow.
 */
const ignoresCatalog = new Set(
  `insert update delete findAndModify bulkWrite hello isMaster ismaster ping commitTransaction abortTransaction
endSessions refreshSessions killAllSessions killCursors shutdown buildInfo buildinfo
getParameter`.split(/\s+/),
);

/** When a command with maxTimeMS has to give up, on the clock of `performance`. */
function deadlineOf({ body, name }: Command): number | undefined {
  if (body.maxTimeMS === undefined || name === 'getMore') return undefined;
  const limit = toDouble(body.maxTimeMS);
  if (!(limit >= 0)) throw badValue(`${String(body.maxTimeMS)} value for maxTimeMS is out of range`);
  return limit === 0 ? undefined : performance.now() + limit;
}

/** What has to be on disk before a command may run: a commit of its session, a change of the catalog. */
function toWaitFor(engine: Engine, { name, body }: Command): Promise<void> | undefined {
  const isWithin = body.autocommit === false;
  if (!isWithin && ignoresCatalog.has(name)) return undefined;
  return engine.catalogChange ?? (isWithin ? engine.sessions.commitUnderWay(body) : undefined);
}

const levels = ['local', 'available', 'majority', 'linearizable', 'snapshot'];

/** Refuses a read concern that nobody knows; all levels there are read the latest state that is on disk. */
function checkReadConcern({ readConcern }: Doc): void {
  const level = (readConcern as Doc | undefined)?.level;
  if (level === undefined || levels.includes(String(level))) return;
  throw failedToParse(`Enumeration value '${String(level)}' for field 'readConcern.level' is not a valid value.`);
}

const snapshotReads = new Set(['find', 'aggregate', 'distinct']);

/** What a command needs beside itself. */
export interface Dispatcher {
  engine: Engine;
  table: ReadonlyMap<string, Handler>;
  failPoints: FailPoints;
}

/** Answers a command; every failure becomes a reply with MongoDB's code. `close` drops the connection instead. */
export async function dispatch(dispatcher: Dispatcher, command: Command): Promise<Reply | 'close'> {
  const { name, body } = command;
  try {
    checkAuthenticated(command);
    checkSession(name, body);
  } catch (error) {
    return errorReply(error, name, body);
  }
  const failure = dispatcher.failPoints.failureOf(command);
  if (failure !== undefined) {
    if (failure.block > 0) await new Promise((resolve) => setTimeout(resolve, failure.block));
    if (failure.close) return 'close';
    if (failure.error !== undefined) {
      const { code, labels } = failure.error;
      const errmsg = "Failing command via 'failCommand' failpoint";
      return withLabels(
        { ok: 0, errmsg, code, codeName: codeName(code) },
        labels ?? errorLabels(name, body, code, false),
      );
    }
  }
  const breaks = dispatcher.failPoints.breakAt(command, () => isRepetition(dispatcher.engine, body));
  if (breaks === 'before') return 'close';
  const reply = await run(dispatcher, command);
  if (breaks === 'after') return 'close';
  if (failure?.writeConcernError === undefined) return withReachableConcern(reply, body);
  const { errorLabels: labels, ...writeConcernError } = failure.writeConcernError;
  const code = toDouble(writeConcernError.code);
  const given = (labels as string[] | undefined) ?? errorLabels(name, body, code, true);
  const document = Buffer.isBuffer(reply) ? decode(reply) : reply;
  return withLabels(
    { ...document, writeConcernError: { codeName: codeName(code), errmsg: '', ...writeConcernError } },
    given,
  );
}

/** A write concern for more members than there are is an error beside the result of the write. */
function withReachableConcern(reply: Reply, body: Doc): Reply {
  const wanted = (body.writeConcern as Doc | undefined)?.w;
  if (Buffer.isBuffer(reply)) return reply;
  const withError = (code: number, errmsg: string) => ({
    ...reply,
    writeConcernError: { code, codeName: codeName(code), errmsg },
  });
  if (typeof wanted === 'string' && wanted !== 'majority')
    return withError(79, `No write concern mode named '${wanted}' found in replica set configuration`);
  return typeof wanted === 'number' && wanted > 1 ? withError(100, 'Not enough data-bearing nodes') : reply;
}

/** Whether a retryable write has been done already. */
const isRepetition = (engine: Engine, body: Doc): boolean =>
  engine.sessions.remembered(engine.store, body)?.reply !== undefined;

const withLabels = (reply: Doc, labels: readonly string[]): Doc =>
  labels.length === 0 ? reply : { ...reply, errorLabels: labels };

async function run({ engine, table }: Dispatcher, command: Command): Promise<Reply> {
  const { name, body } = command;
  try {
    const handler = table.get(name);
    if (handler === undefined) throw failure(59, `no such command: '${name}'`);
    checkFields(name, body);
    checkReadConcern(body);
    command.deadline = deadlineOf(command);
    // While it waits for one of them the other may begin.
    for (let waits = toWaitFor(engine, command); waits !== undefined; waits = toWaitFor(engine, command)) await waits;
    if (!endsTransaction(name)) {
      if (body.autocommit === false && !inTransaction.has(name)) {
        throw failure(263, `Cannot run '${name}' in a multi-document transaction.`);
      }
      if (body.autocommit === false && body.writeConcern !== undefined)
        throw invalidOptions('writeConcern is not allowed within a multi-statement transaction');
      command.transaction = engine.sessions.transactionOf(body, engine.store);
      if (command.transaction === undefined) useSnapshot(engine, command);
      else command.transaction.connection = command.connection.id;
    }
    const reply = await handler(engine, command);
    if (command.transaction !== undefined && isDocument(reply) && reply.writeErrors !== undefined)
      engine.sessions.fail(body);
    return command.snapshot === undefined ? reply : withSnapshotTime(reply, command.snapshot.time);
  } catch (error) {
    if (body.autocommit === false && !endsTransaction(name)) engine.sessions.fail(body);
    return errorReply(error, name, body);
  }
}

/** Reads with readConcern snapshot outside of a transaction see one state, also across commands. */
function useSnapshot(engine: Engine, command: Command): void {
  const concern = command.body.readConcern as Doc | undefined;
  if (concern?.level !== 'snapshot') return;
  if (!snapshotReads.has(command.name)) {
    throw invalidOptions(`read concern level snapshot is not supported for the ${command.name} command`);
  }
  const asked = concern.atClusterTime as Timestamp | undefined;
  if (asked !== undefined) command.snapshot = { view: engine.snapshots.at(asked), time: asked };
  else {
    const time = engine.clock.now;
    command.snapshot = { view: engine.snapshots.take(engine.store, time), time };
  }
}

function withSnapshotTime(reply: Reply, atClusterTime: Timestamp): Doc {
  const document = Buffer.isBuffer(reply) ? decode(reply) : reply;
  return isDocument(document.cursor)
    ? { ...document, cursor: { ...document.cursor, atClusterTime } }
    : { ...document, atClusterTime };
}

/** The bytes of an answer, or of the error that it is too large for one. */
export function encodeReply(reply: Doc, name: string, body: Doc): Buffer {
  try {
    return encode(reply);
  } catch (error) {
    return encode(errorReply(error, name, body));
  }
}

function errorReply(error: unknown, name: string, body: Doc): Doc {
  if (error instanceof CommandError) {
    const { message: errmsg, code, codeName, extra, labels } = error;
    return withLabels({ ok: 0, errmsg, code, codeName, ...extra }, [
      ...new Set([...labels, ...errorLabels(name, body, code, false)]),
    ]);
  }
  const failure = error instanceof Error ? error : new Error(String(error));
  process.stderr.write(`${failure.stack ?? failure.message}\n`);
  return { ok: 0, errmsg: `internal error: ${failure.message}`, code: 1, codeName: 'InternalError' };
}
