import { readConfig } from './config.ts';
import { Moment } from './database/moment.ts';
import { openRunningDatabase, refuseUnknownFolder } from './database/running.ts';
import { createLog } from './log.ts';
import { coreModels } from './models.ts';
import { RollUps } from './progress/roll-ups.service.ts';

/**
 * `npm run verify`: recomputes every roll-up from the enrolments. It reads one state of the database and changes nothing,
 * also while platforms write. Exit code 0: all agree; 1: one differs; 2: the database could not be read.
 */
async function verify(): Promise<boolean> {
  refuseUnknownFolder(process.env);
  const { mongodbUri: uri, dataDir, mongodBinary } = readConfig(process.env);
  const { connection, close } = await openRunningDatabase({ uri, dataDir, mongodBinary, log: createLog('error') });
  try {
    const rollUps = new RollUps(coreModels(connection) as never);
    const programmes = await connection.collection<{ _id: string }>('programmes').find().project({ _id: 1 }).toArray();
    let agrees = true;
    for (const { _id } of programmes) {
      const moment = await Moment.now(connection.db as never, 'programmes');
      for (const { scope, stored, expected } of await rollUps.verify(String(_id), moment)) {
        agrees = false;
        process.stdout.write(
          `${_id} ${scope}\n  stored   ${JSON.stringify(stored)}\n  expected ${JSON.stringify(expected)}\n`,
        );
      }
    }
    process.stdout.write(`${programmes.length} programmes verified\n`);
    return agrees;
  } finally {
    await close();
  }
}

try {
  process.exitCode = (await verify()) ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
