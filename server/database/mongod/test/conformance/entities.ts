import {
  type ClientSession,
  type Collection,
  type CommandFailedEvent,
  type CommandStartedEvent,
  type CommandSucceededEvent,
  type Db,
  GridFSBucket,
  MongoClient,
  ReadConcern,
} from 'mongodb';
import type { Value } from './types.ts';

export interface SeenEvent {
  kind: string;
  event: Value;
}

interface ObservedClient {
  client: MongoClient;
  events: SeenEvent[];
}

/** A command as it is now: the driver goes on changing parts of it. */
function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOf);
  if (typeof value !== 'object' || value === null) return value;
  const parts = Object.getPrototypeOf(value) === Object.prototype || value instanceof ReadConcern;
  return parts ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, copyOf(each)])) : value;
}

/** The clients, sessions, databases, collections and results that a test refers to by name. */
export class Entities {
  readonly clients = new Map<string, ObservedClient>();
  readonly sessions = new Map<string, ClientSession>();
  private readonly lsids = new Map<string, unknown>();
  private readonly others = new Map<string, unknown>();
  private readonly uri: string;

  constructor(uri: string) {
    this.uri = uri;
  }

  async create(entities: readonly Value[]): Promise<void> {
    for (const entity of entities) {
      const [kind, spec] = Object.entries(entity)[0] as [string, Value];
      await this.createOne(kind, spec);
    }
  }

  private async createOne(kind: string, spec: Value): Promise<void> {
    const id = spec.id as string;
    switch (kind) {
      case 'client':
        await this.createClient(id, spec);
        break;
      case 'database':
        this.others.set(
          id,
          this.client(spec.client as string).db(spec.databaseName as string, (spec.databaseOptions ?? {}) as never),
        );
        break;
      case 'collection':
        this.others.set(
          id,
          this.get<Db>(spec.database as string).collection(
            spec.collectionName as string,
            (spec.collectionOptions ?? {}) as never,
          ),
        );
        break;
      case 'session': {
        const { snapshotTime, ...options } = (spec.sessionOptions ?? {}) as Value;
        const session = this.client(spec.client as string).startSession(options as never);
        // The driver 7.8 reads at this time, but has no option to set it.
        if (typeof snapshotTime === 'string') Object.assign(session, { snapshotTime: this.get(snapshotTime) });
        this.sessions.set(id, session);
        this.lsids.set(id, session.id);
        break;
      }
      case 'bucket':
        this.others.set(id, new GridFSBucket(this.get<Db>(spec.database as string)));
        break;
      default:
        throw new Error(`unknown entity ${kind}`);
    }
  }

  private async createClient(id: string, spec: Value): Promise<void> {
    const {
      uriOptions = {},
      observeEvents = [],
      ignoreCommandMonitoringEvents = [],
      observeSensitiveCommands,
    } = spec as {
      uriOptions?: Value;
      observeEvents?: string[];
      ignoreCommandMonitoringEvents?: string[];
      observeSensitiveCommands?: boolean;
    };
    const url = new URL(this.uri);
    for (const [name, value] of Object.entries(uriOptions)) url.searchParams.set(name, String(value));
    const client = new MongoClient(url.href, {
      monitorCommands: true,
      minHeartbeatFrequencyMS: 20,
      __skipPingOnConnect: true,
      ...(spec.driverOptions as Value | undefined),
    } as never);
    const events: SeenEvent[] = [];
    const hidden = new Set(['configureFailPoint', ...ignoreCommandMonitoringEvents]);
    const sensitive = (event: { commandName: string; command?: Value }) =>
      !observeSensitiveCommands &&
      ['hello', 'ismaster', 'isMaster', 'saslStart', 'authenticate'].includes(event.commandName);
    const observe = (kind: string) => (event: CommandStartedEvent | CommandSucceededEvent | CommandFailedEvent) => {
      if (hidden.has(event.commandName) || sensitive(event)) return;
      const copied: Value = { ...(event as unknown as Value) };
      if ('command' in copied) copied.command = copyOf(copied.command);
      for (const name of ['commandName', 'databaseName']) copied[name] ??= (event as unknown as Value)[name];
      events.push({ kind, event: copied });
    };
    if (observeEvents.includes('commandStartedEvent')) client.on('commandStarted', observe('commandStartedEvent'));
    if (observeEvents.includes('commandSucceededEvent'))
      client.on('commandSucceeded', observe('commandSucceededEvent'));
    if (observeEvents.includes('commandFailedEvent')) client.on('commandFailed', observe('commandFailedEvent'));
    if (observeEvents.includes('connectionCheckOutStartedEvent')) {
      client.on('connectionCheckOutStarted', (event) =>
        events.push({ kind: 'connectionCheckOutStartedEvent', event: event as unknown as Value }),
      );
    }
    await client.connect();
    this.clients.set(id, { client, events });
  }

  client(id: string): MongoClient {
    const found = this.clients.get(id);
    if (found === undefined) throw new Error(`no client ${id}`);
    return found.client;
  }

  session(id: string): ClientSession {
    const session = this.sessions.get(id);
    if (session === undefined) throw new Error(`no session ${id}`);
    return session;
  }

  lsid(id: string): unknown {
    return this.lsids.get(id);
  }

  get<T>(id: string): T {
    const found = this.clients.get(id)?.client ?? this.sessions.get(id) ?? this.others.get(id);
    if (found === undefined) throw new Error(`no entity ${id}`);
    return found as T;
  }

  save(id: string, value: unknown): void {
    this.others.set(id, value);
  }

  collection(id: string): Collection {
    return this.get<Collection>(id);
  }

  async close(): Promise<void> {
    for (const session of this.sessions.values()) await session.endSession().catch(() => undefined);
    for (const { client } of this.clients.values()) await client.close().catch(() => undefined);
  }
}
