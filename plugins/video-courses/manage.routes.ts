import type { Request, Response } from 'express';
import { z } from 'zod';
import { AppError, localText, readForm, type Viewer } from '#platform';
import { addedNotice } from './added-notice.ts';
import { captionLength, readCaptions } from './captions.ts';
import { parseChapters, writeChapters } from './chapters.ts';
import type { VideoHost } from './plugin.ts';
import type { Services } from './services.ts';

const titles = { titleZh: z.string().trim().min(1).max(120), titleEn: z.string().trim().max(200).default('') };
const courseForm = z.object({
  ...titles,
  introZh: z.string().trim().max(2000).default(''),
  introEn: z.string().trim().max(4000).default(''),
  order: z.coerce.number().int().min(1).max(1000).optional(),
});
const newCourseForm = courseForm.extend({ programme: z.string().min(1) });
const lessonForm = z.object({
  ...titles,
  chapters: z.string().max(20_000).default(''),
  captions: z.string().max(captionLength).default(''),
  order: z.coerce.number().int().min(1).max(1000).optional(),
});

const manage = '/video-courses/manage';
const courseHref = (id: string): string => `${manage}/courses/${id}`;

/** What authors do: make courses, put lessons into them, publish them. */
export function manageRoutes(host: VideoHost, services: Services): void {
  const { access, authoring, catalogue } = services;
  const { routes } = host;
  const author = host.allow('author');

  routes.get('/manage', author, (request, response) => showList(request, response));

  routes.post('/manage/courses', author, async (request, response) => {
    const form = readForm(newCourseForm, emptyToNothing(request.body), request.language);
    if (!form.ok) return showList(request, response, form);
    const id = await authoring.createCourse(
      { programme: form.value.programme, ...courseOf(form.value) },
      viewerOf(request),
    );
    response.done(courseHref(id), say(request, 'manage.courseMade'));
  });

  routes.get('/manage/courses/:id', author, (request, response) => showCourse(request, response));

  routes.post('/manage/courses/:id', author, async (request, response) => {
    const id = String(request.params.id);
    const form = readForm(courseForm, emptyToNothing(request.body), request.language);
    if (!form.ok) return showCourse(request, response, { course: form });
    await authoring.changeCourse(viewerOf(request), id, courseOf(form.value));
    response.done(courseHref(id), say(request, 'manage.kept'));
  });

  routes.post('/manage/courses/:id/publish', author, async (request, response) => {
    const id = String(request.params.id);
    await authoring.changeCourse(viewerOf(request), id, { state: 'published' });
    response.done(courseHref(id), say(request, 'manage.published'));
  });

  routes.post('/manage/courses/:id/delete', author, async (request, response) => {
    const { programme } = await authoring.deleteCourse(viewerOf(request), String(request.params.id));
    response.done(`${manage}?programme=${programme}`, say(request, 'manage.deleted'));
  });

  routes.get('/manage/lessons/:id', author, (request, response) => showLesson(request, response));

  routes.post('/manage/lessons/:id', author, async (request, response) => {
    const form = readLesson(request);
    if (!form.ok) return showLesson(request, response, form);
    const { course } = await authoring.changeLesson(viewerOf(request), String(request.params.id), form.value);
    response.done(courseHref(course), say(request, 'manage.kept'));
  });

  routes.post('/manage/lessons/:id/delete', author, async (request, response) => {
    const { course } = await authoring.deleteLesson(viewerOf(request), String(request.params.id));
    response.done(courseHref(course), say(request, 'manage.deleted'));
  });

  async function showList(request: Request, response: Response, form?: Refused): Promise<void> {
    const { language } = request;
    const t = host.translate(language);
    const { all, current } = await request.programmes();
    const programmes = [];
    for (const programme of all) if (await access.mayAuthor(viewerOf(request), programme)) programmes.push(programme);
    const chosen =
      programmes.find(({ _id }) => _id === request.query.programme) ??
      programmes.find((p) => p === current) ??
      programmes[0];
    await response.page('video-courses/manage', {
      title: t('manage.title'),
      programmes: programmes.map(({ _id, title }) => ({ value: _id, label: localText(title, language) })),
      programme: chosen?._id,
      courses: chosen ? await catalogue.courses(chosen._id) : [],
      text: (value: Parameters<typeof localText>[0]) => localText(value, language),
      styles: ['video-courses.css'],
      ...(form && { status: 422, errors: form.errors, values: form.values }),
    });
  }

  async function showCourse(
    request: Request,
    response: Response,
    refused: { course?: Refused; lesson?: Refused } = {},
  ): Promise<void> {
    const { language } = request;
    const t = host.translate(language);
    const course = await catalogue.course(String(request.params.id));
    const programme = await access.author(viewerOf(request), course.programme);
    await response.page('video-courses/manage-course', {
      title: localText(course.title, language),
      breadcrumb: [{ label: t('manage.title'), href: `${manage}?programme=${programme._id}` }],
      course,
      megabytes: host.settings.uploadMegabytes,
      courseValues: refused.course?.values ?? {
        titleZh: course.title.zh,
        titleEn: course.title.en ?? '',
        introZh: course.intro?.zh ?? '',
        introEn: course.intro?.en ?? '',
        order: course.order,
      },
      courseErrors: refused.course?.errors ?? {},
      text: (value: Parameters<typeof localText>[0]) => localText(value, language),
      styles: ['video-courses.css'],
      scripts: ['video-courses.js'],
      ...('added' in request.query && {
        notice: addedNotice(course.lessons.find(({ id }) => id === request.query.added)?.media, t),
      }),
      ...(refused.course && { status: 422 }),
    });
  }

  async function showLesson(request: Request, response: Response, form?: Refused): Promise<void> {
    const { language } = request;
    const t = host.translate(language);
    const { lesson, course } = await catalogue.lesson(String(request.params.id));
    await access.author(viewerOf(request), lesson.programme);
    await response.page('video-courses/manage-lesson', {
      title: localText(lesson.title, language),
      breadcrumb: [
        { label: t('manage.title'), href: `${manage}?programme=${lesson.programme}` },
        { label: localText(course.title, language), href: courseHref(course.id) },
      ],
      lesson,
      course,
      values: form?.values ?? {
        titleZh: lesson.title.zh,
        titleEn: lesson.title.en ?? '',
        chapters: writeChapters(lesson.chapters),
        captions: await catalogue.captions(lesson.id),
      },
      errors: form?.errors ?? {},
      styles: ['video-courses.css'],
      ...(form && { status: 422 }),
    });
  }

  function say(request: Request, key: string): string {
    return host.translate(request.language)(key);
  }

  function readLesson(request: Request) {
    const form = readForm(lessonForm, emptyToNothing(request.body), request.language);
    return form.ok
      ? lessonOf(form.value, form.value as Record<string, unknown>, host.translate(request.language))
      : form;
  }
}

interface Refused {
  errors: Record<string, string>;
  values: Record<string, unknown>;
}

/** What the upload form says beside the file, or the problems by field. */
export function readLessonFields(fields: Record<string, string>, language: Request['language'], t: Translate) {
  const form = readForm(lessonForm, emptyToNothing(fields), language);
  return form.ok ? lessonOf(form.value, fields, t) : form;
}

type Translate = (key: string, params?: Record<string, unknown>) => string;

function lessonOf(
  { titleZh, titleEn, chapters: typed, captions, order }: z.output<typeof lessonForm>,
  values: Record<string, unknown>,
  t: Translate,
) {
  const { chapters, wrong } = parseChapters(typed);
  if (wrong[0] !== undefined) {
    return { ok: false as const, errors: { chapters: t('manage.wrongChapter', { line: wrong[0] }) }, values };
  }
  if (captions !== '' && readCaptions(captions) === undefined) {
    return { ok: false as const, errors: { captions: t('errors.not-captions') }, values };
  }
  const value = { title: localOf(titleZh, titleEn), chapters, captions, ...(order !== undefined && { order }) };
  return { ok: true as const, value };
}

function courseOf({ titleZh, titleEn, introZh, introEn, order }: z.output<typeof courseForm>) {
  return {
    title: localOf(titleZh, titleEn),
    intro: localOf(introZh, introEn),
    ...(order !== undefined && { order }),
  };
}

const localOf = (zh: string, en: string) => ({ zh, ...(en !== '' && { en }) });

/** A field left empty says nothing. */
function emptyToNothing(body: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries((body ?? {}) as object).filter(([, value]) => value !== ''));
}

function viewerOf(request: Request): Viewer {
  if (!request.viewer) throw new AppError('core:sign-in-required', 401);
  return request.viewer;
}
