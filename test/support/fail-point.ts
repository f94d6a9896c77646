import type { Context } from 'mocha';
import type { Document, MongoClient } from 'mongodb';

/**
 * Does some work while the engine fails commands, or holds them back; the test is skipped where a server is given that does
 * not let itself be made to fail.
 * @param data of the fail point `failCommand`
 */
export async function whileFailing<T>(
  test: Context,
  database: MongoClient,
  data: Document,
  work: () => Promise<T>,
): Promise<T> {
  const set = (mode: 'alwaysOn' | 'off') =>
    database.db('admin').command({ configureFailPoint: 'failCommand', mode, data });
  await set('alwaysOn').catch((error) => {
    if (process.env.TEST_MONGODB_URI) test.skip();
    throw error;
  });
  try {
    return await work();
  } finally {
    await set('off');
  }
}
