import { join } from 'node:path';
import mongoose, { type Connection, mongo } from 'mongoose';
import { checkFolder, compactFolder } from 'xuefang-mongod/maintenance';
import { type Config, projectFolder, readConfig } from '../config.ts';
import { createLog } from '../log.ts';
import { dump, restore } from './dump.ts';
import { openDatabase } from './index.ts';
import { replaceIndexes } from './indexes.ts';
import { shardCommands, shardKeysOf } from './shard-keys.ts';

const usage = `npm run db -- dump FOLDER      writes the platform's database as it is now, in mongodump's layout
npm run db -- restore FOLDER   reads such data into an empty database
npm run db -- indexes          builds the indexes anew whose declaration has changed; while the platform is stopped
npm run db -- shard            prints what lets a sharded cluster split the collections, for mongosh
npm run db -- check            compares the built-in engine's indexes with its documents
npm run db -- compact          frees the unused space of the built-in engine's file`;

async function main([command, folder]: string[]): Promise<string> {
  const config = readConfig(process.env);
  const engineFolder = join(config.dataDir, 'db');
  switch (command) {
    case 'dump':
    case 'restore': {
      if (folder === undefined) throw new Error(usage);
      return withDatabase(config, async ({ db }) => {
        const run = command === 'dump' ? dump : restore;
        const { collections, documents } = await run(db as never, folder);
        return `${command}: ${documents} documents in ${collections} collections`;
      });
    }
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

async function withDatabase(config: Config, work: (connection: Connection) => Promise<string>): Promise<string> {
  const { mongodbUri: uri, dataDir, mongodBinary } = config;
  const database = await openDatabase({ uri, dataDir, mongodBinary, log: createLog('warn') });
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
