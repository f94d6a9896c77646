import { CommandError, failedToParse, notImplemented, typeMismatch } from '../errors.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { typeName } from '../values/compare.ts';
import { numberKind, toDouble } from '../values/numeric.ts';

/** The length that the texts of one command's errors may have together, in UTF-16 units; then errors come without theirs. */
const MAX_ERROR_TEXT = 1024 * 1024;

/** The most statements of one command. */
const MAX_STATEMENTS = 100_000;

/** What a field may hold. `flag`: a boolean, or a number as MongoDB's drivers of old send it. */
type Kind = 'document' | 'bool' | 'flag' | 'string' | 'number' | 'documents' | 'hint' | 'update' | 'any';

interface Shape {
  /** How MongoDB calls the place of the fields. */
  place: string;
  fields: Readonly<Record<string, Kind>>;
  required: readonly string[];
}

/** Beside filter and change, the fields of an update: of one in `update` and in `bulkWrite`. */
const updateFields = {
  multi: 'bool',
  upsert: 'bool',
  collation: 'document',
  arrayFilters: 'documents',
  hint: 'hint',
  sort: 'document',
} as const;

const shapes = {
  insert: {
    place: 'insert',
    fields: { ordered: 'flag', bypassDocumentValidation: 'flag', writeConcern: 'document' },
    required: [],
  },
  update: {
    place: 'update',
    fields: { ordered: 'flag', bypassDocumentValidation: 'flag', let: 'document', writeConcern: 'document' },
    required: [],
  },
  delete: { place: 'delete', fields: { ordered: 'flag', let: 'document', writeConcern: 'document' }, required: [] },
  bulkWrite: {
    place: 'bulkWrite',
    fields: {
      ordered: 'flag',
      bypassDocumentValidation: 'flag',
      errorsOnly: 'flag',
      let: 'document',
      cursor: 'document',
      writeConcern: 'document',
    },
    required: [],
  },
  findAndModify: {
    place: 'findAndModify',
    fields: {
      query: 'document',
      sort: 'document',
      fields: 'document',
      let: 'document',
      collation: 'document',
      writeConcern: 'document',
      remove: 'flag',
      new: 'flag',
      upsert: 'flag',
      bypassDocumentValidation: 'flag',
      arrayFilters: 'documents',
      hint: 'hint',
      update: 'update',
    },
    required: [],
  },
  updates: {
    place: 'update.updates',
    fields: {
      q: 'document',
      u: 'update',
      c: 'document',
      ...updateFields,
    },
    required: ['q', 'u'],
  },
  deletes: {
    place: 'delete.deletes',
    fields: { q: 'document', limit: 'any', collation: 'document', hint: 'hint' },
    required: ['q', 'limit'],
  },
  inserts: { place: 'bulkWrite.ops', fields: { insert: 'number', document: 'document' }, required: ['document'] },
  updateOps: {
    place: 'bulkWrite.ops',
    fields: {
      update: 'number',
      filter: 'document',
      updateMods: 'update',
      constants: 'document',
      ...updateFields,
    },
    required: ['filter', 'updateMods'],
  },
  deleteOps: {
    place: 'bulkWrite.ops',
    fields: { delete: 'number', filter: 'document', multi: 'bool', collation: 'document', hint: 'hint' },
    required: ['filter'],
  },
  nsInfo: { place: 'bulkWrite.nsInfo', fields: { ns: 'string' }, required: ['ns'] },
} satisfies Record<string, Shape>;

/** Fields of statements that MongoDB has for itself, and this engine has not. */
const internal = new Set(['upsertSupplied', 'collectionUUID', 'encryptionInformation']);

/** Checks the types of a write command's own fields. @throws CommandError 14 or 40414 */
export function checkOptions(name: 'insert' | 'update' | 'delete' | 'bulkWrite' | 'findAndModify', body: Doc): void {
  const { place, fields, required }: Shape = shapes[name];
  for (const [field, kind] of Object.entries(fields)) {
    const value = body[field];
    if (value !== undefined && value !== null) checkKind(place, field, kind, value);
  }
  checkRequired(place, required, body);
}

/** Whether a flag is set: `value` has been checked. */
export const isSet = (value: unknown): boolean =>
  value === true || (typeof value !== 'boolean' && toDouble(value) !== 0 && numberKind(value) !== undefined);

/**
 * Checks that there are as many statements as MongoDB takes, each of them a document.
 * @throws CommandError 16 or 14
 */
export function checkStatements(place: string, statements: readonly unknown[]): void {
  checkCount(statements.length);
  for (const [at, each] of statements.entries())
    if (!isDocument(each)) throw wrongType(`${place}.${at}`, each, 'object');
}

export function checkCount(statements: number): void {
  if (statements >= 1 && statements <= MAX_STATEMENTS) return;
  const message = `Write batch sizes must be between 1 and ${MAX_STATEMENTS}. Got ${statements} operations.`;
  throw new CommandError(16, 'InvalidLength', message);
}

/**
 * Checks the fields of one statement.
 * @throws CommandError 40415 for an unknown field, 40414 for one that is missing, 14 or 9 for one of a wrong type
 */
export function checkStatement(
  kind: 'updates' | 'deletes' | 'inserts' | 'updateOps' | 'deleteOps' | 'nsInfo',
  statement: Doc,
): void {
  const { place, fields, required }: Shape = shapes[kind];
  for (const field in statement) {
    const expected = Object.hasOwn(fields, field) ? fields[field] : undefined;
    if (expected === undefined) {
      if (internal.has(field)) throw notImplemented(`${place} with ${field} is not supported`);
      throw new CommandError(40415, 'Location40415', `BSON field '${place}.${field}' is an unknown field.`);
    }
    checkKind(place, field, expected, statement[field]);
  }
  checkRequired(place, required, statement);
}

/** Whether a delete removes one document or all. @throws CommandError 9 */
export function isLimited({ limit }: Doc): boolean {
  const number = toDouble(limit);
  if (number === 0 || number === 1) return number === 1;
  throw failedToParse(`The limit field in delete objects must be 0 or 1. Got ${String(limit)}`);
}

function checkRequired(place: string, required: readonly string[], holder: Doc): void {
  for (const field of required) {
    if (holder[field] !== undefined) continue;
    const message = `BSON field '${place}.${field}' is missing but a required field`;
    throw new CommandError(40414, 'Location40414', message);
  }
}

function checkKind(place: string, field: string, kind: Kind, value: unknown): void {
  switch (kind) {
    case 'document':
      if (!isDocument(value)) throw wrongType(`${place}.${field}`, value, 'object');
      break;
    case 'bool':
      if (typeof value !== 'boolean') throw wrongType(`${place}.${field}`, value, 'bool');
      break;
    case 'flag':
      if (typeof value !== 'boolean' && numberKind(value) === undefined)
        throw wrongType(`${place}.${field}`, value, 'bool');
      break;
    case 'string':
      if (typeof value !== 'string') throw wrongType(`${place}.${field}`, value, 'string');
      break;
    case 'number':
      if (numberKind(value) === undefined) throw wrongType(`${place}.${field}`, value, 'int');
      break;
    case 'documents':
      if (!Array.isArray(value)) throw wrongType(`${place}.${field}`, value, 'array');
      for (const [at, each] of value.entries())
        if (!isDocument(each)) throw wrongType(`${place}.${field}.${at}`, each, 'object');
      break;
    case 'hint':
      if (typeof value !== 'string' && !isDocument(value)) throw failedToParse('Hint must be a string or an object');
      break;
    case 'update':
      if (typeof value !== 'object' || value === null || (!Array.isArray(value) && isScalar(value)))
        throw failedToParse('Update argument must be either an object or an array');
      break;
    default:
  }
}

/** Whether a value with a class of its own is one of BSON's; an update may still be encoded. */
const isScalar = (value: object): boolean =>
  value instanceof Date || value instanceof RegExp || value instanceof Uint8Array || '_bsontype' in value;

const wrongType = (place: string, value: unknown, expected: string): CommandError =>
  typeMismatch(`BSON field '${place}' is the wrong type '${typeName(value)}', expected type '${expected}'`);

/** Takes the texts from the last of many errors, as MongoDB does: an answer must not become too large after everything was done. */
export function shortened<T extends { errmsg?: unknown }>(errors: readonly T[]): T[] {
  let length = 0;
  return errors.map((error) => {
    if (error.errmsg === undefined) return error;
    length += JSON.stringify(error).length;
    if (length <= MAX_ERROR_TEXT) return error;
    const { keyPattern: _pattern, keyValue: _value, ...rest } = error as T & Doc;
    return { ...rest, errmsg: '' } as unknown as T;
  });
}
