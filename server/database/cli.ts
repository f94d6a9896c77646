import { join } from 'node:path';
import { checkFolder, compactFolder } from 'xuefang-mongod/maintenance';
import { readConfig } from '../config.ts';
import { createLog } from '../log.ts';
import { dump, restore } from './dump.ts';
import { openDatabase } from './index.ts';

const usage = `npm run db -- dump FOLDER      writes all data in mongodump's layout
npm run db -- restore FOLDER   reads such data into an empty database
npm run db -- check            compares the built-in engine's indexes with its documents
npm run db -- compact          frees the unused space of the built-in engine's file`;

async function main([command, folder]: string[]): Promise<string> {
  const config = readConfig(process.env);
  const engineFolder = join(config.dataDir, 'db');
  switch (command) {
    case 'dump':
    case 'restore': {
      if (folder === undefined) throw new Error(usage);
      const database = await openDatabase({
        uri: config.mongodbUri,
        dataDir: config.dataDir,
        mongodBinary: config.mongodBinary,
        log: createLog('warn'),
      });
      try {
        const client = database.connection.getClient() as never;
        const { collections, documents } =
          command === 'dump' ? await dump(client, folder) : await restore(client, folder);
        return `${command}: ${documents} documents in ${collections} collections`;
      } finally {
        await database.close();
      }
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

try {
  process.stdout.write(`${await main(process.argv.slice(2))}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
