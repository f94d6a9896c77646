import type { Connection, Model, mongo } from 'mongoose';

/** MongoDB's error codes (src/mongo/base/error_codes.yml). */
const INDEX_OPTIONS_CONFLICT = 85;
const INDEX_KEY_SPECS_CONFLICT = 86;

// biome-ignore lint/suspicious/noExplicitAny: of any model
type AnyModel = Model<any>;

/**
 * Creates the collections of a connection's models and the indexes that they lack.
 * @throws Error where an index of the database has the name or the fields of a declared one and is another
 */
export async function createIndexes({ models }: Connection): Promise<void> {
  // One command for each collection; mongoose sends one for each index.
  await Promise.all(
    Object.values(models).map(async (model) => {
      const indexes = declaredBy(model);
      if (indexes.length === 0) return model.createCollection();
      return model.collection.createIndexes(indexes).catch((error) => {
        throw indexProblem(model.collection.name, error);
      });
    }),
  );
}

/**
 * Drops the indexes of the models' collections that no schema declares as they are, and builds what is missing: after a change
 * of declarations. An index that a cluster is split by stays.
 * @returns what was dropped, as `collection.index`
 */
export async function replaceIndexes(connection: Connection): Promise<string[]> {
  const dropped: string[] = [];
  for (const model of Object.values(connection.models)) {
    await model.createCollection();
    const declared = new Set(declaredBy(model).map(substanceOf));
    for (const index of await model.collection.listIndexes().toArray()) {
      const isHashed = Object.values(index.key).includes('hashed');
      if (index.name === '_id_' || isHashed || declared.has(substanceOf(index as mongo.IndexDescription))) continue;
      await model.collection.dropIndex(index.name);
      dropped.push(`${model.collection.name}.${index.name}`);
    }
  }
  await createIndexes(connection);
  return dropped;
}

const declaredBy = ({ schema }: AnyModel): mongo.IndexDescription[] =>
  schema.indexes().map(([key, options]) => ({ key, ...options }) as mongo.IndexDescription);

/** What makes two indexes the same one, in the order of its fields. */
function substanceOf({ key, name, unique, sparse, expireAfterSeconds, ...more }: mongo.IndexDescription): string {
  const { partialFilterExpression, collation } = more;
  const options = { unique: unique ?? false, sparse: sparse ?? false, expireAfterSeconds };
  const fields = Object.entries(key);
  return JSON.stringify([name ?? fields.flat().join('_'), fields, options, partialFilterExpression, collation]);
}

function indexProblem(collection: string, error: unknown): unknown {
  const { code, message } = error as { code?: unknown; message?: string };
  if (code !== INDEX_OPTIONS_CONFLICT && code !== INDEX_KEY_SPECS_CONFLICT) return error;
  return new Error(
    [
      `An index of the collection ${collection} is declared otherwise than the database has it: ${message}`,
      'This version changes indexes. While the platform is stopped, run `npm run db -- indexes`: it drops those whose',
      'declaration has changed and builds them as declared; no document is changed.',
    ].join('\n'),
  );
}
