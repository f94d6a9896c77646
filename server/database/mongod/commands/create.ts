import { badValue, CommandError, invalidOptions, notImplemented } from '../errors.ts';
import { compileFilter } from '../query/matcher.ts';
import type { Collection } from '../storage/catalog.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { checkedCollation } from '../values/collation.ts';
import { equal } from '../values/compare.ts';
import { toDouble } from '../values/numeric.ts';
import { collectionName, type Handler } from './context.ts';

const keptOptions = [
  'capped',
  'size',
  'max',
  'viewOn',
  'pipeline',
  'collation',
  'changeStreamPreAndPostImages',
  'validator',
  'validationLevel',
  'validationAction',
  'clusteredIndex',
  'expireAfterSeconds',
  'timeseries',
];

export const create: Handler = async (engine, command) => {
  const { body, database } = command;
  const name = collectionName(command);
  const options = checkedOptions(body);
  if (command.transaction !== undefined) {
    if (options.capped || options.timeseries) {
      const message = 'Cannot create this kind of collection in a multi-document transaction.';
      throw new CommandError(263, 'OperationNotSupportedInTransaction', message);
    }
    if (engine.find(database, name, command.transaction) !== undefined) throw exists(database, name);
    await engine.createInTransaction(command.transaction, database, name, options);
    return { ok: 1 };
  }
  await engine.transactions.write(() => {
    const existing = engine.catalog.get(database, name);
    if (existing === undefined) engine.createCollection(database, name, options);
    else if (!equal(existing.options, options)) throw exists(database, name);
  });
  return { ok: 1 };
};

const exists = (database: string, name: string) =>
  new CommandError(48, 'NamespaceExists', `namespace ${database}.${name} already exists, but with different options`);

/** The options of a new collection in the form in which they are kept and listed. */
function checkedOptions(body: Doc): Doc {
  const options: Doc = {};
  for (const option of keptOptions) if (body[option] !== undefined) options[option] = body[option];
  if (options.capped === true) Object.assign(options, capBounds(body.size, body.max));
  else if (options.capped !== undefined || options.size !== undefined || options.max !== undefined) {
    if (options.size !== undefined || options.max !== undefined)
      throw invalidOptions("the 'capped' field needs to be true when either the 'size' or 'max' fields are present");
    delete options.capped;
  }
  const collation = checkedCollation(options.collation);
  if (collation === undefined) delete options.collation;
  else options.collation = collation;
  checkValidation(options);
  if (options.timeseries !== undefined) checkTimeSeries(options);
  if (options.clusteredIndex !== undefined) checkClustered(options.clusteredIndex);
  if (isDocument(options.clusteredIndex)) options.clusteredIndex = { v: 2, name: '_id_', ...options.clusteredIndex };
  if (options.expireAfterSeconds !== undefined && !options.timeseries && !options.clusteredIndex) {
    throw invalidOptions(
      "'expireAfterSeconds' is only supported on time-series collections or when the 'clusteredIndex' option is specified",
    );
  }
  return options;
}

function checkClustered(index: unknown): void {
  const { key, unique, name: _name, v: _version, ...others } = isDocument(index) ? index : {};
  if (equal(key, { _id: 1 }) && unique === true && Object.keys(others).length === 0) return;
  const message = "The 'clusteredIndex' option needs key: {_id: 1} and unique: true, and takes a name beside them";
  throw new CommandError(197, 'InvalidIndexSpecificationOption', message);
}

/** The bounds of a capped collection: bytes, rounded up as MongoDB does, and documents. */
export function capBounds(size: unknown, max: unknown): { size: number; max?: number } {
  const bytes = toDouble(size);
  if (!(bytes > 0)) throw invalidOptions("the 'size' field is required when 'capped' is true");
  const bounds = { size: Math.ceil(bytes / 256) * 256 };
  const most = max === undefined ? 0 : toDouble(max);
  return most > 0 ? { ...bounds, max: most } : bounds;
}

/** Checks validator, validationLevel and validationAction, for create and collMod. */
export function checkValidation({ validator, validationLevel, validationAction }: Doc): void {
  if (isDocument(validator)) compileFilter(validator, { evaluate: () => true });
  if (validationLevel !== undefined && !['off', 'strict', 'moderate'].includes(String(validationLevel)))
    throw badValue(`Enumeration value '${String(validationLevel)}' for field 'validationLevel' is not a valid value.`);
  if (validationAction !== undefined && !['error', 'warn'].includes(String(validationAction)))
    throw badValue(
      `Enumeration value '${String(validationAction)}' for field 'validationAction' is not a valid value.`,
    );
}

const timeSeriesFields = new Set([
  'timeField',
  'metaField',
  'granularity',
  'bucketMaxSpanSeconds',
  'bucketRoundingSeconds',
]);

/** A time series keeps its documents in the order of arrival; buckets are a matter of storage, which is another here. */
function checkTimeSeries(options: Doc): void {
  const { timeseries } = options;
  if (!isDocument(timeseries) || typeof timeseries.timeField !== 'string')
    throw new CommandError(
      40414,
      'Location40414',
      "BSON field 'create.timeseries.timeField' is missing but a required field",
    );
  for (const name of Object.keys(timeseries)) {
    if (!timeSeriesFields.has(name))
      throw new CommandError(40415, 'Location40415', `BSON field 'create.timeseries.${name}' is an unknown field.`);
  }
  for (const other of ['capped', 'viewOn', 'clusteredIndex', 'validator'])
    if (options[other] !== undefined) throw invalidOptions(`timeseries is not allowed with ${other}`);
}

/** Refuses a document without a time for a time series. */
export function checkTimeField(collection: Collection, document: Doc): void {
  const { timeField } = collection.options.timeseries as { timeField: string };
  if (document[timeField] instanceof Date) return;
  throw badValue(`'${timeField}' must be present and contain a valid BSON UTC datetime value`);
}

export function checkUpdatable(collection: Collection | undefined): void {
  if (collection?.options.timeseries !== undefined) throw notImplemented('updates of time series are not supported');
}

/** Capped collections and time series take no part in transactions. */
export function checkTransactional(collection: Collection | undefined, inTransaction: boolean): void {
  if (!inTransaction || !collection?.byRecord) return;
  const message = `Writes to the capped or time series collection ${collection.namespace} are not allowed in transactions.`;
  throw new CommandError(263, 'OperationNotSupportedInTransaction', message);
}
