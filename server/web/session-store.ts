import MongoStore from 'connect-mongo';
import type { Connection } from 'mongoose';
import { type ReadsById, readsFrom } from '../database/reads-by-id.ts';

interface StoredSession {
  _id: string;
  session: { passport?: { user?: string } };
  expires?: Date;
  lastModified?: Date;
}

/** connect-mongo's store, except that sessions which are asked for together are read together. */
export class SessionStore extends MongoStore {
  readonly #sessions: ReadsById<StoredSession>;

  constructor(connection: Connection, options: { collectionName: string; ttl: number; touchAfter: number }) {
    // biome-ignore lint/suspicious/noExplicitAny: mongoose's driver is the same package under its own types
    super({ ...options, client: connection.getClient() as any, dbName: connection.name, stringify: false });
    this.#sessions = readsFrom(connection.collection(options.collectionName));
  }

  override get(id: string, callback: Parameters<MongoStore['get']>[1]): void {
    this.#valid(id).then(
      (stored) => {
        if (!stored) return callback(null, null);
        // express-session changes what it is given.
        const { lastModified } = stored;
        callback(null, { ...structuredClone(stored.session), ...(lastModified && { lastModified }) } as never);
      },
      (error) => callback(error),
    );
  }

  /** The person who is signed in with the session, as passport keeps it. */
  async personOf(id: string): Promise<string | undefined> {
    return (await this.#valid(id))?.session.passport?.user;
  }

  async #valid(id: string): Promise<StoredSession | undefined> {
    const stored = await this.#sessions.get(id);
    return stored?.expires && stored.expires.getTime() <= Date.now() ? undefined : stored;
  }
}
