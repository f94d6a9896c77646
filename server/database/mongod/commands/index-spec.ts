import { badValue, CommandError, failedToParse, notImplemented, typeMismatch } from '../errors.ts';
import { compileFilter, isOperatorDocument } from '../query/matcher.ts';
import { isRegex } from '../query/operators.ts';
import type { IndexSpec } from '../storage/catalog.ts';
import { type Doc, encode, isDocument } from '../values/codec.ts';
import { typeName } from '../values/compare.ts';
import { numberKind, toDouble } from '../values/numeric.ts';
import { fieldNames } from '../values/order.ts';
import { plain } from '../values/plain.ts';

/** The most fields of an index, and the most indexes of a collection with that on _id: MongoDB's limits. */
const MAX_FIELDS = 32;
export const MAX_INDEXES = 64;

/** The largest specification, in bytes: those of a collection are kept in one document, which must not become too large. */
const MAX_SPEC_BYTES = 64 * 1024;

const MAX_INT32 = 0x7fffffff;

const cannotCreate = (message: string) => new CommandError(67, 'CannotCreateIndex', message);

const wrongType = (field: string, wanted: string, value: unknown) =>
  typeMismatch(`The field '${field}' must be ${wanted}, but got ${typeName(value)}`);

const options = new Set(
  `key name v ns background unique sparse hidden expireAfterSeconds partialFilterExpression`.split(/\s+/),
);

/** Options that MongoDB knows and this engine does not. */
const refusedOptions = new Set(
  `collation prepareUnique weights default_language language_override textIndexVersion 2dsphereIndexVersion bits min max
bucketSize storageEngine wildcardProjection clustered`.split(/\s+/),
);

/** What the index on _id may have. */
const idOptions = new Set(['key', 'name', 'v', 'ns']);

/**
 * Checks the specifications of indexes that are to be created.
 * @throws CommandError as MongoDB answers: 67 for what no index can have, 13103 for more than 32 fields, 14 for a wrong type,
 * 197 for an unknown option; 238 for kinds and options that this engine does not have
 */
export function checkedSpecs(given: unknown): IndexSpec[] {
  if (given === undefined) throw missingField('createIndexes.indexes');
  if (!Array.isArray(given)) throw wrongType('createIndexes.indexes', 'an array', given);
  if (given.length === 0) throw badValue('Must specify at least one index to create');
  return given.map(checkedSpec);
}

const missingField = (name: string) =>
  new CommandError(40414, 'Location40414', `BSON field '${name}' is missing but a required field`);

function checkedSpec(given: unknown): IndexSpec {
  if (!isDocument(given)) throw wrongType('createIndexes.indexes', 'an array of objects', given);
  const { key, name } = given;
  checkOptions(given);
  if (key === undefined) throw failedToParse("The 'key' field is a required property of an index specification");
  if (!isDocument(key)) throw wrongType('key', 'an object', key);
  checkKey(key);
  if (name === undefined) throw failedToParse("The 'name' field is a required property of an index specification");
  if (typeof name !== 'string') throw wrongType('name', 'a string', name);
  checkName(name, key);
  checkLifetime(given, key);
  checkPartial(given);
  if (encode(given).length > MAX_SPEC_BYTES) throw cannotCreate('an index specification is too large');
  const spec = { ...(plain(given) as Doc), v: 2, key: plain(key), name } as IndexSpec;
  for (const flag of FLAGS) {
    if (spec[flag] !== undefined) {
      if (spec[flag] as unknown) spec[flag] = true;
      else delete spec[flag];
    }
  }
  delete spec.background;
  delete spec.ns;
  return spec;
}

const FLAGS = ['unique', 'sparse', 'hidden'] as const;

function checkOptions(given: Doc): void {
  const { key, v } = given;
  const isOnId = isDocument(key) && fieldNames(key).join() === '_id';
  for (const option of Object.keys(given)) {
    if (isOnId && options.has(option) && !idOptions.has(option))
      throw invalidOption(`The field '${option}' is not valid for an _id index specification.`, given);
    if (options.has(option)) continue;
    if (refusedOptions.has(option)) throw notImplemented(`indexes with ${option} are not supported`);
    throw invalidOption(`The field '${option}' is not valid for an index specification.`, given);
  }
  for (const flag of [...FLAGS, 'background']) {
    const value = given[flag];
    if (value !== undefined && typeof value !== 'boolean' && numberKind(value) === undefined)
      throw typeMismatch(
        `The field '${flag}' has value ${flag}: ${JSON.stringify(value)}, which is not convertible to bool`,
      );
  }
  if (v === undefined) return;
  if (numberKind(v) === undefined) throw wrongType('v', 'a number', v);
  if (toDouble(v) !== 1 && toDouble(v) !== 2)
    throw cannotCreate(`Invalid index specification; cannot create an index with v=${String(v)}`);
}

const invalidOption = (message: string, given: Doc) =>
  new CommandError(197, 'InvalidIndexSpecificationOption', `${message} Specification: ${JSON.stringify(given)}`);

const refusedKinds = new Set(['2d', '2dsphere', 'wildcard', 'text', 'hashed', 'columnstore']);

function checkKey(key: Doc): void {
  const fields = fieldNames(key);
  if (fields.length === 0) throw cannotCreate('Index keys cannot be an empty object');
  for (const field of fields) {
    checkValue(key[field]);
    const parts = field.split('.');
    if (parts.at(-1) === '$**') throw notImplemented('wildcard indexes are not supported');
    if (parts.includes('')) throw cannotCreate('Index keys cannot contain an empty field.');
    if (parts.some((part) => part.startsWith('$') && !['$db', '$id', '$ref'].includes(part)))
      throw cannotCreate("Index key contains an illegal field name: field name starts with '$'.");
  }
  if (fields.length > MAX_FIELDS) throw new CommandError(13103, 'Location13103', 'too many compound keys');
}

function checkValue(kind: unknown): void {
  if (typeof kind === 'string') {
    if (kind === '') throw cannotCreate('Values in the index key pattern cannot be empty strings');
    if (refusedKinds.has(kind)) throw notImplemented(`${kind} indexes are not supported`);
    throw cannotCreate(`Unknown index plugin '${kind}'`);
  }
  if (numberKind(kind) === undefined)
    throw cannotCreate(
      `Values in v:2 index key pattern cannot be of type ${typeName(kind)}. Only numbers > 0, numbers < 0, and strings are allowed.`,
    );
  const number = toDouble(kind);
  if (number === 0 || Number.isNaN(number)) throw cannotCreate(`Values in the index key pattern cannot be ${number}.`);
}

function checkName(name: string, key: Doc): void {
  if (name === '') throw cannotCreate('index name cannot be empty');
  if (name.includes('\0')) throw cannotCreate('index name cannot contain NUL bytes');
  if (name === '*') throw badValue("The index name '*' is not valid.");
  const isOnId = fieldNames(key).join() === '_id' && Math.abs(toDouble(key._id)) === 1;
  if (isOnId && toDouble(key._id) !== 1)
    throw badValue("The field 'key' for an _id index must be {_id: 1}, but got {_id: -1}");
  if (name === '_id_' && !isOnId)
    throw badValue("The index name '_id_' is reserved for the _id index, which must have key pattern {_id: 1}");
}

/** A TTL index has one field, and seconds that an int32 holds. */
function checkLifetime({ expireAfterSeconds: seconds }: Doc, key: Doc): void {
  if (seconds === undefined) return;
  if (numberKind(seconds) === undefined)
    throw cannotCreate(
      `TTL index 'expireAfterSeconds' option must be numeric, but received a type of '${typeName(seconds)}'.`,
    );
  const number = toDouble(seconds);
  if (!(number >= 0 && number <= MAX_INT32))
    throw cannotCreate(
      `TTL index 'expireAfterSeconds' option must be within an acceptable range, try a different number than ${number}.`,
    );
  if (fieldNames(key).length > 1)
    throw cannotCreate('TTL indexes are single-field indexes, compound indexes do not support TTL.');
}

function checkPartial({ partialFilterExpression: partial, sparse }: Doc): void {
  if (partial === undefined) return;
  if (!isDocument(partial)) throw wrongType('partialFilterExpression', 'an object', partial);
  if (sparse) throw cannotCreate('cannot mix "partialFilterExpression" and "sparse" options');
  compileFilter(partial);
  checkPartialFilter(partial);
}

const partialOperators = new Set(['$eq', '$in', '$gt', '$gte', '$lt', '$lte', '$exists', '$type']);

/** A partial index knows its documents by equality, ranges, existence and types, within $and and $or. */
function checkPartialFilter(filter: Doc): void {
  for (const [name, operand] of Object.entries(filter)) {
    if (name === '$and' || name === '$or') for (const each of operand as Doc[]) checkPartialFilter(each);
    else if (name.startsWith('$')) throw unsupported(name);
    else if (isOperatorDocument(operand)) {
      for (const operator of Object.keys(operand)) {
        const isAbsence = operator === '$exists' && !operand.$exists;
        if (!partialOperators.has(operator) || isAbsence) throw unsupported(operator);
      }
    } else if (isRegex(operand)) throw unsupported('$regex');
  }
}

const unsupported = (operator: string) => cannotCreate(`Unsupported expression in partial index: ${operator}`);
