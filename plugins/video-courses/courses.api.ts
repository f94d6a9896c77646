import { z } from 'zod';
import { errors, paging, type Viewer } from '#platform';
import { courseChange, courseFields, lessonChange } from './authoring.service.ts';
import type { Course, Lesson } from './catalogue.service.ts';
import { readNote, writeNote } from './notes.service.ts';
import type { VideoHost } from './plugin.ts';
import type { Services } from './services.ts';

const text = z.object({ zh: z.string(), en: z.string().optional() });
const id = z.object({ id: z.string().min(1).max(120) });
const done = z.object({ ok: z.literal(true) });
const lessonView = z.object({
  id: z.string(),
  course: z.string(),
  title: text,
  type: z.string(),
  /** Media seconds. */
  seconds: z.number(),
  chapters: z.array(z.object({ at: z.number(), title: text })),
  number: z.number().int(),
  media: z.string(),
});
const courseView = z.object({
  id: z.string(),
  programme: z.string(),
  title: text,
  intro: text.optional(),
  order: z.number().int(),
  state: z.enum(['draft', 'published']),
  lessons: z.array(lessonView),
});
const progressView = z.object({
  lesson: z.string(),
  credited: z.number().int(),
  played: z.number().int(),
  position: z.number(),
  state: z.enum(['done', 'studying', 'notStarted']),
});
const dayView = z.object({
  day: z.string(),
  credited: z.number(),
  presence: z.object({
    asked: z.number(),
    answered: z.number(),
    late: z.number(),
    missed: z.number(),
    /** When each was asked and how long the answer took; no `ms` where nobody answered. */
    checks: z.array(z.object({ at: z.number(), ms: z.number().optional(), inTime: z.boolean().optional() })),
  }),
  lessons: z.array(
    z.object({
      lesson: z.string(),
      title: text,
      credited: z.number(),
      granted: z.number().int(),
      lost: z.array(
        z.object({
          reason: z.string(),
          seconds: z.number(),
          /** Media milliseconds, flat; `open` are those that are still not credited. */
          stretches: z.array(z.number()).readonly(),
          open: z.array(z.number()).readonly(),
          mayAppeal: z.boolean(),
        }),
      ),
    }),
  ),
});

/** Courses, lessons and what was credited, as JSON. Videos come through `POST /video-courses/courses/:id/lessons`. */
export function coursesApi(host: VideoHost, { access, authoring, catalogue, credit, learning }: Services): void {
  host.api({
    method: 'get',
    path: '/courses',
    summary: 'Courses of a programme; drafts for its authors only',
    query: z.object({ programme: z.string() }),
    response: z.object({ courses: z.array(courseView) }),
    async handle({ query, viewer }) {
      const courses = await catalogue.courses((await host.programmes.readable(viewer, query.programme))._id);
      const visible = await Promise.all(courses.map((course) => access.maySee(viewer, course)));
      return { courses: courses.filter((_, index) => visible[index]).map(viewOf) };
    },
  });

  host.api({
    method: 'get',
    path: '/progress',
    summary: 'What an enrolment has of each lesson, and where to go on',
    query: z.object({ enrolment: z.string() }),
    response: z.object({ lessons: z.array(progressView), next: z.string().optional() }),
    async handle({ query, viewer }) {
      const { courses, next } = await learning.of(await host.enrolments.readable(viewer, query.enrolment));
      const lessons = courses.flatMap((course) => course.lessons);
      return {
        lessons: lessons.map(({ lesson, ...progress }) => ({ ...progress, lesson: lesson.id })),
        ...(next && { next: next.lesson.id }),
      };
    },
  });

  host.api({
    method: 'get',
    path: '/credit',
    summary: 'Per day and lesson, what was credited and why the rest was not',
    query: z.object({ enrolment: z.string(), page: z.string().optional() }),
    response: z.object({ days: z.array(dayView), total: z.number().int() }),
    async handle({ query, viewer }) {
      return credit.days(await host.enrolments.readable(viewer, query.enrolment), paging(query, 31));
    },
  });

  host.api({
    method: 'post',
    path: '/courses',
    summary: 'Makes a course, as a draft',
    body: courseFields.extend({ programme: z.string() }),
    response: z.object({ id: z.string() }),
    handle: async ({ body, viewer }) => ({ id: await authoring.createCourse(body, viewer) }),
  });
  host.api({
    method: 'patch',
    path: '/courses/:id',
    summary: 'Changes or publishes a course',
    params: id,
    body: courseChange,
    response: done,
    async handle({ params, body, viewer }) {
      await authoring.changeCourse(viewer, params.id, body);
      return { ok: true as const };
    },
  });
  host.api({
    method: 'delete',
    path: '/courses/:id',
    summary: 'Removes a course without lessons',
    params: id,
    response: done,
    async handle({ params, viewer }) {
      await authoring.deleteCourse(viewer, params.id);
      return { ok: true as const };
    },
  });
  host.api({
    method: 'patch',
    path: '/lessons/:id',
    summary: 'Changes the title, chapters or place of a lesson',
    params: id,
    body: lessonChange,
    response: done,
    async handle({ params, body, viewer }) {
      await authoring.changeLesson(viewer, params.id, body);
      return { ok: true as const };
    },
  });
  host.api({
    method: 'delete',
    path: '/lessons/:id',
    summary: 'Removes a lesson of a draft course, and its video',
    params: id,
    response: done,
    async handle({ params, viewer }) {
      await authoring.deleteLesson(viewer, params.id);
      return { ok: true as const };
    },
  });

  host.api({
    method: 'get',
    path: '/lessons/:id/notes',
    summary: 'The caller’s own notes on a lesson',
    params: id,
    response: z.object({ text: z.string() }),
    async handle({ params, viewer }) {
      await mustSee(viewer, params.id);
      return { text: await readNote(host, viewer, params.id) };
    },
  });
  host.api({
    method: 'put',
    path: '/lessons/:id/notes',
    summary: 'Keeps the caller’s own notes on a lesson',
    params: id,
    body: z.object({ text: z.string().max(20_000) }),
    response: done,
    async handle({ params, body, viewer }) {
      await mustSee(viewer, params.id);
      await writeNote(host, viewer, params.id, body.text);
      return { ok: true as const };
    },
  });

  async function mustSee(viewer: Viewer, lesson: string): Promise<void> {
    const { course } = await catalogue.lesson(lesson);
    if (!(await access.maySee(viewer, course))) throw errors.notFound();
  }
}

function viewOf({ lessons, intro, ...course }: Course): z.input<typeof courseView> {
  return { ...course, ...(intro && { intro }), lessons: lessons.map(lessonOf) };
}

function lessonOf({ id: lesson, course, title, media, chapters, number }: Lesson): z.input<typeof lessonView> {
  const { type, seconds } = media;
  return { id: lesson, course, title, type, seconds, chapters, number, media: `/video-courses/media/${lesson}` };
}
