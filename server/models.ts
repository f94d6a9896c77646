import type { Connection } from 'mongoose';
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
