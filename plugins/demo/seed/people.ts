import { type Grant, type NewPerson, parseIdNumber } from '#platform';
import {
  almostThereLogin,
  bureauLogins,
  halfwayLogin,
  moderatorLogin,
  schoolLogin,
  simulatedLogin,
} from '../accounts.ts';
import type { Learner } from '../data/learners.ts';
import { inventName, type Sex } from '../data/names.ts';
import { bureauOf, CITY_BUREAU, PROVIDER_BASIC, PROVIDER_SENIOR, schools } from '../data/organisations.ts';
import { seeded } from '../data/random.ts';
import { CITY } from '../data/regions.ts';
import { workshops } from '../data/workshops.ts';

const NAMES_SEED = 44;

/** Everybody who is not a learner: who they are and what they may do where. */
export function staff(): NewPerson[] {
  const random = seeded(NAMES_SEED);
  const person = (account: string, organisation: string, ...grants: Grant[]): NewPerson => {
    const sex: Sex = random.chance(0.5) ? 'female' : 'male';
    return { name: inventName(sex, random), sex, account, organisation, grants };
  };
  const provider = (account: string, role: Grant['role'], id: string) =>
    person(account, id, { role, scope: `organisation:${id}` });
  return [
    person('operator', CITY_BUREAU, { role: 'operator', scope: 'platform' }),
    person('province', CITY_BUREAU, { role: 'province', scope: 'region:410000' }),
    person('city', CITY_BUREAU, { role: 'city-bureau', scope: `region:${CITY}` }),
    ...Object.entries(bureauLogins).map(([region, login]) =>
      person(login, bureauOf(region), { role: 'county-bureau', scope: `region:${region}` }),
    ),
    provider('provider', 'provider-manager', PROVIDER_SENIOR),
    provider('provider-2', 'provider-manager', PROVIDER_BASIC),
    provider('author', 'course-author', PROVIDER_SENIOR),
    provider('author-2', 'course-author', PROVIDER_BASIC),
    provider('expert', 'expert', PROVIDER_SENIOR),
    ...schools.map(({ _id }, index) =>
      person(index === firstSchool ? 'school' : schoolLogin(_id), _id, {
        role: 'school-administrator',
        scope: `organisation:${_id}`,
      }),
    ),
    ...moderators(),
  ];
}

/** The administrator of the special learner's school has the short login. */
const firstSchool = schools.findIndex(({ _id }) => _id === 'KF-GL-01');

/** One for each workshop, in their order; the workshop gives its own grant. */
const moderators = (): NewPerson[] =>
  workshops.map(({ moderator: { name, sex, phone, school } }, index) => ({
    name,
    sex,
    phone,
    account: moderatorLogin(index + 1),
    organisation: school,
    grants: [],
  }));

/** Login of a school's administrator. */
export const administratorOf = (school: string): string =>
  schools[firstSchool]?._id === school ? 'school' : schoolLogin(school);

/**
 * Learners who have an account before their school enrols them, by index → login: the special one, one half way, and
 * those whom the simulation lets study. The roster finds them by their ID number.
 */
export function learnerLogins(options: {
  learners: readonly Learner[];
  /** Learners who have begun and not yet qualified, by how much is left to do, least first. */
  studying: readonly Learner[];
  simulated: number;
}): Map<number, string> {
  const logins = new Map<number, string>();
  const special = options.learners.find(({ almostThere }) => almostThere);
  if (special) logins.set(special.index, almostThereLogin);
  const others = options.studying.filter(({ almostThere }) => !almostThere);
  const halfway = others.find(({ region, stage }) => region === '410204' && stage === 'senior') ?? others[0];
  if (halfway) logins.set(halfway.index, halfwayLogin);
  const rest = others.filter((learner) => learner !== halfway);
  for (const [position, { index }] of rest.slice(0, options.simulated).entries()) {
    logins.set(index, simulatedLogin(position + 1));
  }
  return logins;
}

/** The account of a learner, as the roster will know the person. */
export function learnerPerson(learner: Learner, account: string): NewPerson {
  const { name, sex, phone, school, stage, subject, title } = learner;
  const parsed = parseIdNumber(learner.idNumber);
  if (!parsed.ok) throw new Error(`the invented ID number of learner ${learner.index} is wrong: ${parsed.reason}`);
  return {
    ...{ name, sex, phone, stage, subject, title, account },
    idNumber: parsed.value.number,
    organisation: school,
    grants: [{ role: 'learner', scope: `organisation:${school}` }],
  };
}
