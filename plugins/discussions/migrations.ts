import type { Migration } from '#platform';
import { addPostSums } from './post-sums.ts';

/** Changes of stored data, oldest first. */
export const migrations: readonly Migration[] = [
  {
    id: 'topic-audiences',
    /** Topics from before the field `audiences` get it (topic.model.ts), so that they are still listed. */
    async up(db) {
      const own = { $concat: ['$programme', '|', { $ifNull: ['$workshop', ''] }] };
      const set = { $set: { audiences: ['$programme', own] } };
      await db.collection('discussions_topics').updateMany({ audiences: { $exists: false } }, [set]);
    },
  },
  {
    id: 'post-sums',
    /** Posts get their fingerprints and moderators' posts a scope, learners the sums of what they earned, topics their threads. */
    up: addPostSums,
  },
];
