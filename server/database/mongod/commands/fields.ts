import { CommandError, notImplemented } from '../errors.ts';
import type { Doc } from '../values/codec.ts';

/** Fields that any command may have: session, transaction, concerns, versions, and what only monitoring reads. */
const common = new Set(
  `$db $clusterTime $readPreference $configServerState $audit $client $tenant lsid txnNumber startTransaction autocommit
readConcern writeConcern comment maxTimeMS maxTimeMSOpOnly apiVersion apiStrict apiDeprecationErrors stmtId help
mayBypassWriteBlocking`.split(/\s+/),
);

/**
 * The fields of each command that are honoured, and after a bar those that MongoDB knows and the engine refuses. What
 * is in neither list is an unknown field. Commands that are not listed take what they like: they only report.
 */
const lists: Record<string, string> = {
  find: `filter sort projection hint skip limit batchSize singleBatch noCursorTimeout collation let allowDiskUse
    allowPartialResults | max min returnKey showRecordId tailable awaitData oplogReplay`,
  getMore: 'collection batchSize | term lastKnownCommittedOpTime',
  killCursors: 'cursors',
  count: 'query limit skip hint collation fields',
  distinct: 'key query collation hint',
  aggregate: `pipeline explain cursor allowDiskUse bypassDocumentValidation collation hint let | exchange
    resumeToken`,
  insert: 'documents ordered bypassDocumentValidation | collectionUUID',
  update: 'updates ordered bypassDocumentValidation let | collectionUUID',
  delete: 'deletes ordered let | collectionUUID',
  bulkWrite: 'ops nsInfo ordered bypassDocumentValidation let errorsOnly cursor',
  findAndModify: `query sort remove update new fields upsert bypassDocumentValidation collation arrayFilters hint let`,
  createIndexes: 'indexes commitQuorum',
  listIndexes: 'cursor | includeBuildUUIDs includeIndexBuildInfo',
  dropIndexes: 'index',
  create: `autoIndexId | capped size max viewOn pipeline collation changeStreamPreAndPostImages validator validationLevel
    validationAction clusteredIndex expireAfterSeconds timeseries encryptedFields storageEngine indexOptionDefaults idIndex temp`,
  drop: '| collectionUUID',
  dropDatabase: '',
  renameCollection: 'to dropTarget | collectionUUID',
  listCollections: 'filter nameOnly authorizedCollections cursor',
  listDatabases: 'filter nameOnly authorizedDatabases',
  explain: 'verbosity',
};

interface Fields {
  honoured: ReadonlySet<string>;
  refused: ReadonlySet<string>;
}

const words = (text: string): Set<string> => new Set(text.trim().split(/\s+/));

const fields = new Map<string, Fields>(
  Object.entries(lists).map(([name, list]) => {
    const [honoured = '', refused = ''] = list.split('|');
    return [name, { honoured: words(honoured), refused: words(refused) }];
  }),
);
const aliases: Record<string, string> = { findandmodify: 'findAndModify', deleteIndexes: 'dropIndexes' };

/** Whether there is a command of this name among those whose fields are checked. */
export const isKnownCommand = (name: string): boolean => fields.has(aliases[name] ?? name);

/**
 * Refuses a command with a field that would have no effect.
 * @throws CommandError 238 for what MongoDB has and the engine has not, 40415 for what nobody knows
 */
export function checkFields(name: string, body: Doc): void {
  const known = fields.get(aliases[name] ?? name);
  if (known === undefined) return;
  for (const field in body) {
    if (known.honoured.has(field) || common.has(field) || field === name) continue;
    const value = body[field];
    if (known.refused.has(field)) {
      if (value === false || value === null || value === undefined) continue;
      throw notImplemented(`${name} with ${field} is not supported`);
    }
    throw new CommandError(40415, 'Location40415', `BSON field '${name}.${field}' is an unknown field.`);
  }
}
