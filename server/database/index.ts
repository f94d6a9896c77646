import mongoose from 'mongoose';
import type { Logger } from 'pino';
import type { Transaction } from '../transaction.ts';
import { createIndexes } from './indexes.ts';
import { type PluginMigration, runMigrations } from './migrations.ts';
import { refuseOldServer } from './server-version.ts';

export interface DatabaseOptions {
  /** Address of a replica set or sharded cluster; without it an embedded server on the data folder. */
  uri?: string | undefined;
  dataDir: string;
  /** A mongod for the embedded server, or `built-in` for the engine of this project. */
  mongodBinary?: string | undefined;
  log: Logger;
}

export interface Database {
  /** A connection of its own; models, plugins and settings of mongoose's global one are not touched. */
  connection: mongoose.Connection;
  uri: string;
  kind: 'external' | 'mongod' | 'built-in';
  transaction: Transaction;
  /** Creates the collections and indexes of all models of the connection, then runs new migrations. */
  deploy(migrations: readonly PluginMigration[]): Promise<void>;
  /** The embedded server's process, if there is one. */
  readonly serverPid: number | undefined;
  close(): Promise<void>;
}

/**
 * Connects to MongoDB; starts a server for it where none is named.
 * @throws Error when the server cannot be reached or started, or the data folder belongs to another kind of server
 */
export async function openDatabase({ uri, dataDir, mongodBinary, log }: DatabaseOptions): Promise<Database> {
  // Loaded only where it is needed: it takes a worker, or a platform with a database elsewhere, a fifth of a second.
  const embedded =
    uri === undefined
      ? await (await import('./embedded-server.ts')).startEmbeddedServer({ dataDir, mongodBinary, log })
      : undefined;
  const address = uri ?? embedded!.uri;
  let connection: mongoose.Connection;
  try {
    connection = await connect(address);
    if (uri !== undefined) await refuseOldServer(connection);
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
  const transaction: Transaction = async (work) => {
    const session = await connection.startSession();
    try {
      return await session.withTransaction(() => work(session), {
        readConcern: { level: 'snapshot' },
        writeConcern: { w: 'majority' },
      });
    } finally {
      await session.endSession();
    }
  };
  return {
    connection,
    uri: address,
    kind: embedded?.kind ?? 'external',
    transaction,
    deploy: (migrations) => deploy(connection, migrations, log),
    get serverPid() {
      return embedded?.pid;
    },
    close: async () => {
      await connection.close();
      await embedded?.stop();
    },
  };
}

async function connect(uri: string): Promise<mongoose.Connection> {
  const connection = mongoose.createConnection(uri, {
    autoIndex: false,
    autoCreate: false,
    sanitizeFilter: true,
    writeConcern: { w: 'majority' },
    readConcern: { level: 'majority' },
    serverSelectionTimeoutMS: 15_000,
  });
  connection.plugin((schema) => {
    if (schema.get('strict') === true) schema.set('strict', 'throw');
  });
  return connection.asPromise();
}

async function deploy(
  connection: mongoose.Connection,
  migrations: readonly PluginMigration[],
  log: Logger,
): Promise<void> {
  await createIndexes(connection);
  const ran = await runMigrations(connection, migrations);
  if (ran.length > 0) log.info({ migrations: ran }, 'migrations finished');
}
