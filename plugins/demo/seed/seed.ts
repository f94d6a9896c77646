import { beijingDay, type NewPerson } from '#platform';
import { demoPassword, moderatorLogin } from '../accounts.ts';
import { history } from '../data/history.ts';
import { generateLearners } from '../data/learners.ts';
import { organisations, schools } from '../data/organisations.ts';
import { programmeOf, programmes } from '../data/programmes.ts';
import { seeded } from '../data/random.ts';
import { regions } from '../data/regions.ts';
import { workshops } from '../data/workshops.ts';
import { type PastLearner, seedHistory } from './history.ts';
import { learnerLogins, learnerPerson, staff } from './people.ts';
import { seedProgrammes } from './programmes.ts';
import { uploadRosters } from './rosters.ts';
import type { SeedHost } from './seed-host.ts';

const LEARNERS_SEED = 2018;
const HISTORY_SEED = 1;

export interface SeedOptions {
  host: SeedHost;
  /** How many learners there are. */
  learners: number;
  /** How many of them get an account for the simulation. */
  simulated: number;
  /** Told what is being made. */
  stage(name: string): void;
}

/** Fills an empty platform with the demonstration, through the services that real people's requests go through. */
export async function seed({ host, learners: count, simulated, stage }: SeedOptions): Promise<void> {
  const today = beijingDay(Date.now());
  stage('regions, organisations, people');
  await host.regions.put({ regions, organisations });
  const all = invent(count, today);
  const passwordHash = await host.accounts.hashPassword(demoPassword);
  const withPassword = (person: NewPerson): NewPerson => ({ ...person, passwordHash });
  const logins = learnerLogins({ learners: all.map(({ learner }) => learner), studying: studying(all), simulated });
  const early = all.filter(({ learner }) => logins.has(learner.index));
  const people = await host.accounts.createMany([
    ...staff().map(withPassword),
    ...early.map(({ learner }) => withPassword(learnerPerson(learner, logins.get(learner.index) as string))),
  ]);
  const users = new Map(people.map(({ account, _id }) => [account as string, _id]));

  stage('programmes, courses, workshops');
  const moderators = new Map(workshops.map(({ id }, index) => [id, users.get(moderatorLogin(index + 1)) as string]));
  const made = await seedProgrammes({ host, today, users, moderators });

  stage(`rosters of ${schools.length} schools, uploaded by their administrators`);
  await uploadRosters(
    host.publicUrl,
    all.map(({ learner }) => learner),
    made.programmes,
  );
  for (const programme of made.programmes.values()) await host.use('workshops').place(programme);

  stage('study history');
  await seedHistory(host, all, made);
}

/** The learners with what they have done; chance is drawn in their order. */
function invent(count: number, today: string): PastLearner[] {
  const random = seeded(HISTORY_SEED);
  return generateLearners({ seed: LEARNERS_SEED, count, schools, programmes }).map((learner) => ({
    learner,
    past: history(learner, random, programmeOf(learner.stage), today),
  }));
}

/** Those who have begun and have videos left, in an order that mixes schools and progress. */
function studying(all: readonly PastLearner[]) {
  const random = seeded(HISTORY_SEED);
  return all
    .filter(({ past, learner }) => past.lessons.length > 0 && past.lessons.length < lessonsLeftAt(learner.stage))
    .map(({ learner }) => ({ learner, order: random.next() }))
    .sort((a, b) => a.order - b.order)
    .map(({ learner }) => learner);
}

/** Whoever has begun the last lesson has hardly anything left to play. */
const lessonsLeftAt = (stage: Parameters<typeof programmeOf>[0]): number =>
  programmeOf(stage).courses.flatMap(({ lessons }) => lessons).length;
