import { join } from 'node:path';
import { projectFolder, readConfig } from './config.ts';
import { createLog } from './log.ts';
import { startPlatform } from './platform.ts';
import { discoverPlugins } from './plugins/discover.ts';

/** `npm run verify`: recomputes every roll-up from the enrolments; exit code 1 where one differs. */
const config = readConfig({ ...process.env, PORT: '0', LOG_LEVEL: 'error' });
const plugins = await discoverPlugins(join(projectFolder, 'plugins'), config.plugins);
const platform = await startPlatform({ config, log: createLog(config.logLevel), plugins });
try {
  const { connection, progress } = platform.rooms;
  const programmes = await connection.collection<{ _id: string }>('programmes').find().project({ _id: 1 }).toArray();
  for (const { _id } of programmes) {
    const differences = await progress.rollUps.verify(String(_id));
    for (const { scope, stored, expected } of differences) {
      process.stdout.write(
        `${_id} ${scope}\n  stored   ${JSON.stringify(stored)}\n  expected ${JSON.stringify(expected)}\n`,
      );
    }
    if (differences.length > 0) process.exitCode = 1;
  }
  process.stdout.write(`${programmes.length} programmes verified\n`);
} finally {
  await platform.stop();
}
// agenda keeps a timer of half its lock's lifetime (5 minutes) after every job that ran.
process.exit();
