import { AppError, type Enrolment, enrolmentId, type Grant, type NewPerson, type User } from '#platform';
import type { CoreHost } from './access.ts';
import type { Accepted } from './roster-check.ts';
import type { Refusal } from './roster-rows.ts';

/** What a confirmation did. */
export interface EnrolmentResult {
  /** Teachers of the batch who are enrolled now. */
  enrolled: number;
  /** Accounts that were made for them. */
  created: number;
  /** Rows that could not be enrolled any more. */
  refused: Refusal[];
}

/** Enrols teachers whose rows were accepted; makes accounts for those who have none. Bears repetition. */
export function createEnroller(host: CoreHost) {
  return async (programme: string, rows: readonly Accepted[]): Promise<Omit<EnrolmentResult, 'refused'>> => {
    if (rows.length === 0) return { enrolled: 0, created: 0 };
    const { people, created } = await peopleOf(rows);
    const enrolments = await Promise.all(rows.map((row) => enrolOne(programme, row, people)));
    host.emit('enrolment.imported', { programme, enrolments: enrolments.map(({ _id }) => _id) });
    return { enrolled: enrolments.length, created };
  };

  /**
   * The rows' people by ID number; those without an account get one. Somebody else may make an account for the same
   * person meanwhile: then all are looked up again, once.
   */
  async function peopleOf(rows: readonly Accepted[]): Promise<{ people: Map<string, User>; created: number }> {
    for (let attempt = 0; ; attempt += 1) {
      const people = await host.accounts.byIdNumbers(rows.map((row) => row.idNumber));
      const missing = rows.filter((row) => !people.has(row.idNumber));
      if (missing.length === 0) return { people, created: 0 };
      try {
        const made = await host.accounts.createMany(missing.map(personOf));
        for (const [index, user] of made.entries()) people.set(missing[index]!.idNumber, user);
        return { people, created: made.length };
      } catch (error) {
        if (attempt > 0 || !isConflict(error)) throw error;
      }
    }
  }

  async function enrolOne(programme: string, row: Accepted, people: Map<string, User>): Promise<Enrolment> {
    const person = people.get(row.idNumber) as User;
    const grant = learnerGrant(row.organisation);
    const holds = person.grants.some(({ role, scope }) => role === grant.role && scope === grant.scope);
    if (!holds) await host.accounts.grant(person._id, grant);
    const scopes = person.organisation ? person.scopes : await host.regions.scopesOf(row.organisation);
    const placed = { ...person, organisation: row.organisation, scopes, stage: row.stage, subject: row.subject };
    return host.progress.enrol(programme, placed).catch((error) => {
      if (!isConflict(error)) throw error;
      return host.progress.rejoin(enrolmentId(person._id, programme));
    });
  }
}

const learnerGrant = (school: string): Grant => ({ role: 'learner', scope: `organisation:${school}` });

function personOf(row: Accepted): NewPerson {
  const { name, sex, idNumber, idKind, phone, organisation, stage, subject, title } = row;
  return {
    name,
    sex,
    idNumber,
    idKind,
    phone,
    organisation,
    stage,
    subject,
    title,
    grants: [learnerGrant(organisation)],
  };
}

const isConflict = (error: unknown): boolean =>
  (error instanceof AppError && error.code.startsWith('core:conflict-')) ||
  (error as { code?: unknown }).code === 11000;
