import { readFileSync } from 'node:fs';
import { Long, ObjectId } from 'bson';
import type { Authenticator } from '../auth/authenticator.ts';
import type { Engine } from '../engine.ts';
import { failure, invalidOptions } from '../errors.ts';
import { type Doc, MAX_DOCUMENT_SIZE } from '../values/codec.ts';
import { MAX_MESSAGE_BYTES } from '../wire/framing.ts';
import { MECHANISM } from './authentication.ts';
import type { Command, Handler } from './context.ts';

/** The MongoDB release whose behaviour is followed, and its wire version. */
export const VERSION = '8.0.0';
const MAX_WIRE_VERSION = 25;

/** What the process knows about itself: its address, its replica set and how to stop. */
export interface ServerInfo {
  host: string;
  port: number;
  replicaSet: string | undefined;
  initiated: boolean;
  onInitiate: () => void;
  shutDown: () => void;
  started: number;
  /** Undefined where nobody needs a password. */
  authenticator: Authenticator | undefined;
}

const electionId = new ObjectId('7fffffff0000000000000001');

export function hello(info: ServerInfo, command: Command): Doc {
  const { body, connection } = command;
  const address = `${info.host}:${info.port}`;
  const legacy = body.hello === undefined;
  const primary = info.replicaSet === undefined || info.initiated;
  const client = body.client as { application?: { name?: string } } | undefined;
  if (client?.application?.name !== undefined) connection.appName = client.application.name;
  return {
    helloOk: true,
    [legacy ? 'ismaster' : 'isWritablePrimary']: primary,
    ...(info.replicaSet === undefined ? {} : replicaSetFields(info, address)),
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

function replicaSetFields(info: ServerInfo, address: string): Doc {
  if (!info.initiated)
    return { secondary: false, isreplicaset: true, info: 'Does not have a valid replica set config' };
  const set = { hosts: [address], setName: info.replicaSet, setVersion: 1 };
  return { ...set, secondary: false, primary: address, me: address, electionId };
}

const notReplicated = () => failure(76, 'not running with --replSet');

/** Commands about the replica set of one. */
export function replicaSetCommands(info: ServerInfo): Record<string, Handler> {
  const need = () => {
    if (info.replicaSet === undefined) throw notReplicated();
    if (!info.initiated) throw failure(94, 'no replset config has been received');
  };
  return {
    replSetInitiate: async (engine) => {
      if (info.replicaSet === undefined) throw notReplicated();
      if (info.initiated) throw failure(23, 'already initialized');
      await initiate(engine, info.replicaSet, info);
      info.onInitiate();
      return { ok: 1 };
    },
    replSetReconfig: (_engine, { body }) => {
      need();
      const { members } = body.replSetReconfig as { members?: { host: string }[] };
      if (members?.length !== 1 || members[0]?.host !== `${info.host}:${info.port}`)
        throw failure(103, 'this server is the only member of its set');
      info.onInitiate();
      return { ok: 1 };
    },
    replSetGetConfig: () => {
      need();
      const member = { _id: 0, host: `${info.host}:${info.port}`, arbiterOnly: false, priority: 1, votes: 1 };
      const config = { _id: info.replicaSet, version: 1, term: 1, members: [member], settings: {} };
      return { config: { ...config, protocolVersion: Long.ONE, writeConcernMajorityJournalDefault: true }, ok: 1 };
    },
    replSetGetStatus: () => {
      need();
      const name = `${info.host}:${info.port}`;
      const member = { _id: 0, name, health: 1, state: 1, stateStr: 'PRIMARY', self: true };
      return { set: info.replicaSet, date: new Date(), myState: 1, term: Long.ONE, members: [member], ok: 1 };
    },
  };
}

const LOCAL = 'local';
const SET_COLLECTION = 'system.replset';

/** Whether this data folder has been initiated as a replica set. */
export const isInitiated = (engine: Engine): boolean => engine.catalog.get(LOCAL, SET_COLLECTION) !== undefined;

/** Makes this data folder a replica set of one, now and after every restart. */
export async function initiate(engine: Engine, name: string, info: ServerInfo): Promise<void> {
  await engine.transactions.write((_target) => {
    engine.createCollection(LOCAL, SET_COLLECTION, { set: name });
  });
  info.initiated = true;
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

const parameters: Doc = { featureCompatibilityVersion: { version: '8.0' } };

export function getParameter(body: Doc): Doc {
  const found = Object.keys(body).filter((name) => Object.hasOwn(parameters, name));
  if (found.length === 0) throw invalidOptions('no option found to get');
  return { ...Object.fromEntries(found.map((name) => [name, parameters[name]])), ok: 1 };
}
