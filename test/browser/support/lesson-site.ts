import { fileURLToPath } from 'node:url';
import type { Context } from 'mocha';
import type { Browser } from 'playwright-core';
import { media } from '../../../plugins/demo/media/index.ts';
import { startVideoPlatform, type VideoPlatform } from '../../plugins/video-courses/video-support.ts';
import { launchBrowser } from './browser.ts';
import { type Visitor, visit } from './visitor.ts';

/** Seconds between two beats here: what is waited for is mostly the next one. */
export const beatSeconds = 2;

const neverAsked = { minSeconds: 86_400, maxSeconds: 86_400 };

/** Learners at lessons in real browsers. */
export interface LessonSite {
  test: VideoPlatform;
  browser: Browser;
  /** A lesson that is longer than any test plays. */
  lesson: string;
  /** Opens a lesson, the long one where none is named, as a learner at a browser of their own. */
  open(learner: { login: string }, lesson?: string): Promise<Visitor>;
  /** Whole seconds credited for a lesson, as stored. */
  credited(learner: { enrolment: { _id: string } }, lesson?: string): Promise<number>;
  stop(): Promise<void>;
}

/** For a `before` hook, which it skips where there is no browser. @param presence rules of presence checks; without, none is asked */
export async function startLessonSite(context: Context, presence: object = neverAsked): Promise<LessonSite> {
  const browser = await launchBrowser(context);
  const test = await startVideoPlatform({ beatSeconds, presence });
  const file = fileURLToPath(new URL(`../../../plugins/demo/media/${media[0].file}`, import.meta.url));
  const service = test.host('video-courses').tryUse('video-courses')!;
  const lesson = await service.addLesson({ course: test.course, title: { zh: '师德', en: 'Ethics' }, file, order: 3 });
  return {
    test,
    browser,
    lesson,
    async open(learner, at = lesson) {
      const visitor = await visit(browser, test.url, learner.login);
      await visitor.open(`/video-courses/lessons/${at}`);
      return visitor;
    },
    async credited(learner, at = lesson) {
      const enrolments = test.platform.rooms.connection.collection('enrolments');
      const enrolment = await enrolments.findOne({ _id: learner.enrolment._id as never });
      return (enrolment?.values?.[`video-courses/lesson/${at}`]?.value ?? 0) as number;
    },
    async stop() {
      await browser.close();
      await test.stop();
    },
  };
}
