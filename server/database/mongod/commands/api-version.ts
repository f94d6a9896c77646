import { CommandError, failedToParse } from '../errors.ts';
import type { Doc } from '../values/codec.ts';

/** The commands of the stable API's version 1. */
const version1 = new Set(
  `abortTransaction aggregate bulkWrite collMod commitTransaction count create createIndexes delete drop dropDatabase
dropIndexes endSessions explain find findAndModify getMore hello insert killCursors listCollections listDatabases
listIndexes ping refreshSessions saslContinue saslStart update`.split(/\s+/),
);

/** Refuses a version of the API other than 1, and with `apiStrict` what is not part of it. */
export function checkApi(name: string, { apiVersion, apiStrict }: Doc): void {
  if (apiVersion !== undefined && apiVersion !== '1') {
    throw new CommandError(322, 'APIVersionError', "API version must be '1'");
  }
  if (apiStrict === true && !version1.has(name)) {
    const message = `Provided apiStrict:true, but the command ${name} is not in API Version 1`;
    throw new CommandError(323, 'APIStrictError', message);
  }
}

const levels = ['local', 'available', 'majority', 'linearizable', 'snapshot'];

/** Refuses a read concern that nobody knows; all levels there are read the latest state that is on disk. */
export function checkReadConcern({ readConcern }: Doc): void {
  const level = (readConcern as Doc | undefined)?.level;
  if (level === undefined || levels.includes(String(level))) return;
  throw failedToParse(`Enumeration value '${String(level)}' for field 'readConcern.level' is not a valid value.`);
}
