import { type CommandError, failedToParse, failure, notImplemented, typeMismatch } from '../errors.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { typeName } from '../values/compare.ts';
import { numberKind } from '../values/numeric.ts';

/** Fields that any command may have: session, transaction, concerns, versions, and what only monitoring reads. */
const common = `$db $clusterTime $readPreference $configServerState $audit $client $tenant lsid txnNumber startTransaction
  autocommit readConcern:document writeConcern:document comment maxTimeMS maxTimeMSOpOnly
  stmtId help mayBypassWriteBlocking`;

const write = 'ordered:flag bypassDocumentValidation:flag let:document';
const updateFields = 'multi:bool upsert:bool collation:document arrayFilters:documents hint:hint sort:document';
/**
 * The fields of each command, and of each kind of statement, that are honoured, with what each holds; `!` marks one that has to be
 * there. After a bar those that MongoDB knows and the engine refuses; what is in neither list is an unknown field. Commands
 * that are not listed take what they like: they only report.
 */
const lists: Record<string, string> = {
  find: `filter:document sort:document projection:document hint skip limit batchSize singleBatch:flag noCursorTimeout:flag
    collation:document let:document allowDiskUse allowPartialResults | max min returnKey showRecordId tailable awaitData
    oplogReplay`,
  getMore: 'collection batchSize | term lastKnownCommittedOpTime',
  killCursors: 'cursors',
  count: 'query:document limit:number skip hint collation:document fields',
  distinct: 'key:string! query:document collation:document hint',
  aggregate: `pipeline cursor allowDiskUse bypassDocumentValidation collation:document hint let:document
    | exchange explain resumeToken`,
  'aggregate.cursor': 'batchSize',
  insert: `documents ${write} | collectionUUID`,
  update: `updates ${write} | collectionUUID`,
  delete: `deletes ${write} | collectionUUID`,
  bulkWrite: `ops nsInfo ${write} errorsOnly:flag cursor:document`,
  findAndModify: `query:document sort:document remove:flag update:update new:flag fields:document upsert:flag
  bypassDocumentValidation:flag collation:document arrayFilters:documents hint:hint let:document`,
  createIndexes: 'indexes commitQuorum',
  listIndexes: 'cursor | includeBuildUUIDs includeIndexBuildInfo',
  dropIndexes: 'index',
  create: `autoIndexId | capped size max viewOn pipeline collation changeStreamPreAndPostImages validator validationLevel
    validationAction clusteredIndex expireAfterSeconds timeseries encryptedFields storageEngine indexOptionDefaults idIndex temp`,
  drop: '| collectionUUID',
  dropDatabase: '',
  listCollections: 'filter:document nameOnly authorizedCollections cursor',
  listDatabases: 'filter:document nameOnly authorizedDatabases',
  explain: 'verbosity',
  'update.updates': `q:document! u:update! ${updateFields} | c upsertSupplied collectionUUID encryptionInformation`,
  'delete.deletes': 'q:document! limit! collation:document hint:hint',
  'bulkWrite.ops insert': 'insert:number document:document!',
  'bulkWrite.ops update': `update:number filter:document! updateMods:update! ${updateFields} | constants`,
  'bulkWrite.ops delete': 'delete:number filter:document! multi:bool collation:document hint:hint',
  'bulkWrite.nsInfo': 'ns:string! | collectionUUID encryptionInformation',
};

/** What a field may hold, and how MongoDB calls that. A flag may be a number, as drivers of old send it. */
const kinds: Record<string, { name: string; fits: (value: unknown) => boolean }> = {
  document: { name: 'object', fits: isDocument },
  bool: { name: 'bool', fits: (value) => typeof value === 'boolean' },
  flag: { name: 'bool', fits: (value) => typeof value === 'boolean' || numberKind(value) !== undefined },
  string: { name: 'string', fits: (value) => typeof value === 'string' },
  number: { name: 'int', fits: (value) => numberKind(value) !== undefined },
  documents: { name: 'array', fits: (value) => Array.isArray(value) && value.every((each) => isDocument(each)) },
};

interface Fields {
  /** How MongoDB calls the place of the fields. */
  place: string;
  honoured: ReadonlyMap<string, string>;
  required: readonly string[];
  refused: ReadonlySet<string>;
}

const words = (text: string): string[] => text.split(/\s+/).filter((each) => each !== '');

const tables = new Map(
  Object.entries(lists).map(([name, list]): [string, Fields] => {
    const [honoured = '', refused = ''] = list.split('|');
    const [place = name] = name.split(' ');
    const fields = words(place.includes('.') ? honoured : `${name} ${honoured} ${common}`).map((each) => {
      const [field = '', kind = ''] = each.replace('!', '').split(':');
      return { field, kind, isRequired: each.endsWith('!') };
    });
    const required = fields.filter(({ isRequired }) => isRequired).map(({ field }) => field);
    const known = new Map(fields.map(({ field, kind }) => [field, kind]));
    return [name, { place, honoured: known, required, refused: new Set(words(refused)) }];
  }),
);

/** Whether there is a command of this name among those whose fields are checked. */
export const isKnownCommand = (name: string): boolean => tables.has(name) && !name.includes('.');

/**
 * Checks the fields of a command, or of a statement: one that would have no effect is refused.
 * @throws CommandError 238 for what MongoDB has and the engine has not, 40415 for what nobody knows, 40414 for what is
 * missing, 14 or 9 for what is of a wrong type
 */
export function checkFields(name: string, holder: Doc): void {
  const table = tables.get(name);
  if (table === undefined) return;
  const { place, honoured, required, refused } = table;
  const isCommand = place === name && !name.includes('.');
  for (const field in holder) {
    const value = holder[field];
    const kind = honoured.get(field);
    if (kind !== undefined) {
      if (kind !== '' && !(isCommand && (value === null || value === undefined)))
        checkKind(`${place}.${field}`, kind, value);
    } else if (refused.has(field)) {
      if (isCommand && (value === false || value === null || value === undefined)) continue;
      throw notImplemented(`${place} with ${field} is not supported`);
    } else throw failure(40415, `BSON field '${place}.${field}' is an unknown field.`);
  }
  for (const field of required)
    if (holder[field] === undefined || (isCommand && holder[field] === null)) throw missingField(`${place}.${field}`);
}

function checkKind(place: string, kind: string, value: unknown): void {
  if (kind === 'hint') {
    if (typeof value !== 'string' && !isDocument(value)) throw failedToParse('Hint must be a string or an object');
  } else if (kind === 'update') {
    if (typeof value !== 'object' || value === null || (!Array.isArray(value) && isScalar(value)))
      throw failedToParse('Update argument must be either an object or an array');
  } else if (kinds[kind]?.fits(value) !== true) throw wrongType(place, value, String(kinds[kind]?.name));
}

/** Whether a value with a class of its own is one of BSON's; an update may still be encoded. */
const isScalar = (value: object): boolean =>
  value instanceof Date || value instanceof RegExp || value instanceof Uint8Array || '_bsontype' in value;

export const missingField = (place: string): CommandError =>
  failure(40414, `BSON field '${place}' is missing but a required field`);

export const wrongType = (place: string, value: unknown, expected: string): CommandError =>
  typeMismatch(`BSON field '${place}' is the wrong type '${typeName(value)}', expected type '${expected}'`);
