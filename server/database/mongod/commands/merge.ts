import { compileChange, scopeFor } from '../aggregation/pipeline.ts';
import type { Expression, Variable } from '../aggregation/scope.ts';
import { CommandError, failedToParse, invalidOptions } from '../errors.ts';
import { fieldsOf } from '../query/conditions.ts';
import { compileFilter } from '../query/matcher.ts';
import { getPath } from '../query/paths.ts';
import { plan } from '../query/planner.ts';
import { scan } from '../query/scan.ts';
import type { Collection } from '../storage/catalog.ts';
import { claimDocument, insertDocument, prepareInsert, replaceDocument, type Target } from '../storage/documents.ts';
import { type Doc, encodeForStorage, isDocument } from '../values/codec.ts';
import { equal } from '../values/compare.ts';
import { decode } from '../values/decode.ts';
import { addField } from '../values/fields.ts';
import { fieldNames, withIdFirst } from '../values/order.ts';
import type { Command } from './context.ts';
import { pipelineContext } from './sources.ts';

/** A compiled $merge. */
export interface Merge {
  /** @throws CommandError 51183 when no unique index makes sure that a result meets one document at most */
  checkUnique(collection: Collection): void;
  /** Writes one result. */
  write(target: Target, collection: Collection, row: Buffer): void;
}

const FIELDS = new Set(['into', 'on', 'let', 'whenMatched', 'whenNotMatched']);
const WHEN_MATCHED = new Set(['merge', 'replace', 'keepExisting', 'fail']);
const WHEN_NOT_MATCHED = new Set(['insert', 'discard', 'fail']);
const CHANGES = new Set(['$addFields', '$set', '$project', '$unset', '$replaceRoot', '$replaceWith']);

/** Compiles $merge with its options; `into` is looked at by whoever calls. */
export function compileMerge(command: Command, options: Doc): Merge {
  const unknown = Object.keys(options).find((field) => !FIELDS.has(field));
  if (unknown !== undefined)
    throw new CommandError(40415, 'Location40415', `BSON field '$merge.${unknown}' is an unknown field.`);
  const { whenMatched = 'merge', whenNotMatched = 'insert', on = '_id' } = options;
  if (!Array.isArray(whenMatched) && !WHEN_MATCHED.has(String(whenMatched)))
    throw invalidMode('whenMatched', whenMatched);
  if (!WHEN_NOT_MATCHED.has(String(whenNotMatched))) throw invalidMode('whenNotMatched', whenNotMatched);
  const fields = Array.isArray(on) ? on : [on];
  if (fields.length === 0 || fields.some((field) => typeof field !== 'string'))
    throw new CommandError(51186, 'Location51186', "$merge 'on' must be a string or an array of strings");
  if (options.let !== undefined && !Array.isArray(whenMatched))
    throw new CommandError(51199, 'Location51199', "Cannot use 'let' variables without a pipeline in 'whenMatched'");
  const change = Array.isArray(whenMatched)
    ? pipelineChange(command, whenMatched, options.let)
    : changeFor(String(whenMatched));
  return {
    checkUnique: (collection) => checkUnique(collection, fields),
    write: (target, collection, row) => writeRow(target, collection, row, fields, change, String(whenNotMatched)),
  };
}

const invalidMode = (field: string, value: unknown) =>
  failedToParse(`Enumeration value '${String(value)}' for field '${field}' is not a valid value.`);

/** What becomes of a document that a result meets; undefined to leave it. */
type Change = (before: Doc, incoming: Doc) => Doc | undefined;

function changeFor(mode: string): Change {
  switch (mode) {
    case 'merge':
      return (before, incoming) => {
        checkSameId(before, incoming);
        const result = { ...before };
        for (const name of fieldNames(incoming)) addField(result, name, incoming[name]);
        return result;
      };
    case 'replace':
      return (before, incoming) => {
        checkSameId(before, incoming);
        return withIdFirst(before._id, incoming);
      };
    case 'keepExisting':
      return () => undefined;
    default:
      return (_before, { _id: id }) => {
        throw new CommandError(
          11000,
          'DuplicateKey',
          `PlanExecutor error during aggregation :: caused by :: $merge failed due to a DuplicateKey error: ${String(id)}`,
          { keyPattern: { _id: 1 }, keyValue: { _id: id } },
        );
      };
  }
}

function checkSameId(before: Doc, after: Doc): void {
  if (!Object.hasOwn(after, '_id') || equal(before._id, after._id)) return;
  throw new CommandError(
    66,
    'ImmutableField',
    '$merge failed to update the matching document, did you attempt to modify the _id or the shard key?',
  );
}

function pipelineChange(command: Command, stages: unknown[], given: unknown): Change {
  for (const stage of stages) {
    const name = isDocument(stage) ? (Object.keys(stage)[0] ?? '') : '';
    if (!CHANGES.has(name)) throw invalidOptions(`${name} is not allowed to be used within an update`);
  }
  if (given !== undefined && !isDocument(given)) throw failedToParse("$merge 'let' must be an object");
  const context = pipelineContext(command);
  const scope = scopeFor(context.settings, context.variables);
  const bindings = Object.entries(given ?? { new: '$$ROOT' }).map(
    ([name, value]): { name: string; cell: Variable; value: Expression } => ({
      name,
      cell: { value: undefined },
      value: scope.compile(value),
    }),
  );
  const own = bindings.map(({ name, cell }): [string, Variable] => [name, cell]);
  const change = compileChange(stages, { ...context, variables: new Map([...context.variables, ...own]) });
  return (before, incoming) => {
    for (const { cell, value } of bindings) cell.value = value(incoming);
    const after = change(before);
    checkSameId(before, after);
    return withIdFirst(before._id, after);
  };
}

function checkUnique(collection: Collection, on: readonly string[]): void {
  if (on.length === 1 && on[0] === '_id') return;
  const isUnique = collection.indexes.some(
    ({ unique, fields, spec }) =>
      unique &&
      spec.partialFilterExpression === undefined &&
      fields.length === on.length &&
      on.every((field) => fields.includes(field)),
  );
  if (!isUnique)
    throw new CommandError(51183, 'Location51183', 'Cannot find index to verify that join fields will be unique');
}

function writeRow(
  target: Target,
  collection: Collection,
  row: Buffer,
  on: readonly string[],
  change: Change,
  whenNotMatched: string,
): void {
  const incoming = decode(row);
  const prepared = prepareInsert(row);
  const filter = filterFor(on.includes('_id') ? prepared.document : incoming, on);
  const test = { matches: compileFilter(filter), fields: fieldsOf(filter) };
  const [found] = scan(target.view, collection, plan(collection, { view: target.view, filter }), test);
  if (found === undefined) {
    if (whenNotMatched === 'discard') return;
    if (whenNotMatched === 'fail')
      throw new CommandError(
        13113,
        'MergeStageNoMatchingDocument',
        '$merge could not find a matching document in the target collection for at least one document in the source collection',
      );
    insertDocument(target, collection, prepared.id, prepared.raw, prepared.document);
    return;
  }
  const before = found.document ?? decode(found.raw);
  const after = change(before, incoming);
  if (after === undefined) return;
  const raw = encodeForStorage(after);
  if (raw.equals(found.raw)) return;
  claimDocument(target, found.key);
  replaceDocument(target, collection, found.key, { raw: found.raw, document: before }, { raw, document: after });
}

/** The filter that finds the document which a result meets. */
function filterFor(document: Doc, on: readonly string[]): Doc {
  const entries = on.map((field): [string, Doc] => {
    const value = getPath(document, field.split('.'));
    if (value === null || value === undefined || Array.isArray(value))
      throw new CommandError(
        51132,
        'Location51132',
        "$merge write error: 'on' field cannot be missing, null, undefined or an array",
      );
    return [field, { $eq: value }];
  });
  return Object.fromEntries(entries);
}
