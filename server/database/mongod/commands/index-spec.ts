import { badValue, failedToParse, failure, notImplemented, typeMismatch } from '../errors.ts';
import type { IndexSpec } from '../storage/catalog.ts';
import { type Doc, encode, isDocument } from '../values/codec.ts';
import { typeName } from '../values/compare.ts';
import { numberKind, toDouble } from '../values/numeric.ts';
import { fieldNames } from '../values/order.ts';
import { plain } from '../values/plain.ts';
import { isSet } from './context.ts';
import { missingField } from './fields.ts';

/** The most fields of an index, and the most indexes of a collection with that on _id: MongoDB's limits. */
const MAX_FIELDS = 32;
export const MAX_INDEXES = 64;

/** The largest specification, in bytes: those of a collection are kept in one document, which must not become too large. */
const MAX_SPEC_BYTES = 64 * 1024;

const MAX_INT32 = 0x7fffffff;

const words = (text: string): Set<string> => new Set(text.split(/\s+/));

const idOptions = words('key name v ns');
const options = words('key name v ns background unique expireAfterSeconds');

const cannotCreate = (message: string) => failure(67, message);

const wrongType = (field: string, wanted: string, value: unknown) =>
  typeMismatch(`The field '${field}' must be ${wanted}, but got ${typeName(value)}`);

/**
 * Checks the specifications of indexes that are to be created.
 * @throws CommandError as MongoDB answers: 67 for what no index can have, 13103 for more than 32 fields, 14 for a wrong type;
 * 238 for kinds and options that this engine does not have
 */
export function checkedSpecs(given: unknown): IndexSpec[] {
  if (given === undefined) throw missingField('createIndexes.indexes');
  if (!Array.isArray(given)) throw wrongType('createIndexes.indexes', 'an array', given);
  if (given.length === 0) throw badValue('Must specify at least one index to create');
  return given.map(checkedSpec);
}

function checkedSpec(given: unknown): IndexSpec {
  if (!isDocument(given)) throw wrongType('createIndexes.indexes', 'an array of objects', given);
  const { key, name, expireAfterSeconds, unique } = given;
  checkOptions(given);
  if (key === undefined) throw failedToParse("The 'key' field is a required property of an index specification");
  if (!isDocument(key)) throw wrongType('key', 'an object', key);
  checkKey(key);
  if (name === undefined) throw failedToParse("The 'name' field is a required property of an index specification");
  if (typeof name !== 'string') throw wrongType('name', 'a string', name);
  checkName(name, key);
  if (expireAfterSeconds !== undefined) checkLifetime(expireAfterSeconds, key);
  if (encode(given).length > MAX_SPEC_BYTES) throw cannotCreate('an index specification is too large');
  return {
    v: 2,
    key: plain(key) as Doc,
    name,
    ...(isSet(unique) ? { unique: true } : {}),
    ...(expireAfterSeconds === undefined ? {} : { expireAfterSeconds: toDouble(expireAfterSeconds) }),
  };
}

function checkOptions(given: Doc): void {
  const { key, v } = given;
  const isOnId = isDocument(key) && fieldNames(key).join() === '_id';
  for (const option of Object.keys(given)) {
    if (!(isOnId ? idOptions : options).has(option)) throw notImplemented(`indexes with ${option} are not supported`);
  }
  for (const flag of ['unique', 'background'])
    if (given[flag] !== undefined && typeof given[flag] !== 'boolean' && numberKind(given[flag]) === undefined)
      throw wrongType(flag, 'a boolean', given[flag]);
  if (v === undefined) return;
  if (numberKind(v) === undefined) throw wrongType('v', 'a number', v);
  if (toDouble(v) !== 1 && toDouble(v) !== 2) throw cannotCreate(`cannot create an index with v=${String(v)}`);
}

function checkKey(key: Doc): void {
  const fields = fieldNames(key);
  if (fields.length === 0) throw cannotCreate('Index keys cannot be an empty object');
  for (const field of fields) {
    const kind = key[field];
    const parts = field.split('.');
    if (parts.at(-1) === '$**') throw notImplemented('wildcard indexes are not supported');
    if (typeof kind === 'string') throw notImplemented(`${kind} indexes are not supported`);
    if (numberKind(kind) === undefined || toDouble(kind) === 0 || Number.isNaN(toDouble(kind)))
      throw cannotCreate(`Values in the index key pattern cannot be ${String(kind)}, of type ${typeName(kind)}.`);
    if (parts.includes('')) throw cannotCreate('Index keys cannot contain an empty field.');
    if (parts.some((part) => part.startsWith('$') && !['$db', '$id', '$ref'].includes(part)))
      throw cannotCreate("Index key contains an illegal field name: field name starts with '$'.");
  }
  if (fields.length > MAX_FIELDS) throw failure(13103, 'too many compound keys');
}

function checkName(name: string, key: Doc): void {
  if (name === '' || name.includes('\0')) throw cannotCreate('index name cannot be empty or contain NUL bytes');
  if (name === '*') throw badValue("The index name '*' is not valid.");
  const isOnId = fieldNames(key).join() === '_id' && Math.abs(toDouble(key._id)) === 1;
  if (isOnId && toDouble(key._id) !== 1)
    throw badValue("The field 'key' for an _id index must be {_id: 1}, but got {_id: -1}");
  if (name === '_id_' && !isOnId)
    throw badValue("The index name '_id_' is reserved for the _id index, which must have key pattern {_id: 1}");
}

/** A TTL index has one field, and seconds that an int32 holds. */
function checkLifetime(seconds: unknown, key: Doc): void {
  const number = numberKind(seconds) === undefined ? Number.NaN : toDouble(seconds);
  if (!(number >= 0 && number <= MAX_INT32))
    throw cannotCreate(`TTL index 'expireAfterSeconds' option must be a number from 0 to ${MAX_INT32}.`);
  if (fieldNames(key).length > 1)
    throw cannotCreate('TTL indexes are single-field indexes, compound indexes do not support TTL.');
}
