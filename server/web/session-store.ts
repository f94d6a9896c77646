import MongoStore from 'connect-mongo';
import type { Collection, Connection } from 'mongoose';
import { type ReadsById, readsFrom } from '../database/reads-by-id.ts';

interface StoredSession {
  _id: string;
  session: { passport?: { user?: string }; cookie?: object; signedInAt?: number };
  expires?: Date;
  lastModified?: Date;
}

/** connect-mongo's store, except that sessions which are asked for together are read together. */
export class SessionStore extends MongoStore {
  readonly #sessions: ReadsById<StoredSession>;
  readonly #stored: Collection<StoredSession>;

  constructor(connection: Connection, options: { collectionName: string; touchAfter: number }) {
    // biome-ignore lint/suspicious/noExplicitAny: mongoose's driver is the same package under its own types
    super({ ...options, client: connection.getClient() as any, dbName: connection.name, stringify: false });
    this.#stored = connection.collection<StoredSession>(options.collectionName);
    this.#sessions = readsFrom(connection.collection(options.collectionName));
  }

  override get(id: string, callback: Parameters<MongoStore['get']>[1]): void {
    this.valid(id).then(
      (stored) => {
        if (!stored) return callback(null, null);
        // express-session changes what it is given; the end of a session that was only used stands beside it.
        const { lastModified, expires } = stored;
        const session = structuredClone(stored.session);
        callback(null, {
          ...session,
          cookie: { ...session.cookie, expires },
          ...(lastModified && { lastModified }),
        } as never);
      },
      (error) => callback(error),
    );
  }

  /** The session, unless it has ended. */
  async valid(id: string): Promise<StoredSession | undefined> {
    const stored = await this.#sessions.get(id);
    return stored?.expires && stored.expires.getTime() <= Date.now() ? undefined : stored;
  }

  /** Gives a session that is still there another end. */
  async extend(id: string, expires: Date): Promise<void> {
    await this.#stored.updateOne({ _id: id }, { $set: { expires, lastModified: new Date() } });
  }
}
