import { createHmac, randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Connection } from 'mongoose';
import { media } from '../../../plugins/demo/media/index.ts';
import type { User } from '../../../server/accounts/accounts.service.ts';
import { addDays, beijingDay } from '../../../server/beijing-time.ts';
import { newId } from '../../../server/ids.ts';
import type { Platform } from '../../../server/platform.ts';
import { type Enrolment, newEnrolment } from '../../../server/programmes/enrolments.service.ts';
import type { Programme } from '../../../server/programmes/programmes.service.ts';
import type { EnrolmentProgress } from '../../../server/progress/enrolment-change.ts';
import type { Measures } from '../../../server/progress/measures.ts';
import { recompute } from '../../../server/progress/roll-up.ts';
import { rollUpWrites } from '../../../server/progress/roll-up-writes.ts';
import { createFixtures, type Fixtures } from '../../support/fixtures.ts';

/** A learner who can play: the enrolment, and the cookie of a signed-in session. */
export interface Seat {
  learner: string;
  enrolment: string;
  cookie: string;
}

export interface Place {
  programme: string;
  lesson: string;
  fixtures: Fixtures;
}

/** What a learner has done before the benchmark begins. */
export type Study = (
  enrolment: Enrolment,
  index: number,
  about: { programme: Programme; measures: Measures },
) => Enrolment;

const SCHOOL_SIZE = 250;
const WORKSHOP_SIZE = 50;
const BATCH = 2_000;
const LESSON_SECONDS = 3 * 3600;

/** The fixtures' programme with one long lesson; nobody looks at its picture. */
export async function layPlace(platform: Platform): Promise<Place> {
  const fixtures = await createFixtures(platform);
  const service = platform.host('video-courses').tryUse('video-courses')!;
  const { programme } = fixtures;
  const course = await service.createCourse({ programme, title: { zh: '课堂教学', en: 'Teaching' }, order: 1 });
  const file = fileURLToPath(new URL(`../../../plugins/demo/media/${media[0].file}`, import.meta.url));
  const lesson = await service.addLesson({ course, title: { zh: '长课', en: 'A long lesson' }, file, order: 1 });
  const lessons = platform.rooms.connection.collection<{ _id: string }>('video_courses_lessons');
  await lessons.updateOne({ _id: lesson }, { $set: { 'media.seconds': LESSON_SECONDS } });
  return { programme, lesson, fixtures };
}

/**
 * Learners as a roster would have enrolled them, straight into the collections: 250 to a school, 50 to a workshop, their
 * roll-ups as recomputed from them.
 */
export async function enrolMany(
  platform: Platform,
  place: Place,
  count: number,
  study: Study = (enrolment) => enrolment,
): Promise<string[]> {
  const { connection, programmes, regions, progress } = platform.rooms;
  const programme = await programmes.get(place.programme);
  const schools = Array.from({ length: Math.ceil(count / SCHOOL_SIZE) }, (_, index) => ({
    _id: `school-${index}`,
    name: { zh: `第${index + 1}中学`, en: `School ${index + 1}` },
    kind: 'school' as const,
    region: index % 2 ? place.fixtures.regions.otherCounty : place.fixtures.regions.county,
    stages: ['senior' as const],
    direct: false,
  }));
  await regions.put({ organisations: schools });
  const scopes = await Promise.all(schools.map(({ _id }) => regions.scopesOf(_id)));
  await layWorkshops(connection, place, Math.ceil(count / WORKSHOP_SIZE));
  const enrolments: Enrolment[] = [];
  for (let from = 0; from < count; from += BATCH) {
    const users = Array.from({ length: Math.min(BATCH, count - from) }, (_, index) => {
      const school = Math.floor((from + index) / SCHOOL_SIZE);
      return newUser(from + index, `school-${school}`, scopes[school] as string[]);
    });
    const batch = users
      .map((user, index) => enrolled(programme, user, Math.floor((from + index) / WORKSHOP_SIZE)))
      .map((enrolment, index) => study(enrolment, from + index, { programme, measures: progress.measures }));
    await insert(connection, 'users', users);
    await insert(connection, 'enrolments', batch);
    enrolments.push(...batch);
  }
  const deltas = recompute(enrolments as EnrolmentProgress[]);
  const { rollUps } = rollUpWrites(place.programme, deltas, 0);
  for (let from = 0; from < rollUps.length; from += BATCH) {
    const part = rollUps.slice(from, from + BATCH) as never[];
    await connection.collection('roll_ups').bulkWrite(part, { ordered: false });
  }
  return enrolments.map(({ learner }) => learner);
}

/** Signed-in sessions, stored and signed as the platform's own (connect-mongo, express-session). */
export async function signInMany(
  connection: Connection,
  learners: readonly string[],
  { programme, secret }: { programme: string; secret: Buffer },
): Promise<Seat[]> {
  const key = secret.toString('base64');
  const expires = new Date(Date.now() + 14 * 86_400_000);
  const cookie = {
    originalMaxAge: 14 * 86_400_000,
    expires,
    secure: false,
    httpOnly: true,
    path: '/',
    sameSite: 'lax',
  };
  const seats = learners.map((learner) => {
    const id = randomBytes(24).toString('base64url');
    const signature = createHmac('sha256', key).update(id).digest('base64').replace(/=+$/, '');
    return {
      id,
      learner,
      enrolment: `${learner}-${programme}`,
      cookie: `xf.sid=${encodeURIComponent(`s:${id}.${signature}`)}`,
    };
  });
  const stored = seats.map(({ id, learner }) => ({
    _id: id,
    expires,
    lastModified: new Date(),
    session: { cookie, passport: { user: learner }, signedInAt: Date.now() },
  }));
  for (let from = 0; from < stored.length; from += BATCH) {
    await insert(connection, 'sessions', stored.slice(from, from + BATCH));
  }
  return seats.map(({ id: _, ...seat }) => seat);
}

async function layWorkshops(connection: Connection, { programme, fixtures }: Place, count: number): Promise<void> {
  const moderator = await fixtures.person({ name: '坊主' });
  const workshops = Array.from({ length: count }, (_, index) => ({
    _id: `workshop-${index}`,
    programme,
    name: { zh: `高中语文第${index + 1}坊` },
    stage: 'senior',
    subject: 'chinese',
    moderator: moderator.id,
    createdAt: new Date(),
  }));
  await insert(connection, 'workshops_workshops', workshops);
}

function newUser(index: number, organisation: string, scopes: string[]): User {
  return {
    _id: newId(),
    name: `教师${index}`,
    account: `teacher-${index}`,
    grants: [{ role: 'learner', scope: `organisation:${organisation}` }],
    organisation,
    scopes,
    stage: 'senior',
    subject: 'chinese',
    disabled: false,
    createdAt: new Date(),
  } as unknown as User;
}

/** Somebody who has studied a little on an earlier day. */
function enrolled(programme: Programme, user: User, workshop: number): Enrolment {
  const enrolment = newEnrolment(programme, user);
  return {
    ...enrolment,
    workshop: `workshop-${workshop}`,
    scopes: [...enrolment.scopes, `workshop:workshop-${workshop}`],
    lastDay: addDays(beijingDay(Date.now()), -3),
    lastAt: new Date(Date.now() - 3 * 86_400_000),
  };
}

async function insert(connection: Connection, collection: string, documents: object[]): Promise<void> {
  const half = Math.ceil(documents.length / 2);
  const parts = [documents.slice(0, half), documents.slice(half)].filter((part) => part.length > 0);
  const options = { ordered: false };
  await Promise.all(parts.map((part) => connection.collection(collection).insertMany(part as never[], options)));
}
