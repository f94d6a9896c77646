/** Whether the teachers of a roster may be enrolled, given who is known already. Pure: what is known is handed in. */
import type { Organisation, Programme, User } from '#platform';
import type { Entry, Reason, Refusal } from './roster-rows.ts';

/** A row that may be enrolled: its school is known, and its person, if they have an account. */
export interface Accepted extends Entry {
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

/** Splits the entries into those that may be enrolled and those that may not, each with its first reason. */
export function checkRoster(entries: readonly Entry[], known: Known): { accepted: Accepted[]; refused: Refusal[] } {
  const accepted: Accepted[] = [];
  const refused: Refusal[] = [];
  const numbers = new Set<string>();
  const phones = new Set<string>();
  const schools = byNameAndId(known.schools);
  for (const entry of entries) {
    const refuse = (column: Refusal['column'], reason: Reason, value?: string) =>
      refused.push({ row: entry.row, name: entry.name, column, reason, value });
    const closed = timing(known);
    if (closed) {
      refuse('name', closed);
      continue;
    }
    if (numbers.has(entry.idNumber)) {
      refuse('idNumber', 'duplicate');
      continue;
    }
    numbers.add(entry.idNumber);
    const place = findSchool(entry, schools, known);
    if ('reason' in place) {
      refuse(place.column, place.reason, entry.school.slice(0, 40));
      continue;
    }
    const person = known.people.get(entry.idNumber);
    const problem = personProblem(entry, place.school, person, known, phones);
    if (problem) {
      refuse(problem.column, problem.reason);
      continue;
    }
    if (entry.phone) phones.add(entry.phone);
    accepted.push({ ...entry, organisation: place.school._id, user: person?._id });
  }
  return { accepted, refused };
}

type Problem = Pick<Refusal, 'column' | 'reason'>;

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

function byNameAndId(schools: Known['schools']): Map<string, Known['schools']> {
  const map = new Map<string, Known['schools']>();
  for (const place of schools) {
    const { name, _id } = place.school;
    for (const key of new Set([name.zh, name.en, _id].filter((word) => word !== undefined).map(plain))) {
      map.set(key, [...(map.get(key) ?? []), place]);
    }
  }
  return map;
}

const plain = (text: string): string => text.normalize('NFKC').replace(/\s+/g, '').toLowerCase();

function findSchool(
  entry: Entry,
  schools: Map<string, Known['schools']>,
  { programme }: Known,
): { school: Organisation } | Problem {
  const named = schools.get(plain(entry.school)) ?? [];
  const mine = named.filter((place) => place.mine);
  const [first] = mine;
  if (named.length === 0) return { column: 'school', reason: 'unknown-school' };
  if (!first) return { column: 'school', reason: 'outside-scope' };
  if (mine.length > 1) return { column: 'school', reason: 'ambiguous-school' };
  const { school } = first;
  if (!programme.regions.includes(school.region)) return { column: 'school', reason: 'region-not-taking-part' };
  if (!programme.stages.includes(entry.stage)) return { column: 'stage', reason: 'stage-not-in-programme' };
  if (!school.stages.includes(entry.stage)) return { column: 'stage', reason: 'stage-not-taught' };
  return { school };
}

function personProblem(
  entry: Entry,
  school: Organisation,
  person: User | undefined,
  known: Known,
  phones: Set<string>,
): Problem | undefined {
  if (person) {
    if (person.name !== entry.name) return { column: 'name', reason: 'name-differs' };
    if (person.disabled) return { column: 'idNumber', reason: 'account-disabled' };
    if (person.organisation && person.organisation !== school._id) return { column: 'school', reason: 'other-school' };
    if (known.enrolled.has(person._id)) return { column: 'idNumber', reason: 'already-enrolled' };
  }
  if (entry.phone === undefined || entry.phone === person?.phone) return undefined;
  if (phones.has(entry.phone)) return { column: 'phone', reason: 'duplicate-phone' };
  if (known.phones.has(entry.phone)) return { column: 'phone', reason: 'phone-taken' };
  return undefined;
}
