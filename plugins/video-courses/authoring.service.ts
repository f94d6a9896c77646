import { z } from 'zod';
import { AppError, type LocalText, type Viewer } from '#platform';
import type { Access } from './access.ts';
import { captionLength, readCaptions } from './captions.ts';
import type { Catalogue, Chapter } from './catalogue.service.ts';
import type { MediaStore } from './media.store.ts';
import type { VideoHost } from './plugin.ts';

const titleText = z.object({ zh: z.string().trim().min(1).max(120), en: z.string().trim().max(200).optional() });
const introText = z.object({ zh: z.string().trim().max(2000), en: z.string().trim().max(4000).optional() });

export const courseFields = z.object({
  title: titleText,
  intro: introText.optional(),
  order: z.number().int().min(1).max(1000).optional(),
});
export const courseChange = courseFields.partial().extend({ state: z.literal('published').optional() });
const chapterFields = z.object({ at: z.number().min(0).max(86_400), title: titleText });
const lessonFields = z.object({
  title: titleText,
  chapters: z.array(chapterFields).max(100).default([]),
  /** WebVTT; empty takes them away. */
  captions: z.string().max(captionLength).optional(),
  order: z.number().int().min(1).max(1000).optional(),
});
export const lessonChange = lessonFields.partial();

interface NewCourse {
  programme: string;
  title: LocalText;
  intro?: LocalText | undefined;
  order?: number | undefined;
  state?: 'draft' | 'published';
  author?: string;
}

interface NewLesson {
  course: string;
  title: LocalText;
  chapters?: Chapter[] | undefined;
  captions?: string | undefined;
  order?: number | undefined;
}

/** Making and changing courses. Whoever acts has been checked, or is the platform itself where no viewer is named. */
export class Authoring {
  readonly #host: VideoHost;
  readonly #catalogue: Catalogue;
  readonly #access: Access;
  readonly #media: MediaStore;

  constructor(deps: { host: VideoHost; catalogue: Catalogue; access: Access; media: MediaStore }) {
    this.#host = deps.host;
    this.#catalogue = deps.catalogue;
    this.#access = deps.access;
    this.#media = deps.media;
  }

  /** @returns the course's id @throws core:not-found for a programme that is not the viewer's */
  async createCourse(course: NewCourse, viewer?: Viewer): Promise<string> {
    const programme = viewer
      ? await this.#access.author(viewer, course.programme)
      : await this.#host.programmes.get(course.programme);
    const order = course.order ?? (await this.#catalogue.courses(programme._id)).length + 1;
    const [made] = await this.#host.models.courses.create([
      { ...course, order, ...(viewer && { author: viewer.id }) } as never,
    ]);
    this.#catalogue.forget(programme._id);
    const id = (made as { _id: string })._id;
    await this.#log(viewer, 'course.create', id);
    return id;
  }

  async changeCourse(viewer: Viewer, id: string, change: z.output<typeof courseChange>): Promise<void> {
    const course = await this.#courseOf(viewer, id);
    if (change.state === 'published' && course.lessons.length === 0)
      throw new AppError('video-courses:no-lessons', 409);
    await this.#host.models.courses.updateOne({ _id: id }, { $set: given(change) });
    this.#catalogue.forget(course.programme);
    await this.#log(viewer, 'course.change', id, change);
  }

  /** @throws video-courses:not-empty while it has lessons */
  async deleteCourse(viewer: Viewer, id: string): Promise<{ programme: string }> {
    const course = await this.#courseOf(viewer, id);
    if ((await this.#host.models.lessons.countDocuments({ course: id })) > 0) {
      throw new AppError('video-courses:not-empty', 409);
    }
    await this.#host.models.courses.deleteOne({ _id: id });
    this.#catalogue.forget(course.programme);
    await this.#log(viewer, 'course.delete', id);
    return { programme: course.programme };
  }

  /** @throws core:not-found where the course is not the viewer's to change */
  #courseOf(viewer: Viewer, id: string) {
    return this.#catalogue.course(id).then(async (course) => {
      await this.#access.author(viewer, course.programme);
      return course;
    });
  }

  /** Checks an arrived file and makes it a lesson. @returns its id @throws video-courses:not-a-video … */
  async addLesson(lesson: NewLesson, arrived: string, viewer?: Viewer): Promise<string> {
    const media = await this.#media.accept(arrived);
    try {
      const course = await this.#catalogue.course(lesson.course);
      const order = lesson.order ?? course.lessons.length + 1;
      const chapters = (lesson.chapters ?? []).filter(({ at }) => at < media.seconds);
      const captions = captionFields(lesson.captions);
      const fields = { ...lesson, ...captions, chapters, order, media, programme: course.programme };
      const [made] = await this.#host.models.lessons.create([fields as never]);
      this.#catalogue.forget(course.programme);
      const id = (made as { _id: string })._id;
      await this.#log(viewer, 'lesson.create', id);
      return id;
    } catch (error) {
      await this.#media.remove(media.file);
      throw error;
    }
  }

  async changeLesson(viewer: Viewer, id: string, change: z.output<typeof lessonChange>): Promise<{ course: string }> {
    const { lesson } = await this.#catalogue.lesson(id);
    await this.#access.author(viewer, lesson.programme);
    const { captions: _captions, ...logged } = change;
    const set = { ...given(logged), ...captionFields(change.captions) };
    await this.#host.models.lessons.updateOne({ _id: id }, { $set: set });
    this.#catalogue.forget(lesson.programme);
    await this.#log(viewer, 'lesson.change', id, logged);
    return { course: lesson.course };
  }

  /** Removes a lesson of a draft: a published course has learners and stays whole. @throws video-courses:published */
  async deleteLesson(viewer: Viewer, id: string): Promise<{ course: string }> {
    const { lesson, course } = await this.#catalogue.lesson(id);
    await this.#access.author(viewer, lesson.programme);
    if (course.state === 'published') throw new AppError('video-courses:published', 409);
    await this.#host.models.lessons.deleteOne({ _id: id });
    this.#catalogue.forget(lesson.programme);
    await this.#media.remove(lesson.media.file);
    await this.#log(viewer, 'lesson.delete', id);
    return { course: lesson.course };
  }

  async #log(
    viewer: Viewer | undefined,
    action: string,
    subject: string,
    details?: Record<string, unknown>,
  ): Promise<void> {
    if (!viewer) return;
    await this.#host.audit.record({
      actor: viewer.id,
      action: `video-courses.${action}`,
      subject,
      ...(details && { details }),
    });
  }
}

/** @throws video-courses:not-captions for a text that is no WebVTT */
function captionFields(typed: string | undefined): { captions?: string; captioned?: boolean } {
  if (typed === undefined) return {};
  if (typed.trim() === '') return { captions: '', captioned: false };
  const captions = readCaptions(typed);
  if (captions === undefined) throw new AppError('video-courses:not-captions', 422);
  return { captions, captioned: true };
}

/** Without the fields that the change does not name. */
function given(change: object): object {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}
