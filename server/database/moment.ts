import type { Db, Document, Filter, Timestamp } from 'mongodb';

/**
 * One moment of a database, which is read whatever is written meanwhile. A server keeps a moment for a while only (MongoDB five
 * minutes by default): reading it later is an error 239 or 246.
 */
export class Moment {
  readonly #database: Db;
  readonly #time: Timestamp;

  private constructor(database: Db, time: Timestamp) {
    this.#database = database;
    this.#time = time;
  }

  /**
   * This moment. The commands of a snapshot session would agree on one by themselves, but the driver also sends `readConcern`
   * with `getMore`, which has none.
   * @param collection one that exists
   */
  static async now(database: Db, collection: string): Promise<Moment> {
    const readConcern = { level: 'snapshot' };
    const { cursor } = await database.command({
      find: collection,
      sort: { _id: 1 },
      limit: 1,
      singleBatch: true,
      readConcern,
    });
    return new Moment(database, cursor.atClusterTime);
  }

  /** The documents of a collection at that moment; `raw` yields their bytes. */
  find(
    collection: string,
    { filter = {}, projection = {} }: { filter?: Filter<Document>; projection?: Document } = {},
    options: { raw?: boolean } = {},
  ): AsyncIterable<Document> {
    const readConcern = { level: 'snapshot', atClusterTime: this.#time };
    return this.#database.runCursorCommand({ find: collection, filter, projection, readConcern }, options);
  }
}
