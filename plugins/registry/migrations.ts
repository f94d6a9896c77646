import type { Migration } from '#platform';

const BATCH = 1_000;

interface Accepted {
  _id: string;
  number: string;
}

/** Changes of stored data, oldest first. */
export const migrations: readonly Migration[] = [
  {
    id: 'numbers',
    /** Numbers that the registry gave before they were kept apart: no other award may get them. */
    async up(db) {
      const numbers = db.collection<{ _id: string; delivery: string }>('registry_numbers');
      const deliveries = db.collection<Accepted>('registry_deliveries');
      let writes = [];
      for await (const { _id, number } of deliveries.find({ state: 'accepted' }).sort({ createdAt: -1, _id: 1 })) {
        writes.push({
          updateOne: { filter: { _id: number }, update: { $setOnInsert: { delivery: _id } }, upsert: true },
        });
        if (writes.length < BATCH) continue;
        await numbers.bulkWrite(writes);
        writes = [];
      }
      if (writes.length > 0) await numbers.bulkWrite(writes);
    },
  },
];
