import type { PluginMigration } from './database/migrations.ts';

/** Changes of the core's own stored data, oldest first. */
export const coreMigrations: readonly PluginMigration[] = [
  {
    plugin: 'core',
    id: 'audit-about',
    /** Entries from before the field `about` get it, so that they are still found. */
    async up(db) {
      const about = { $setDifference: [['$actor', '$subject'], [null]] };
      await db.collection('audit').updateMany({ about: { $exists: false } }, [{ $set: { about } }]);
    },
  },
];
