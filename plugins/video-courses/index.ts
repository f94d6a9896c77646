import { definePlugin, type Enrolment, holds, isInTerm, type LocalText, localText, type Viewer } from '#platform';
import { appealsApi } from './appeals.api.ts';
import { coursesApi } from './courses.api.ts';
import { type HistoryItem, importHistory } from './history.service.ts';
import { learnRoutes, lessonHref, nextParams } from './learn.routes.ts';
import { manageRoutes } from './manage.routes.ts';
import { mediaRoutes } from './media.routes.ts';
import { addMetrics } from './metrics.ts';
import { oversightRoutes } from './oversight.routes.ts';
import { playingApi } from './playing.api.ts';
import { schemas, settings, type VideoHost } from './plugin.ts';
import { createServices, type Services as Made } from './services.ts';
import { uploadRoutes } from './upload.routes.ts';

declare module '#platform' {
  interface Services {
    'video-courses': {
      /** The published lessons of a programme in their order; `seconds` are whole. */
      lessonsOf(programme: string): Promise<{ id: string; title: LocalText; seconds: number; course: string }[]>;
      /** @returns the id of a published course */
      createCourse(course: {
        programme: string;
        title: LocalText;
        intro?: LocalText | undefined;
        order: number;
      }): Promise<string>;
      /** Copies a file after the same check as uploads. @returns the lesson's id @throws video-courses:not-a-video … */
      addLesson(lesson: {
        course: string;
        title: LocalText;
        file: string;
        chapters?: { at: number; title: LocalText }[];
        /** WebVTT. */
        captions?: string;
        order: number;
      }): Promise<string>;
      /** Brings in the first `seconds` of lessons as credited at `at`: watch records, days and progress together. */
      importHistory(items: HistoryItem[]): Promise<void>;
      /** A lesson's title and page, or undefined where it is gone. */
      describe(lesson: string, language: 'zh-CN' | 'en'): Promise<{ title: string; href: string } | undefined>;
    };
  }
}

const SWEEP_MS = 60_000;
/** A place that another server process took over from hears of it after this and the rooms' pace, within two seconds. */
const LOOK_MS = 750;
const MOST_RESULTS = 10;

/** 1 hour (学时) is 45 minutes of video (design, section 5). */
const hourSeconds = 45 * 60;

export default definePlugin({
  id: 'video-courses',
  api: '^1.0.0',
  settings,
  models: schemas,
  permissions: {
    /** Reads what stands out in how people played. */
    judge: ['moderator', 'provider-manager', 'county-bureau', 'city-bureau', 'province', 'operator'],
    /** Decides appeals about time that was not credited. */
    grant: ['moderator', 'provider-manager'],
    author: ['course-author', 'provider-manager', 'operator'],
    oversee: [
      'moderator',
      'expert',
      'provider-manager',
      'school-administrator',
      'county-bureau',
      'city-bureau',
      'province',
      'operator',
    ],
  },
  measures: {
    seconds: {
      unit: 'unit.minutes',
      scale: 60,
      label: 'measure.seconds',
      usual: (hours) => ({ weight: 40, full: hours * hourSeconds, minimum: hours * hourSeconds }),
    },
  },
  activities: (host) => ({
    lesson: {
      measure: 'seconds',
      async describe(id, language) {
        return host.tryUse('video-courses')?.describe(id, language);
      },
    },
  }),
  register(host) {
    const services = createServices(host);
    provide(host, services);
    addToPages(host, services);
    learnRoutes(host, services);
    manageRoutes(host, services);
    uploadRoutes(host, services);
    mediaRoutes(host, services);
    coursesApi(host, services);
    playingApi(host, services);
    oversightRoutes(host, services);
    appealsApi(host, services);
    addMetrics(host, services.playing.counters);
    host.on('progress.committed', (changes) => {
      for (const { before, after } of changes) {
        if (after.state !== before.state) services.playing.forget(after.learner);
      }
      const moved = changes.filter(({ before, after }) => after.scopes !== before.scopes).map(({ after }) => after);
      return followMoves(host, moved);
    });
    host.on('accounts.signed-out', ({ person, ...which }) =>
      services.playing.end(person, (by) => ('session' in which ? by === which.session : by !== which.except)),
    );
    let sweeping: NodeJS.Timeout | undefined;
    let looking: NodeJS.Timeout | undefined;
    host.onStart(async () => {
      await services.media.clean(host.now());
      sweeping = setInterval(() => services.playing.sweep(host.now()), SWEEP_MS).unref();
      looking = setInterval(() => void lookAround(), LOOK_MS).unref();
    });
    host.onStop(async () => {
      clearInterval(sweeping);
      clearInterval(looking);
      await services.media.stop();
    });

    async function lookAround(): Promise<void> {
      await services.playing.lookAround(host.now()).catch((error) => {
        host.log.warn({ err: error }, 'could not look for sessions of other server processes');
      });
    }
  },
});

/** Moves what is known of enrolments to where they lie now. */
async function followMoves({ models }: VideoHost, moved: Enrolment[]): Promise<void> {
  if (moved.length === 0) return;
  const writes = moved.map(({ _id, scopes }) => ({
    updateMany: { filter: { enrolment: _id }, update: { $set: { scopes } } },
  }));
  const options = { ordered: false };
  await Promise.all([models.anomalies.bulkWrite(writes, options), models.appeals.bulkWrite(writes, options)]);
}

function provide(host: VideoHost, { authoring, catalogue, media }: Made): void {
  host.provide<'video-courses'>({
    async lessonsOf(programme) {
      const lessons = (await catalogue.published(programme)).flatMap((course) => course.lessons);
      return lessons.map(({ id, title, media: { seconds }, course }) => ({
        id,
        title,
        seconds: Math.floor(seconds),
        course,
      }));
    },
    createCourse: (course) => authoring.createCourse({ ...course, state: 'published' }),
    addLesson: async ({ file, ...lesson }) => authoring.addLesson(lesson, await media.copy(file)),
    importHistory: (items) => importHistory(host, items),
    async describe(id, language) {
      const found = await catalogue.lesson(id).catch(() => undefined);
      return found && { title: localText(found.lesson.title, language), href: lessonHref(id) };
    },
  });
}

function addToPages(host: VideoHost, { access, appeals, catalogue, credit, learning, playing }: Made): void {
  host.menu({ label: 'menu.learn', href: '/video-courses', icon: 'player-play', roles: ['learner'], order: 20 });
  host.menu({
    label: 'menu.manage',
    href: '/video-courses/manage',
    icon: 'movie',
    roles: host.rolesFor('author'),
    order: 45,
  });
  host.menu({
    label: 'menu.appeals',
    href: '/video-courses/appeals',
    icon: 'message-question',
    roles: host.rolesFor('grant'),
    order: 46,
  });
  host.menu({
    label: 'menu.anomalies',
    href: '/video-courses/anomalies',
    icon: 'zoom-question',
    roles: host.rolesFor('judge'),
    order: 95,
  });
  host.filter('workshop.figures', async (figures, { workshop, viewer, language }) => [
    ...figures,
    {
      key: 'appeals',
      label: host.translate(language)('appeals.figure'),
      unit: host.translate(language)('appeals.unit'),
      value: await appeals.count(viewer, workshop),
      href: holds(viewer, host.rolesFor('grant')) ? `/video-courses/appeals?workshop=${workshop}` : undefined,
    },
  ]);
  host.landing({ roles: ['course-author'], href: '/video-courses/manage', order: 60 });

  host.filter('learner.next-step', async (step, { enrolment, language }) => {
    if (step || enrolment.state === 'withdrawn') return step;
    if (!isInTerm(await host.programmes.get(enrolment.programme), host.now())) return step;
    const { next } = await learning.of(enrolment);
    if (!next) return step;
    const key = next.begun ? 'next.continue' : 'next.start';
    return {
      label: host.translate(language)(key, nextParams(next.lesson, language)),
      href: lessonHref(next.lesson.id),
    };
  });

  host.filter('result.explanations', (links, { enrolment, language }) => [
    ...links,
    { label: host.translate(language)('credit.title'), href: `/video-courses/credit?enrolment=${enrolment._id}` },
  ]);

  host.filter('search', async (results, { viewer, text, language }) => {
    const wanted = text.toLowerCase();
    const found = (await visibleCourses(viewer)).flatMap((course) =>
      course.lessons
        .filter(({ title }) => `${title.zh} ${title.en ?? ''}`.toLowerCase().includes(wanted))
        .map((lesson) => ({
          label: localText(lesson.title, language),
          detail: localText(course.title, language),
          href: lessonHref(lesson.id),
        })),
    );
    return [...results, ...found.slice(0, MOST_RESULTS)];
  });

  host.filter('health', (lines, { language }) => {
    const { accepted, refused } = playing.counters;
    const t = host.translate(language);
    const why = [...refused].map(([reason, count]) => `${reason} ${count}`).join(', ');
    const detail = t('health.beats', { accepted, refused: playing.counters.refusedInAll });
    return [...lines, { name: t('plugin.name'), ok: true, detail: why ? `${detail} (${why})` : detail }];
  });

  host.slot('enrolment.main', {
    view: 'credit-card',
    order: 60,
    async data({ viewer, subject, language }) {
      const enrolment = subject.enrolment as { _id: string; programme: string; learner: string } | undefined;
      if (!viewer || !enrolment) return undefined;
      const { days } = await credit.days(enrolment, { skip: 0, limit: 3 });
      return { enrolment, days, text: (value: LocalText) => localText(value, language) };
    },
  });

  async function visibleCourses(viewer: Viewer) {
    const own = await host.enrolments.ofLearner(viewer.id);
    const staff = await host.programmes.visibleTo(viewer, host.rolesFor('oversee'));
    const programmes = new Set([...own.map(({ programme }) => programme), ...staff.map(({ _id }) => _id)]);
    const courses = (await Promise.all([...programmes].map((id) => catalogue.courses(id)))).flat();
    const allowed = await Promise.all(courses.map((course) => access.maySee(viewer, course, own)));
    return courses.filter((_, index) => allowed[index]);
  }
}
