import { errors, Kept, type LocalText } from '#platform';
import type { Models } from './plugin.ts';

export interface Chapter {
  /** Media seconds. */
  at: number;
  title: LocalText;
}

export interface Lesson {
  id: string;
  course: string;
  programme: string;
  title: LocalText;
  media: { file: string; type: string; bytes: number; seconds: number; codec?: string };
  chapters: Chapter[];
  captioned: boolean;
  /** Place within the programme's published lessons, from 1; within the course for drafts. */
  number: number;
}

export interface Course {
  id: string;
  programme: string;
  title: LocalText;
  intro: LocalText | undefined;
  order: number;
  state: 'draft' | 'published';
  lessons: Lesson[];
}

/** How long a programme's courses are kept in memory before they are read again, in milliseconds. */
const KEPT_MS = 2_000;

/** Courses and lessons as they are read: kept per programme, since every page and beat asks for them. */
export class Catalogue {
  readonly #models: Models;
  readonly #kept = new Kept<Course[]>(KEPT_MS);
  /** lesson or course → its programme, which never changes. */
  readonly #programmes = new Map<string, string>();

  constructor(models: Models) {
    this.#models = models;
  }

  /** A programme's courses in order, drafts among them; at most two seconds old. */
  courses(programme: string): Promise<Course[]> {
    return this.#kept.get(programme, () => this.#read(programme));
  }

  /** What learners see: published courses. */
  async published(programme: string): Promise<Course[]> {
    return (await this.courses(programme)).filter((course) => course.state === 'published');
  }

  /** @throws core:not-found */
  async course(id: string): Promise<Course> {
    const programme = this.#programmes.get(id) ?? (await this.#models.courses.findById(id).lean())?.programme;
    const found = programme && (await this.courses(programme)).find((course) => course.id === id);
    if (!found) throw errors.notFound();
    return found;
  }

  /** A lesson with its course. @throws core:not-found */
  async lesson(id: string): Promise<{ lesson: Lesson; course: Course }> {
    const programme = this.#programmes.get(id) ?? (await this.#models.lessons.findById(id).lean())?.programme;
    for (const course of programme ? await this.courses(programme) : []) {
      const lesson = course.lessons.find((one) => one.id === id);
      if (lesson) return { lesson, course };
    }
    throw errors.notFound();
  }

  /** A lesson's captions as WebVTT; empty where there are none. */
  async captions(id: string): Promise<string> {
    return (await this.#models.lessons.findById(id).select({ captions: 1 }).lean())?.captions ?? '';
  }

  /** Reads the programme again at the next question. */
  forget(programme: string): void {
    this.#kept.forget(programme);
  }

  async #read(programme: string): Promise<Course[]> {
    const [courses, lessons] = await Promise.all([
      this.#models.courses.find({ programme }).sort({ order: 1, _id: 1 }).lean(),
      this.#models.lessons.find({ programme }).select({ captions: 0 }).sort({ order: 1, _id: 1 }).lean(),
    ]);
    let number = 0;
    const result: Course[] = courses.map((course) => ({
      id: course._id,
      programme,
      title: course.title as LocalText,
      intro: course.intro?.zh ? (course.intro as LocalText) : undefined,
      order: course.order,
      state: course.state,
      lessons: lessons
        .filter((lesson) => lesson.course === course._id)
        .map((lesson, index) => ({
          id: lesson._id,
          course: course._id,
          programme,
          title: lesson.title as LocalText,
          media: lesson.media as Lesson['media'],
          chapters: lesson.chapters as Chapter[],
          captioned: lesson.captioned,
          number: course.state === 'published' ? ++number : index + 1,
        })),
    }));
    for (const course of result) {
      this.#programmes.set(course.id, programme);
      for (const lesson of course.lessons) this.#programmes.set(lesson.id, programme);
    }
    return result;
  }
}
