import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Connection, mongo } from 'mongoose';

/** A change of stored data that runs once per database. */
export interface PluginMigration {
  plugin: string;
  id: string;
  up(db: mongo.Db): Promise<void>;
}

interface MigrationRecord {
  /** `<plugin>/<id>`. */
  _id: string;
  finished: Date;
  milliseconds: number;
}

interface Lock {
  _id: 'lock';
  holder: string;
  until: Date;
}

const COLLECTION = 'migrations';
const LOCK_TIME = 60_000;
const POLL = 200;

/**
 * Runs the migrations that this database has not seen, in the order given. Several processes may call it at once: one
 * works, the others wait for it. A migration that fails stops the rest and runs again next time.
 * @returns the names `<plugin>/<id>` of those that ran
 */
export async function runMigrations(connection: Connection, migrations: readonly PluginMigration[]): Promise<string[]> {
  const db = connection.db;
  if (db === undefined) throw new Error('migrations need an open connection');
  if (migrations.length === 0) return [];
  const done = db.collection<MigrationRecord>(COLLECTION);
  const locks = db.collection<Lock>(`${COLLECTION}_lock`);
  const holder = `${hostname()}/${process.pid}/${randomUUID()}`;
  await acquire(locks, holder);
  const renewal = setInterval(() => {
    void locks
      .updateOne({ _id: 'lock', holder }, { $set: { until: new Date(Date.now() + LOCK_TIME) } })
      .catch(() => undefined);
  }, LOCK_TIME / 3);
  try {
    const ran: string[] = [];
    for (const { plugin, id, up } of migrations) {
      const name = `${plugin}/${id}`;
      if ((await done.findOne({ _id: name })) !== null) continue;
      const started = Date.now();
      await up(db);
      await done.insertOne({ _id: name, finished: new Date(), milliseconds: Date.now() - started });
      ran.push(name);
    }
    return ran;
  } finally {
    clearInterval(renewal);
    await locks.deleteOne({ _id: 'lock', holder });
  }
}

/** Takes the lock; one whose holder has not renewed it in time is free. */
async function acquire(locks: mongo.Collection<Lock>, holder: string): Promise<void> {
  for (;;) {
    const now = Date.now();
    try {
      await locks.updateOne(
        { _id: 'lock', until: { $lt: new Date(now) } },
        { $set: { holder, until: new Date(now + LOCK_TIME) } },
        { upsert: true },
      );
      return;
    } catch (error) {
      if ((error as { code?: number }).code !== 11000) throw error;
      await new Promise((resolve) => setTimeout(resolve, POLL));
    }
  }
}
