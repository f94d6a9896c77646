/** Whether the teachers of a roster may be enrolled, given who is known already. Pure: what is known is handed in. */
import { isSameName, type Organisation, type Programme, placeKey, type User } from '#platform';
import { columns } from './roster-columns.ts';
import type { Problem, Reason, Refusal, RosterRow } from './roster-rows.ts';

/** A row that may be enrolled: everything is filled in, its school is known, and its person, if they have an account. */
export interface Accepted extends RosterRow {
  sex: 'male' | 'female';
  idNumber: string;
  school: string;
  stage: NonNullable<RosterRow['stage']>;
  subject: NonNullable<RosterRow['subject']>;
  /** Organisation id. */
  organisation: string;
  /** User id of a person who has an account. */
  user?: string | undefined;
}

export interface Known {
  programme: Pick<Programme, 'regions' | 'stages' | 'state' | 'term'>;
  /** Every school of the programme's region, and whether the viewer administers it. */
  schools: { school: Organisation; mine: boolean }[];
  /** People with an account, by ID number. */
  people: Map<string, User>;
  /** Users enrolled in the programme. */
  enrolled: Set<string>;
  /** Phones that belong to somebody. */
  phones: Set<string>;
  /** Epoch ms. */
  now: number;
  /** The viewer's region set the programme up: late enrolments are theirs to decide. */
  mayEnrolLate: boolean;
}

/** Splits the rows into those that may be enrolled and those that may not, each with all that is wrong. */
export function checkRoster(rows: readonly RosterRow[], known: Known): { accepted: Accepted[]; refused: Refusal[] } {
  const closed = timing(known);
  if (closed) {
    const problems: Problem[] = [{ column: 'name', reason: closed }];
    return { accepted: [], refused: rows.map(({ row, name }) => ({ row, name, problems })) };
  }
  const check = new Check(known);
  const accepted: Accepted[] = [];
  const refused: Refusal[] = [];
  for (const row of rows) {
    const { problems, organisation, user } = check.row(row);
    if (problems.length === 0) accepted.push({ ...row, organisation, user } as Accepted);
    else refused.push({ row: row.row, name: row.name, problems });
  }
  return { accepted, refused };
}

/** Why nobody can be enrolled now, if so. */
function timing({
  programme,
  now,
  mayEnrolLate,
}: Pick<Known, 'programme' | 'now' | 'mayEnrolLate'>): Reason | undefined {
  const { term, state } = programme;
  if (state !== 'open' || now >= term.to.getTime()) return 'programme-closed';
  if (now < term.enrolFrom.getTime()) return 'before-enrolment';
  return now >= term.enrolUntil.getTime() && !mayEnrolLate ? 'after-deadline' : undefined;
}

/** Goes through the rows in their order: the first of two that are the same is taken. */
class Check {
  readonly #known: Known;
  readonly #schools: Map<string, Known['schools']>;
  readonly #numbers = new Set<string>();
  readonly #phones = new Set<string>();

  constructor(known: Known) {
    this.#known = known;
    this.#schools = byNameAndId(known.schools);
  }

  row(row: RosterRow): { problems: Problem[]; organisation?: string; user?: string | undefined } {
    const problems = [...row.problems];
    const school = this.#school(row, problems);
    const person = this.#person(row, school, problems);
    this.#phone(row, person, problems);
    if (row.phone && problems.length === 0) this.#phones.add(row.phone);
    problems.sort((one, other) => columns.indexOf(one.column) - columns.indexOf(other.column));
    return { problems, ...(school && { organisation: school._id }), user: person?._id };
  }

  #school(row: RosterRow, problems: Problem[]): Organisation | undefined {
    if (row.school === undefined) return undefined;
    const { programme } = this.#known;
    const named = this.#schools.get(placeKey(row.school)) ?? [];
    const mine = named.filter((place) => place.mine);
    const reason = named.length === 0 ? 'unknown-school' : mine.length === 0 ? 'outside-scope' : 'ambiguous-school';
    if (mine.length !== 1) {
      problems.push({ column: 'school', reason, value: row.school.slice(0, 40) });
      return undefined;
    }
    const school = (mine[0] as Known['schools'][number]).school;
    if (!programme.regions.includes(school.region)) {
      problems.push({ column: 'school', reason: 'region-not-taking-part', value: row.school.slice(0, 40) });
    }
    if (row.stage && !programme.stages.includes(row.stage)) {
      problems.push({ column: 'stage', reason: 'stage-not-in-programme' });
    } else if (row.stage && !school.stages.includes(row.stage)) {
      problems.push({ column: 'stage', reason: 'stage-not-taught' });
    }
    return school;
  }

  #person(row: RosterRow, school: Organisation | undefined, problems: Problem[]): User | undefined {
    const { idNumber } = row;
    if (idNumber === undefined) return undefined;
    if (this.#numbers.has(idNumber)) {
      problems.push({ column: 'idNumber', reason: 'duplicate' });
      return undefined;
    }
    this.#numbers.add(idNumber);
    const person = this.#known.people.get(idNumber);
    if (!person) return undefined;
    if (row.name && !isSameName(person.name, row.name)) problems.push({ column: 'name', reason: 'name-differs' });
    if (person.disabled) problems.push({ column: 'idNumber', reason: 'account-disabled' });
    if (school && person.organisation && person.organisation !== school._id) {
      problems.push({ column: 'school', reason: 'other-school' });
    }
    if (this.#known.enrolled.has(person._id)) problems.push({ column: 'idNumber', reason: 'already-enrolled' });
    return person;
  }

  #phone({ phone }: RosterRow, person: User | undefined, problems: Problem[]): void {
    if (phone === undefined || phone === person?.phone) return;
    if (this.#phones.has(phone)) problems.push({ column: 'phone', reason: 'duplicate-phone' });
    else if (this.#known.phones.has(phone)) problems.push({ column: 'phone', reason: 'phone-taken' });
  }
}

function byNameAndId(schools: Known['schools']): Map<string, Known['schools']> {
  const map = new Map<string, Known['schools']>();
  for (const place of schools) {
    const { name, _id } = place.school;
    for (const key of new Set([name.zh, name.en, _id].filter((word) => word !== undefined).map(placeKey))) {
      map.set(key, [...(map.get(key) ?? []), place]);
    }
  }
  return map;
}
