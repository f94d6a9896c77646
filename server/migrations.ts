import type { PluginMigration } from './database/migrations.ts';

const BATCH = 1_000;

/** Changes of the core's own stored data, oldest first. */
export const coreMigrations: readonly PluginMigration[] = [
  {
    plugin: 'core',
    id: 'audit-about',
    /** Entries from before the field `about` get it, so that they are still found. */
    async up(db) {
      const audit = db.collection<{ _id: string; actor?: string | null; subject?: string | null }>('audit');
      const old = { about: { $exists: false } };
      for (;;) {
        const entries = await audit.find(old).sort({ _id: 1 }).limit(BATCH).toArray();
        if (entries.length === 0) return;
        const updates = entries.map(({ _id, actor, subject }) => {
          const about = [...new Set([actor, subject])].filter((id) => typeof id === 'string');
          return { updateOne: { filter: { _id }, update: { $set: { about } } } };
        });
        await audit.bulkWrite(updates, { ordered: false });
      }
    },
  },
  {
    plugin: 'core',
    id: 'throttle-hashed',
    /** Counts of attempts carried what people had typed, ID numbers among it. */
    async up(db) {
      await db.collection('throttle').deleteMany({});
    },
  },
];
