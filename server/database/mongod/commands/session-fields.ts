import { Binary, Long } from 'bson';
import { failure, invalidOptions, notImplemented, typeMismatch } from '../errors.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { missingField, wrongType } from './fields.ts';

const UUID_BYTES = 16;

const retryable = new Set(['insert', 'update', 'delete', 'findAndModify', 'bulkWrite']);

/**
 * Checks `lsid`, `txnNumber`, `autocommit` and `startTransaction`, each in itself and together.
 * @throws CommandError with the codes of MongoDB's `initializeOperationSessionInfo` and `validateSessionOptions`
 */
export function checkSession(name: string, body: Doc): void {
  const { lsid, txnNumber, autocommit, startTransaction } = body;
  if (lsid !== undefined) checkId(lsid, 'lsid');
  if (txnNumber !== undefined) {
    if (!Long.isLong(txnNumber)) throw wrongType('txnNumber', txnNumber, 'long');
    if (lsid === undefined) throw invalidOptions('Transaction number requires a session ID to also be specified');
    if (txnNumber.isNegative()) throw invalidOptions('Transaction number cannot be negative');
    if (!Number.isSafeInteger(txnNumber.toNumber()))
      throw notImplemented('transaction numbers of 2^53 and more are not supported');
  }
  for (const [field, value] of Object.entries({ autocommit, startTransaction })) {
    if (value === undefined) continue;
    if (typeof value !== 'boolean') throw wrongType(field, value, 'bool');
    if (txnNumber === undefined)
      throw invalidOptions(`'${field}' field requires a transaction number to also be specified`);
  }
  if (autocommit === true) throw invalidOptions('Specifying autocommit=true is not allowed.');
  if (startTransaction !== undefined && autocommit === undefined)
    throw invalidOptions("'startTransaction' field requires 'autocommit' field to also be specified");
  if (startTransaction === false) throw invalidOptions('Specifying startTransaction=false is not allowed.');
  if (txnNumber !== undefined && autocommit === undefined && !retryable.has(name)) throw notRetryable(name);
  if (autocommit === undefined && (name === 'commitTransaction' || name === 'abortTransaction'))
    throw failure(125, `${name} must be run within a transaction`);
}

/** The sessions that a command names in an array. */
export function sessionsIn(body: Doc, field: string): Doc[] {
  const list = body[field];
  if (!Array.isArray(list)) throw wrongType(`${field}.${field}`, list, 'array');
  for (const each of list) checkId(each, field);
  return list;
}

/** Checks that a value is a session's id: a document with a UUID. */
function checkId(value: unknown, field: string): void {
  if (!isDocument(value)) throw wrongType(field, value, 'object');
  for (const part in value) {
    if (part === 'id') continue;
    if (['uid', 'txnNumber', 'txnUUID'].includes(part)) throw notImplemented(`${field}.${part} is not supported`);
    throw failure(40415, `BSON field '${field}.${part}' is an unknown field.`);
  }
  const { id } = value;
  if (id === undefined) throw missingField(`${field}.id`);
  if (!(id instanceof Binary)) throw wrongType(`${field}.id`, id, 'binData');
  if (id.sub_type !== Binary.SUBTYPE_UUID)
    throw typeMismatch(`BSON field '${field}.id' is the wrong binData type, expected type 'UUID'`);
  if (id.length() !== UUID_BYTES)
    throw failure(207, `uuid must be a ${UUID_BYTES}-byte binary field with UUID (4) subtype`);
}

const notRetryable = (name: string) =>
  failure(
    50768,
    `txnNumber may only be provided for multi-document transactions and retryable write commands. autocommit:false was not provided, and ${name} is not a retryable write command.`,
  );
