import { Schema } from 'mongoose';
import { z } from 'zod';
import { definePlugin, type Services, unscoped } from '#platform';
import type { SeedHost } from './seed/seed-host.ts';

/** One document, `seed`, from the moment seeding begins. */
const stateSchema = new Schema(
  { _id: { type: String, required: true }, begunAt: { type: Date, required: true }, doneAt: Date },
  { strict: 'throw', versionKey: false },
);

const settings = z.object({
  /** Fills an empty database at the start. */
  seed: z.stringbool().default(false),
  /** Learners to invent. */
  learners: z.coerce.number().int().min(5).max(20_000).default(2_000),
  /** How many learners get an account for the simulation. */
  simulated: z.coerce.number().int().min(0).max(2_000).default(600),
});

export default definePlugin({
  id: 'demo',
  api: '^1.0.0',
  // A platform of real people has no use for it.
  wanted: (env) => settings.shape.seed.safeParse(env.DEMO_SEED).data === true,
  settings,
  models: { state: stateSchema },
  register(host) {
    const { seed: wanted, learners, simulated } = host.settings;
    if (!wanted) return;
    const { state } = host.models;
    const stage = (name: string) => {
      host.log.info({ stage: name }, 'seeding');
      process.send?.({ stage: name });
    };
    // Not in `requires`: without seeding, the demonstration needs nothing and must not keep a platform from starting.
    const use = <K extends keyof Services>(id: K): Services[K] => {
      const service = host.tryUse(id);
      if (!service) throw new Error(`the demonstration needs the plugin "${id}"`);
      return service;
    };
    host.onStart(async () => {
      const before = await state.findById('seed').lean();
      if (before?.doneAt) return;
      if (before) throw new Error('seeding was interrupted; the demonstration needs an empty database');
      if ((await host.accounts.count(unscoped({}))) > 0) {
        host.log.warn('DEMO_SEED is set, but the database is not empty: nothing was added');
        return;
      }
      await state.create({ _id: 'seed', begunAt: new Date() });
      const { accounts, enrolments, programmes, regions, publicUrl } = host;
      const seedHost: SeedHost = { accounts, enrolments, programmes, regions, publicUrl, use };
      // Its data and media are of no use to a platform that is not seeded.
      const { seed } = await import('./seed/seed.ts');
      await seed({ host: seedHost, learners, simulated, stage });
      await state.updateOne({ _id: 'seed' }, { $set: { doneAt: new Date() } });
    });
  },
});
