import type { Connection, Schema } from 'mongoose';

/** Fields and how they are divided: 1 by ranges of values, `hashed` by the hash of the value. */
export type ShardKey = Record<string, 1 | 'hashed'>;

/** Collections that libraries make, without a schema of ours. */
const WITHOUT_SCHEMA: Readonly<Record<string, ShardKey>> = {
  // connect-mongo reads and writes a session by its id.
  sessions: { _id: 'hashed' },
};

/**
 * Every collection that a sharded cluster may split, and by what. A collection's key stands in its schema (`shardKey`), beside
 * its indexes; one without a key stays whole on one shard: it is small, or it empties itself.
 */
export function shardKeysOf({ models }: Pick<Connection, 'models'>): Map<string, ShardKey> {
  const own = Object.values(models).flatMap(({ schema, collection }): [string, ShardKey][] => {
    const key = keyOf(schema);
    return key ? [[collection.name, key]] : [];
  });
  return new Map([...Object.entries(WITHOUT_SCHEMA), ...own].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const keyOf = (schema: Schema): ShardKey | undefined =>
  (schema.get('shardKey') as ShardKey | null | undefined) ?? undefined;

/**
 * The lines for mongosh that let a cluster split a database's collections. The index that a key needs is made first: for a
 * collection that has documents already `sh.shardCollection` does not make it.
 * https://www.mongodb.com/docs/manual/reference/method/sh.shardCollection/
 */
export function shardCommands(database: string, keys: ReadonlyMap<string, ShardKey>): string[] {
  const name = JSON.stringify(database);
  const lines = [...keys].flatMap(([collection, key]) => {
    const text = JSON.stringify(key);
    const indexed = `db.getSiblingDB(${name}).getCollection(${JSON.stringify(collection)}).createIndex(${text})`;
    const split = `sh.shardCollection(${JSON.stringify(`${database}.${collection}`)}, ${text})`;
    return [indexed, split];
  });
  return [`sh.enableSharding(${name})`, ...lines];
}
