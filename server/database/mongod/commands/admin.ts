import { readFileSync } from 'node:fs';
import { Long, ObjectId } from 'bson';
import type { Authenticator } from '../auth/authenticator.ts';
import type { Engine } from '../engine.ts';
import { failure, invalidOptions } from '../errors.ts';
import { type Doc, MAX_DOCUMENT_SIZE } from '../values/codec.ts';
import { MAX_MESSAGE_BYTES } from '../wire/framing.ts';
import { MECHANISM } from './authentication.ts';
import type { Command } from './context.ts';

/** The MongoDB release whose behaviour is followed, and its wire version. */
export const VERSION = '8.0.0';
const MAX_WIRE_VERSION = 25;

/** What the process knows about itself: its address, its replica set and how to stop. */
export interface ServerInfo {
  host: string;
  port: number;
  replicaSet: string | undefined;
  shutDown: () => void;
  started: number;
  /** Undefined where nobody needs a password. */
  authenticator: Authenticator | undefined;
}

const electionId = new ObjectId('7fffffff0000000000000001');

export function hello(info: ServerInfo, command: Command): Doc {
  const { body, connection } = command;
  const legacy = body.hello === undefined;
  const client = body.client as { application?: { name?: string } } | undefined;
  if (client?.application?.name !== undefined) connection.appName = client.application.name;
  return {
    helloOk: true,
    [legacy ? 'ismaster' : 'isWritablePrimary']: true,
    ...(info.replicaSet === undefined ? {} : replicaSetFields(info)),
    maxBsonObjectSize: MAX_DOCUMENT_SIZE,
    maxMessageSizeBytes: MAX_MESSAGE_BYTES,
    maxWriteBatchSize: 100_000,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: 30,
    connectionId: connection.id,
    minWireVersion: 0,
    maxWireVersion: MAX_WIRE_VERSION,
    readOnly: false,
    ...(info.authenticator && body.saslSupportedMechs !== undefined ? { saslSupportedMechs: [MECHANISM] } : {}),
    ok: 1,
  };
}

/** The server as the only member, and so the primary, of its set. */
function replicaSetFields({ host, port, replicaSet: setName }: ServerInfo): Doc {
  const address = `${host}:${port}`;
  return { hosts: [address], setName, setVersion: 1, secondary: false, primary: address, me: address, electionId };
}

/** The replica set of one, which a server with a name for it is from the start. */
export function replicaSetConfig({ host, port, replicaSet }: ServerInfo): Doc {
  if (replicaSet === undefined) throw failure(76, 'not running with --replSet');
  const member = { _id: 0, host: `${host}:${port}`, arbiterOnly: false, priority: 1, votes: 1 };
  const config = { _id: replicaSet, version: 1, term: 1, members: [member], settings: {} };
  return { config: { ...config, protocolVersion: Long.ONE, writeConcernMajorityJournalDefault: true }, ok: 1 };
}

export const buildInfo = (): Doc => ({
  version: VERSION,
  gitVersion: 'xuefang-built-in-engine',
  modules: [],
  versionArray: [...VERSION.split('.').map(Number), 0],
  bits: 64,
  debug: false,
  maxBsonObjectSize: MAX_DOCUMENT_SIZE,
  storageEngines: ['lmdb'],
  ok: 1,
});

/** How many clients there are, and what they make the process hold. */
export const serverStatus = (engine: Engine, info: ServerInfo, connections: number): Doc => ({
  host: `${info.host}:${info.port}`,
  version: VERSION,
  process: 'mongod',
  pid: Long.fromNumber(process.pid),
  uptime: Math.round((Date.now() - info.started) / 1000),
  localTime: new Date(),
  connections: { current: connections },
  mem: { bits: 64, resident: Math.round(ownMemory() / 1048576) },
  metrics: { cursor: { open: { total: engine.cursors.size } } },
  ok: 1,
});

/** Resident bytes without the mapped data file, which only Linux tells apart. */
function ownMemory(): number {
  try {
    return Number(/RssAnon:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
  } catch {
    return process.memoryUsage.rss();
  }
}

export function getParameter({ featureCompatibilityVersion: asked }: Doc): Doc {
  if (asked === undefined) throw invalidOptions('no option found to get');
  return { featureCompatibilityVersion: { version: '8.0' }, ok: 1 };
}
