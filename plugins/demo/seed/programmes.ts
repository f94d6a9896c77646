import { fileURLToPath } from 'node:url';
import { addDays, type Scheme, startOfBeijingDay } from '#platform';
import { assessment, type DemoProgramme, programmes, termAround } from '../data/programmes.ts';
import { CITY, takingPart } from '../data/regions.ts';
import { workshops } from '../data/workshops.ts';
import type { SeedHost } from './seed-host.ts';

/** What the services made, by the ids of the data. */
export interface Made {
  /** `senior` or `basic` → programme. */
  programmes: Map<string, string>;
  lessons: Map<string, string>;
  topics: Map<string, string>;
  tasks: Map<string, string>;
}

/** Until when late enrolments are taken, in days from today: schools would otherwise have nothing left to do. */
const LATE_ENROLMENT_DAYS = 10;
/** The last day of a task, in days from today. */
const TASK_DUE_DAYS = 14;

/** Lists of programmes of one term go by id: that of the special learner comes first. */
const programmeIds: Record<DemoProgramme['id'], string> = { senior: 'kf2018-01', basic: 'kf2018-02' };

interface Seed {
  host: SeedHost;
  /** Beijing day. */
  today: string;
  /** login → user id */
  users: ReadonlyMap<string, string>;
  /** workshop → user id */
  moderators: ReadonlyMap<string, string>;
}

/** Makes both programmes with everything in them, and opens them. */
export async function seedProgrammes(seed: Seed): Promise<Made> {
  const made: Made = { programmes: new Map(), lessons: new Map(), topics: new Map(), tasks: new Map() };
  for (const programme of programmes) await seedProgramme(seed, programme, made);
  return made;
}

async function seedProgramme(seed: Seed, programme: DemoProgramme, made: Made): Promise<void> {
  const { host, today, users } = seed;
  const { enrolFrom, from, to } = termAround(today);
  const actor = users.get('city') as string;
  const scheme = schemeOf(programme, []);
  const { _id } = await host.programmes.create(
    {
      _id: programmeIds[programme.id],
      title: programme.title,
      description: programme.description,
      provider: programme.provider,
      region: CITY,
      regions: takingPart,
      hours: programme.hours,
      stages: programme.stages,
      term: {
        enrolFrom: startOfBeijingDay(enrolFrom),
        enrolUntil: startOfBeijingDay(addDays(today, LATE_ENROLMENT_DAYS)),
        from: startOfBeijingDay(from),
        to: startOfBeijingDay(addDays(to, 1)),
      },
      scheme,
    },
    actor,
  );
  made.programmes.set(programme.id, _id);
  await seedCourses(seed, programme, _id, made);
  await seedWorkshops(seed, programme, _id);
  await seedTopics(seed, programme, _id, made);
  await seedTasks(seed, programme, _id, made);
  const required = programme.tasks.map(({ id }) => ({
    activity: `assignments/task/${made.tasks.get(id)}`,
    atLeast: 0,
  }));
  const { version: _, ...change } = schemeOf(programme, required);
  await host.programmes.changeScheme(_id, change, actor);
  await host.programmes.open(_id, actor);
}

function schemeOf(programme: DemoProgramme, required: Scheme['required']): Scheme {
  const { weights, requiredSeconds, discussionFull, requiredTasks, passMark } = assessment(programme);
  return {
    version: 1,
    passMark,
    components: [
      {
        id: 'video',
        measure: 'video-courses/seconds',
        weight: weights.video,
        full: requiredSeconds,
        minimum: requiredSeconds,
      },
      { id: 'discussion', measure: 'discussions/points', weight: weights.discussion, full: discussionFull },
      { id: 'tasks', measure: 'assignments/scores', weight: weights.tasks, full: requiredTasks * 100 },
    ],
    required,
  };
}

async function seedCourses({ host }: Seed, { courses }: DemoProgramme, programme: string, made: Made): Promise<void> {
  const service = host.use('video-courses');
  for (const [index, { title, intro, lessons }] of courses.entries()) {
    const course = await service.createCourse({ programme, title, intro, order: index + 1 });
    for (const [position, lesson] of lessons.entries()) {
      const id = await service.addLesson({
        course,
        title: lesson.title,
        file: fileURLToPath(new URL(`../media/${lesson.file}`, import.meta.url)),
        chapters: lesson.chapters,
        captions: lesson.captions,
        order: position + 1,
      });
      made.lessons.set(lesson.id, id);
    }
  }
}

async function seedWorkshops({ host, moderators }: Seed, { id }: DemoProgramme, programme: string): Promise<void> {
  const service = host.use('workshops');
  for (const workshop of workshops) {
    if (workshop.programme !== id) continue;
    await service.create({
      id: workshop.id,
      programme,
      name: workshop.name,
      stage: workshop.stage,
      subject: workshop.subject,
      moderator: moderators.get(workshop.id) as string,
    });
  }
}

async function seedTopics({ host, users }: Seed, { id, topics }: DemoProgramme, programme: string, made: Made) {
  const author = users.get(id === 'senior' ? 'provider' : 'provider-2') as string;
  const at = (await host.programmes.get(programme)).term.from;
  for (const { id: topic, title, prompt } of topics) {
    const service = host.use('discussions');
    made.topics.set(topic, await service.createTopic({ programme, title, text: prompt, author, at }));
  }
}

async function seedTasks(
  { host, today }: Seed,
  { tasks }: DemoProgramme,
  programme: string,
  made: Made,
): Promise<void> {
  const service = host.use('assignments');
  const due = new Date(startOfBeijingDay(addDays(today, TASK_DUE_DAYS + 1)).getTime() - 1000);
  for (const { id, title, instructions } of tasks) {
    made.tasks.set(id, await service.createTask({ programme, title, instructions, due, maxScore: 100 }));
  }
}
