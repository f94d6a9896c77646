import type { Request } from 'express';
import { type Enrolment, errors, holds, isInTerm, localText, paging, type Viewer } from '#platform';
import type { Course, Lesson } from './catalogue.service.ts';
import { clock } from './chapters.ts';
import { readNote, writeNote } from './notes.service.ts';
import { playerTexts } from './player-texts.ts';
import type { VideoHost } from './plugin.ts';
import type { Services } from './services.ts';
import { spansIn } from './spans.ts';

const player = {
  styles: ['video.js/video-js.min.css', 'video-courses.css'],
  scripts: ['video.js/video.core.min.js', 'video-courses.js'],
};

/** What learners see: their courses, a lesson, and why time was not credited. */
export function learnRoutes(host: VideoHost, services: Services): void {
  const { access, catalogue, credit, learning } = services;
  const { routes } = host;

  routes.get('/', host.signedIn, async (request, response) => {
    const { language } = request;
    const t = host.translate(language);
    const enrolment = await chosen(request);
    if (!enrolment) {
      if (holds(request.viewer!, host.rolesFor('author'))) return response.redirect('/video-courses/manage');
      return response.page('video-courses/no-courses', { title: t('courses.title') });
    }
    const programme = await host.programmes.get(enrolment.programme);
    const state = await learning.of(enrolment);
    const { next } = state;
    await response.page('video-courses/courses', {
      title: t('courses.title'),
      lead: localText(programme.title, language),
      ...(next && {
        primary: {
          label: t(next.begun ? 'courses.continue' : 'courses.start', nextParams(next.lesson, language)),
          href: lessonHref(next.lesson.id),
          icon: 'player-play',
        },
      }),
      enrolment,
      learning: state,
      inTerm: isInTerm(programme, host.now()),
      term: programme.term,
      clock,
      text: (value: Parameters<typeof localText>[0]) => localText(value, language),
      rooms: [`enrolment:${enrolment._id}`],
      styles: ['video-courses.css'],
    });
  });

  routes.get('/courses/:id', host.signedIn, async (request, response) => {
    const course = await catalogue.course(String(request.params.id));
    await mustSee(request, course);
    response.redirect(302, `/video-courses?programme=${course.programme}#course-${course.id}`);
  });

  routes.get('/lessons/:id', host.signedIn, async (request, response) => {
    const { language } = request;
    const viewer = request.viewer as Viewer;
    const t = host.translate(language);
    const { lesson, course } = await catalogue.lesson(String(request.params.id));
    await mustSee(request, course);
    const enrolment =
      course.state === 'published' ? access.enrolmentIn(await request.enrolments(), lesson.programme) : undefined;
    const programme = await host.programmes.get(lesson.programme);
    const [standing, note] = await Promise.all([
      enrolment && learning.lesson(enrolment._id, lesson, host.now()),
      readNote(host, viewer, lesson.id),
    ]);
    const inTerm = isInTerm(programme, host.now());
    await response.page('video-courses/lesson', {
      title: localText(lesson.title, language),
      breadcrumb: [
        { label: t('courses.title'), href: `/video-courses?programme=${lesson.programme}` },
        {
          label: localText(course.title, language),
          href: `/video-courses?programme=${lesson.programme}#course-${course.id}`,
        },
      ],
      lesson,
      course,
      enrolment,
      standing,
      note,
      inTerm,
      term: programme.term,
      neighbours: neighboursOf(await catalogue.published(lesson.programme), lesson),
      clock,
      text: (value: Parameters<typeof localText>[0]) => localText(value, language),
      playerData: enrolment && {
        learner: viewer.id,
        lesson: lesson.id,
        enrolment: enrolment._id,
        length: lesson.media.seconds,
        position: standing?.position ?? 0,
        furthest: standing?.furthest ?? 0,
        complete: standing?.state === 'done',
        seekLock: standing?.rules.seekLock ?? true,
        inTerm,
        text: playerTexts(t),
      },
      parts: { 'lesson.side': { lesson: { id: lesson.id, title: lesson.title }, programme, enrolment } },
      rooms: enrolment ? [`enrolment:${enrolment._id}`] : [],
      ...player,
    });
  });

  routes.post('/lessons/:id/notes', host.signedIn, async (request, response) => {
    const { lesson, course } = await catalogue.lesson(String(request.params.id));
    await mustSee(request, course);
    const text = String(request.body?.text ?? '').slice(0, 20_000);
    await writeNote(host, request.viewer as Viewer, lesson.id, text);
    response.done(`${lessonHref(lesson.id)}#notes`, host.translate(request.language)('lesson.noteKept'));
  });

  routes.get('/credit', host.signedIn, async (request, response) => {
    const { language } = request;
    const t = host.translate(language);
    const viewer = request.viewer as Viewer;
    const asked = typeof request.query.enrolment === 'string' ? request.query.enrolment : (await chosen(request))?._id;
    if (!asked) throw errors.notFound();
    const enrolment = await host.enrolments.readable(viewer, asked);
    const programme = await host.programmes.get(enrolment.programme);
    const page = paging(request.query, 14);
    const { days, total } = await credit.days(enrolment, page);
    const mine = enrolment.learner === viewer.id;
    await response.page('video-courses/credit', {
      title: t('credit.title'),
      lead: mine ? localText(programme.title, language) : `${enrolment.name} · ${localText(programme.title, language)}`,
      breadcrumb: mine
        ? [{ label: t('courses.title'), href: `/video-courses?programme=${programme._id}` }]
        : await host.tryUse('workshops')?.crumbsTo(viewer, enrolment, language),
      enrolment,
      mine,
      days,
      ...spansIn(language),
      text: (value: Parameters<typeof localText>[0]) => localText(value, language),
      paging: { page: page.page, pages: Math.max(1, Math.ceil(total / page.limit)), total },
      styles: ['video-courses.css'],
    });
  });

  /** The enrolment that the page is about: in the programme asked for, else the current one, else any. */
  async function chosen(request: Request): Promise<Enrolment | undefined> {
    const own = (await request.enrolments()).filter(({ state }) => state !== 'withdrawn');
    if (typeof request.query.programme === 'string') return access.enrolmentIn(own, request.query.programme);
    if (own.length < 2) return own[0];
    const { current } = await request.programmes();
    return (current && access.enrolmentIn(own, current._id)) ?? own[0];
  }

  async function mustSee(request: Request, course: Course): Promise<void> {
    const allowed = await access.maySee(request.viewer as Viewer, course, await request.enrolments());
    if (!allowed) throw errors.notFound();
  }
}

export const lessonHref = (id: string): string => `/video-courses/lessons/${id}`;

export function nextParams(lesson: Lesson, language: Request['language']): { n: number; title: string } {
  return { n: lesson.number, title: localText(lesson.title, language) };
}

function neighboursOf(courses: Course[], lesson: Lesson): { before: Lesson | undefined; after: Lesson | undefined } {
  const all = courses.flatMap((course) => course.lessons);
  const at = all.findIndex(({ id }) => id === lesson.id);
  return { before: at > 0 ? all[at - 1] : undefined, after: at >= 0 ? all[at + 1] : undefined };
}
