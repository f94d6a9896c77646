import type { Connection, Schema } from 'mongoose';
import { auditSchema, identitySchema, userSchema } from './accounts/user.model.ts';
import { enrolmentSchema, programmeSchema } from './programmes/programme.model.ts';
import { outboxSchema, rescoringSchema, rollUpDaySchema, rollUpSchema } from './progress/progress.model.ts';
import { organisationSchema, regionSchema } from './regions/region.model.ts';

/** The core's collections on a platform's own connection. */
export function coreModels(db: Connection) {
  return {
    users: db.model('users', userSchema, 'users'),
    identities: db.model('identities', identitySchema, 'identities'),
    audit: db.model('audit', auditSchema, 'audit'),
    regions: db.model('regions', regionSchema, 'regions'),
    organisations: db.model('organisations', organisationSchema, 'organisations'),
    programmes: db.model('programmes', programmeSchema, 'programmes'),
    enrolments: db.model('enrolments', enrolmentSchema, 'enrolments'),
    rollUps: db.model('rollUps', rollUpSchema, 'roll_ups'),
    rollUpDays: db.model('rollUpDays', rollUpDaySchema, 'roll_up_days'),
    outbox: db.model('outbox', outboxSchema, 'outbox'),
    rescorings: db.model('rescorings', rescoringSchema, 'rescorings'),
  };
}

/** A plugin's collections on a platform's own connection, by their names in the plugin; `<id>_<name>` in the database. */
export function pluginModels<S extends Schema>(
  { id, models = {} }: { id: string; models?: Record<string, S> },
  connection: Connection,
) {
  const entries = Object.entries(models).map(([name, schema]) => {
    const model = connection.model(`${id}.${name}`, schema, `${id.replaceAll('-', '_')}_${name}`);
    return [name, model] as const;
  });
  return Object.fromEntries(entries);
}
