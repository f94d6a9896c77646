import { beijingDay, type Enrolment } from '#platform';
import { type SeenLesson, seenOf, watchesOf } from './ahead.ts';
import type { Catalogue, Course, Lesson } from './catalogue.service.ts';
import type { VideoHost } from './plugin.ts';
import { rulesOf } from './programme-rules.ts';
import { coveredSeconds, type Ranges } from './ranges.ts';
import type { StoredWatch } from './watch.model.ts';
import { isComplete } from './watch-time.ts';

interface Segment {
  /** Media seconds. */
  from: number;
  to: number;
  kind: 'credited' | 'played';
}

interface LessonProgress {
  lesson: Lesson;
  /** Whole seconds. */
  credited: number;
  played: number;
  segments: Segment[];
  position: number;
  /** Media seconds up to which seeking is free. */
  furthest: number;
  state: 'done' | 'studying' | 'notStarted';
}

interface CourseProgress {
  course: Course;
  lessons: LessonProgress[];
  done: number;
  credited: number;
  length: number;
}

interface NextLesson {
  lesson: Lesson;
  position: number;
  /** Whether any of it was played before. */
  begun: boolean;
}

export interface Learning {
  courses: CourseProgress[];
  next: NextLesson | undefined;
  credited: number;
  length: number;
}

/** What an enrolment has of its lessons, in one query. */
export class LearningService {
  readonly #host: VideoHost;
  readonly #catalogue: Catalogue;

  constructor(host: VideoHost, catalogue: Catalogue) {
    this.#host = host;
    this.#catalogue = catalogue;
  }

  async of(enrolment: Pick<Enrolment, '_id' | 'programme'>): Promise<Learning> {
    const [courses, programme, watched] = await Promise.all([
      this.#catalogue.published(enrolment.programme),
      this.#host.programmes.get(enrolment.programme),
      watchesOf(this.#host.models, enrolment),
    ]);
    const byLesson = new Map(watched.map((watch) => [watch.lesson, watch]));
    const { completePercent } = rulesOf(programme);
    const result = courses.map((course) => {
      const lessons = course.lessons.map((lesson) => progressOf(lesson, byLesson.get(lesson.id), completePercent));
      return {
        course,
        lessons,
        done: lessons.filter(({ state }) => state === 'done').length,
        credited: sum(lessons.map(({ credited }) => credited)),
        length: sum(course.lessons.map(({ media }) => media.seconds)),
      };
    });
    return {
      courses: result,
      next: nextOf(result, watched),
      credited: sum(result.map(({ credited }) => credited)),
      length: sum(result.map(({ length }) => length)),
    };
  }

  /** One lesson, and what was credited today in the whole programme. */
  async lesson(enrolment: string, lesson: Lesson, now: number) {
    const { models, programmes } = this.#host;
    const owner = { _id: enrolment, programme: lesson.programme };
    const [{ watch, ledger }, programme] = await Promise.all([
      seenOf(models, owner, lesson.id, beijingDay(now)),
      programmes.get(lesson.programme),
    ]);
    const rules = rulesOf(programme);
    return {
      ...progressOf(lesson, watch, rules.completePercent),
      today: ledger?.credited ?? 0,
      cap: rules.dailyCapSeconds,
      rules,
    };
  }
}

function progressOf(lesson: Lesson, watch: SeenLesson | undefined, percent: number): LessonProgress {
  if (!watch) return { lesson, credited: 0, played: 0, segments: [], position: 0, furthest: 0, state: 'notStarted' };
  const { covered, played, furthest, position } = watch;
  const done = isComplete({ covered, played, furthest }, lesson.media.seconds, percent);
  return {
    lesson,
    credited: coveredSeconds(covered),
    played: coveredSeconds(played),
    segments: [...segmentsOf(covered, 'credited'), ...segmentsOf(played, 'played')],
    position,
    furthest: furthest / 1000,
    state: done ? 'done' : 'studying',
  };
}

function segmentsOf(ranges: Ranges, kind: Segment['kind']): Segment[] {
  const segments: Segment[] = [];
  for (let index = 0; index < ranges.length; index += 2) {
    segments.push({ from: ranges[index]! / 1000, to: ranges[index + 1]! / 1000, kind });
  }
  return segments;
}

/** Where to go on: the lesson played last unless it is done, else the first one that is not. */
function nextOf(courses: CourseProgress[], watched: StoredWatch[]): NextLesson | undefined {
  const open = courses.flatMap(({ lessons }) => lessons).filter(({ state }) => state !== 'done');
  const newest = watched.reduce<StoredWatch | undefined>(
    (latest, watch) => (latest && latest.at >= watch.at ? latest : watch),
    undefined,
  );
  const found = open.find(({ lesson }) => lesson.id === newest?.lesson) ?? open[0];
  return found && { lesson: found.lesson, position: found.position, begun: found.state === 'studying' };
}

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
