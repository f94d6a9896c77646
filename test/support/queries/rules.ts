import type { ShardKey } from '../../../server/database/shard-keys.ts';
import { namedFields } from './filter.ts';

type Plain = Record<string, unknown>;

/** What the rules need to know of a collection. */
export interface About {
  /** Undefined where the collection is never split. */
  shardKey: ShardKey | undefined;
  /** The fields of each unique index, `_id` among them. */
  unique: readonly (readonly string[])[];
}

/**
 * What a command breaks of the rules by which the platform runs on any replica set or sharded cluster:
 * - rows in an order, and the first ones, are the same each time: the order ends in `_id`, or one row at most is found;
 * - a write of one document names the shard key; `updateOne` and `deleteOne` may name `_id` instead, `findAndModify` and
 *   upserts may not (https://www.mongodb.com/docs/v6.0/core/sharded-cluster-requirements/);
 * - a document never changes its shard key; a unique index begins with it.
 */
export function brokenRules(command: Plain, { shardKey, unique }: About): string[] {
  const key = Object.keys(shardKey ?? {});
  switch (Object.keys(command)[0]) {
    case 'find':
      return inOrder(command, unique);
    case 'aggregate':
      return sortStages(command.pipeline as Plain[])
        .filter((order) => !endsInId(order))
        .map(noId);
    case 'findAndModify':
      return [...inOrder({ filter: command.query, limit: 1, sort: command.sort }, unique), ...modified(command, key)];
    case 'update':
      return (command.updates as Plain[]).flatMap((update) => updated(update, key));
    case 'delete':
      return (command.deletes as Plain[]).flatMap(({ q, limit }) => (limit === 1 ? named(q as Plain, key, '_id') : []));
    case 'insert':
      return (command.documents as Plain[]).flatMap((document) => complete(document, key));
    case 'createIndexes':
      return (command.indexes as Plain[]).flatMap((index) => splittable(index, key));
    default:
      return [];
  }
}

function inOrder({ filter, sort, limit, skip, projection }: Plain, unique: About['unique']): string[] {
  const order = fieldsOf(sort);
  if (order.length === 0 && limit === undefined && skip === undefined) return [];
  if (order.at(-1) === '_id') return [];
  const fields = namedFields((filter ?? {}) as Plain);
  if (unique.some((index) => index.every((field) => fields.get(field) === 'one'))) return [];
  const isQuestion = limit === 1 && skip === undefined && Object.keys(projection ?? {}).join() === '_id';
  if (order.length === 0) return isQuestion ? [] : ['limit or skip without an order'];
  return [noId(order)];
}

/** The fields of an order; the driver sends it as a Map. */
export const fieldsOf = (sort: unknown): string[] =>
  sort instanceof Map ? [...sort.keys()] : Object.keys((sort ?? {}) as Plain);

const sortStages = (pipeline: readonly Plain[]): string[][] =>
  pipeline.flatMap((stage) => ('$sort' in stage ? [fieldsOf(stage.$sort)] : []));
const endsInId = (order: readonly string[]) => order.at(-1) === '_id';
const noId = (order: readonly string[]) => `the order ${order.join(', ')} does not end in _id`;

function modified({ query, update, upsert }: Plain, key: readonly string[]): string[] {
  return [...named(query as Plain, key), ...(update ? unchanged(update, key, upsert === true) : [])];
}

function updated({ q, u, upsert, multi }: Plain, key: readonly string[]): string[] {
  const found = upsert ? named(q as Plain, key) : multi ? [] : named(q as Plain, key, '_id');
  return [...found, ...unchanged(u, key, false)];
}

/** The filter has one value for each field of the key, or for the field that may stand in for it. */
function named(filter: Plain, key: readonly string[], instead?: string): string[] {
  const fields = namedFields(filter);
  if (key.every((field) => fields.get(field) === 'one')) return [];
  if (instead && fields.get(instead) === 'one') return [];
  return [`one document is written without its shard key ${key.join(', ')}`];
}

function unchanged(update: unknown, key: readonly string[], inserts: boolean): string[] {
  if (key.length === 0 || Array.isArray(update)) return [];
  const operators = Object.entries(update as Plain);
  const isReplacement = operators.every(([name]) => !name.startsWith('$'));
  if (isReplacement)
    return complete(
      update as Plain,
      key.filter((field) => field !== '_id'),
    );
  const changed = operators.flatMap(([name, fields]) =>
    name === '$setOnInsert' && !inserts ? [] : Object.keys(fields as Plain),
  );
  const broken = key.filter(
    (field) => field !== '_id' && changed.some((path) => path === field || path.startsWith(`${field}.`)),
  );
  return broken.map((field) => `an update writes the shard key ${field}`);
}

const complete = (document: Plain, key: readonly string[]): string[] =>
  key
    .filter((field) => document[field] === undefined || document[field] === null || Array.isArray(document[field]))
    .map((field) => `a document has no value for the shard key ${field}`);

function splittable({ key: index, unique, name }: Plain, key: readonly string[]): string[] {
  if (!unique) return [];
  const fields = fieldsOf(index);
  return key.every((field, at) => fields[at] === field)
    ? []
    : [`the unique index ${name} does not begin with ${key.join(', ')}`];
}
