import { fileURLToPath } from 'node:url';
import { addDays, beijingDay, startOfBeijingDay } from '../../server/beijing-time.ts';
import type { Platform } from '../../server/platform.ts';
import type { Services } from '../../server/plugins/contract.ts';
import type { Enrolment } from '../../server/programmes/enrolments.service.ts';
import type { Fixtures, Person } from './fixtures.ts';

/** Enough characters for a point, which is full marks in the path's programme. */
export const thought = '我在课堂上先让学生独立思考两分钟，再请他们和同桌交换理由，最后全班比较不同的解法。';
export const work = '教学设计：先看一段生活里的例子，再让学生自己提出问题，分组讨论，最后写下一句收获。';
/** The score of the task; with the video and the post in full the total is 96.00. */
export const grade = 90;
export const finalTotal = 9600;

/** A programme on which a learner can qualify within seconds, and everybody who takes part in it. */
export interface Path {
  programme: string;
  lesson: string;
  topic: string;
  task: string;
  workshop: string;
  learner: Person & { enrolment: Enrolment };
  /** A learner of the other county, who only makes the city's figures differ from the county's. */
  elsewhere: Person & { enrolment: Enrolment };
  moderator: Person;
  county: Person;
  otherCounty: Person;
  city: Person;
}

/**
 * Lays the path on a platform with all plugins: a programme of 60 hours whose scheme is met by some seconds of video (40),
 * one post (20) and the one required task (40).
 * @param seconds of video that the scheme asks for, at most the twelve of the test's clip
 */
export async function layPath(platform: Platform, fixtures: Fixtures, seconds = 10): Promise<Path> {
  const { programmes, progress, accounts } = platform.rooms;
  const { regions, organisations, person } = fixtures;
  const service = <K extends keyof Services>(id: K) => platform.rooms.services.get(id) as Services[K];
  const today = beijingDay(Date.now());
  const day = (n: number) => startOfBeijingDay(addDays(today, n));
  const scheme = {
    version: 1,
    passMark: 6000,
    components: [
      { id: 'video', measure: 'video-courses/seconds', weight: 40, full: seconds, minimum: seconds },
      { id: 'discussion', measure: 'discussions/points', weight: 20, full: 10 },
      { id: 'tasks', measure: 'assignments/scores', weight: 40, full: 100 },
    ],
    required: [],
  };
  const { _id: programme } = await programmes.create({
    title: { zh: '全员培训（一期）', en: 'Training for everybody, first phase' },
    provider: organisations.provider,
    region: regions.city,
    regions: [regions.county, regions.otherCounty],
    hours: 60,
    stages: ['senior'],
    term: { enrolFrom: day(-60), enrolUntil: day(10), from: day(-30), to: day(60) },
    scheme,
  });

  const course = await service('video-courses').createCourse({
    programme,
    title: { zh: '课堂教学', en: 'Teaching' },
    order: 1,
  });
  const file = fileURLToPath(new URL('media/clip-12s.webm', import.meta.url));
  const title = { zh: '第一讲', en: 'First lesson' };
  const lesson = await service('video-courses').addLesson({ course, title, file, order: 1 });
  const moderator = await person({ name: '周坊主' });
  const workshop = await service('workshops').create({
    programme,
    name: { zh: '高中语文工作坊', en: 'Senior Chinese' },
    stage: 'senior',
    subject: 'chinese',
    moderator: moderator.id,
  });
  const topic = await service('discussions').createTopic({
    programme,
    title: { zh: '一个好问题', en: 'One good question' },
    text: { zh: '请写出您课上用过的一个好问题。', en: 'Give one good question.' },
    author: moderator.id,
  });
  const task = await service('assignments').createTask({
    programme,
    title: { zh: '教学设计', en: 'A lesson plan' },
    instructions: { zh: '写一份教学设计。', en: 'Write a lesson plan.' },
    due: day(14),
    maxScore: 100,
  });
  const required = [{ activity: `assignments/task/${task}`, atLeast: 60 }];
  await programmes.changeScheme(programme, { ...scheme, required }, moderator.id);
  await programmes.open(programme);

  const enrol = async (name: string, organisation: string) => {
    const grants = [{ role: 'learner' as const, scope: `organisation:${organisation}` as const }];
    const made = await person({ name, organisation, grants });
    return { ...made, enrolment: await progress.enrol(programme, await accounts.get(made.id)) };
  };
  const officer = (name: string, role: 'county-bureau' | 'city-bureau', region: string) =>
    person({ name, organisation: organisations.cityBureau, grants: [{ role, scope: `region:${region}` }] });
  const learner = await enrol('李文静', organisations.school);
  await progress.setWorkshop(learner.enrolment._id, workshop);
  return {
    programme,
    lesson,
    topic,
    task,
    workshop,
    learner,
    elsewhere: await enrol('孙远方', organisations.otherSchool),
    moderator,
    county: await officer('鼓楼科员', 'county-bureau', regions.county),
    otherCounty: await officer('龙亭科员', 'county-bureau', regions.otherCounty),
    city: await officer('市局科员', 'city-bureau', regions.city),
  };
}
