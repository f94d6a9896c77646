import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Db } from 'mongodb';
import mongoose, { type Connection, mongo } from 'mongoose';
import { checkFolder, compactFolder } from 'xuefang-mongod/maintenance';
import { type Config, projectFolder, readConfig } from '../config.ts';
import { createLog } from '../log.ts';
import { backUp, UnpackedBackup } from './backup.ts';
import { dump, restore } from './dump.ts';
import { openDatabase } from './index.ts';
import { replaceIndexes } from './indexes.ts';
import { openRunningDatabase, refuseUnknownFolder } from './running.ts';
import { refuseWrongSecretOfDump } from './secret-proof.ts';
import { shardCommands, shardKeysOf } from './shard-keys.ts';

const usage = `npm run db -- dump FILE.tar    writes database, uploaded files and secret into one archive; also while the platform runs
npm run db -- dump FOLDER      writes the database alone, in mongodump's layout
npm run db -- restore FILE.tar, FOLDER   reads such data into an empty database, and checks that the secret fits
npm run db -- indexes          builds the indexes anew whose declaration has changed; while the platform is stopped
npm run db -- shard            prints what lets a sharded cluster split the collections, for mongosh
npm run db -- check            compares the built-in engine's indexes with its documents
npm run db -- compact          frees the unused space of the built-in engine's file`;

async function main([command, folder]: string[]): Promise<string> {
  if (['dump', 'check', 'compact'].includes(command ?? '')) refuseUnknownFolder(process.env);
  if (command === 'dump' || command === 'restore') {
    if (folder === undefined) throw new Error(usage);
    return command === 'dump' ? dumpTo(folder) : restoreFrom(folder);
  }
  const config = readConfig(process.env);
  const engineFolder = join(config.dataDir, 'db');
  switch (command) {
    case 'indexes':
      return withDatabase(config, async (connection) => {
        await addModels(connection, config);
        const dropped = await replaceIndexes(connection);
        return `indexes: ${dropped.length} were dropped: ${dropped.join(', ') || 'none'}; all are as declared`;
      });
    case 'shard': {
      const connection = mongoose.createConnection();
      await addModels(connection, config);
      return shardCommands(databaseOf(config), shardKeysOf(connection)).join('\n');
    }
    case 'check': {
      const { collections, documents, indexEntries, problems } = await checkFolder(engineFolder);
      if (problems.length > 0) throw new Error(problems.join('\n'));
      return `check: ${documents} documents and ${indexEntries} index entries in ${collections} collections agree`;
    }
    case 'compact': {
      const { before, after } = await compactFolder(engineFolder);
      return `compact: ${before} bytes became ${after}`;
    }
    default:
      throw new Error(usage);
  }
}

/** Dumps to an archive where its name ends in `.tar`, else the database alone to a folder. */
async function dumpTo(target: string): Promise<string> {
  const isArchive = target.endsWith('.tar');
  if (isArchive) refuseMissingSecret();
  const config = readConfig(process.env);
  return withDatabase(
    config,
    async ({ db }) =>
      report('dump', isArchive ? await backUp(db as never, target, config) : await dump(db as never, target)),
    openRunningDatabase,
  );
}

/** Restores an archive, or a folder in mongodump's layout. */
async function restoreFrom(source: string): Promise<string> {
  const { isFile } = await kindOf(source);
  const { DATA_DIR = '', SECRET } = process.env;
  const backup = isFile ? await UnpackedBackup.of(source, resolve(DATA_DIR || 'data'), SECRET) : undefined;
  try {
    const config = readConfig(process.env);
    return await withDatabase(config, async ({ db }) => {
      const database = db as never as Db;
      if (backup) return report('restore', await backup.restore(database, config));
      await refuseWrongSecretOfDump(join(source, database.databaseName), config);
      return report('restore', await restore(database, source));
    });
  } finally {
    await backup?.remove();
  }
}

async function kindOf(source: string): Promise<{ isFile: boolean }> {
  const found = await stat(source).catch(() => undefined);
  if (found === undefined) throw new Error(`${source} is not there: give an archive or a folder that \`dump\` wrote`);
  return { isFile: found.isFile() };
}

/** A secret that is made for the occasion would be no backup of anything. */
function refuseMissingSecret(): void {
  const { DATA_DIR = '', SECRET } = process.env;
  const file = join(resolve(DATA_DIR || 'data'), 'secret');
  if (!SECRET && !existsSync(file)) throw new Error(`there is neither SECRET nor ${file}: give the platform's secret`);
}

const report = (command: string, done: { documents: number; collections: number; files?: number }): string =>
  `${command}: ${done.documents} documents in ${done.collections} collections${done.files === undefined ? '' : `, ${done.files} files and the secret`}`;

async function withDatabase(
  config: Config,
  work: (connection: Connection) => Promise<string>,
  openIt: typeof openDatabase = openDatabase,
): Promise<string> {
  const { mongodbUri: uri, dataDir, mongodBinary } = config;
  const database = await openIt({ uri, dataDir, mongodBinary, log: createLog('warn') });
  try {
    return await work(database.connection);
  } finally {
    await database.close();
  }
}

/** Compiles the models of the core and of the plugins; loaded only where they are needed. */
async function addModels(connection: Connection, { plugins }: Config): Promise<void> {
  const { coreModels, pluginModels } = await import('../models.ts');
  const { discoverPlugins } = await import('../plugins/discover.ts');
  coreModels(connection);
  for (const { definition } of await discoverPlugins(join(projectFolder, 'plugins'), plugins))
    pluginModels(definition, connection);
}

/** The database that MONGODB_URI names; the embedded server's where there is none. */
function databaseOf({ mongodbUri }: Config): string {
  return mongodbUri === undefined ? 'xuefang' : new mongo.MongoClient(mongodbUri).options.dbName;
}

try {
  process.stdout.write(`${await main(process.argv.slice(2))}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
