import { fileURLToPath } from 'node:url';
import { media } from '../../../plugins/demo/media/index.ts';
import type { VideoHost } from '../../../plugins/video-courses/plugin.ts';
import { createServices } from '../../../plugins/video-courses/services.ts';
import type { Viewer } from '../../../server/plugins/contract.ts';
import { startVideoPlatform, type VideoPlatform } from './video-support.ts';

/** Rules by which no presence check comes. */
export const never = { presence: { minSeconds: 86_400, maxSeconds: 86_400 } };

export interface Studies {
  test: VideoPlatform;
  /** A lesson of many minutes. */
  long: string;
  /** A learner at that lesson. */
  study(): Promise<Study>;
}

/**
 * The platform with a long lesson under these rules.
 * @param seconds the length that all lessons are taken to have; without it that of their files
 */
export async function openStudies(settings: Record<string, unknown>, seconds?: number): Promise<Studies> {
  const test = await startVideoPlatform(settings);
  const file = fileURLToPath(new URL(`../../../plugins/demo/media/${media[0].file}`, import.meta.url));
  const service = test.host('video-courses').tryUse('video-courses')!;
  const long = await service.addLesson({ course: test.course, title: { zh: '长课' }, file, order: 3 });
  if (seconds !== undefined) {
    const lessons = test.platform.rooms.connection.collection('video_courses_lessons');
    await lessons.updateMany({}, { $set: { 'media.seconds': seconds } });
  }
  return { test, long, study: async () => new Study(test, await test.learner(), long) };
}

/** A learner with a clock of their own, who plays a long lesson through the service of one server process. */
export class Study {
  readonly test: VideoPlatform;
  readonly viewer: Viewer;
  enrolment: string;
  lesson: string;
  services: ReturnType<typeof createServices>;
  now = Date.now();
  token = '';
  seq = 0;
  at = 0;
  address = '10.0.0.1';

  constructor(test: VideoPlatform, learner: { id: string; name: string; enrolment: { _id: string } }, lesson: string) {
    this.test = test;
    this.enrolment = learner.enrolment._id;
    this.lesson = lesson;
    this.viewer = { id: learner.id, name: learner.name, language: undefined, organisation: undefined, grants: [] };
    this.services = this.process();
  }

  /** The services as another server process would have them. */
  process(now = () => this.now) {
    return createServices(this.test.host('video-courses') as unknown as VideoHost, now);
  }

  async start(more: object = {}, services = this.services) {
    const reply = await services.playing.start(
      this.viewer,
      { lesson: this.lesson, ...more },
      { language: 'en', session: '' },
    );
    if (reply.state === 'playing') {
      this.token = reply.token;
      this.seq = 0;
    }
    return reply;
  }

  /** Time passes, and media plays from where it stood. */
  async play(seconds: number, more: object = {}, services = this.services) {
    this.now += Math.round(seconds * 1000);
    const from = this.at;
    this.at += seconds;
    return this.report([[from, this.at]], more, services);
  }

  report(ranges: [number, number][], more: object = {}, services = this.services) {
    this.seq += 1;
    const { enrolment, lesson, token, seq } = this;
    const beats = [{ seq, ranges, rate: 1, ...more }];
    return services.playing.report(this.viewer, { enrolment, lesson, token, beats }, this.address);
  }

  async stored(collection: string, id: string) {
    return this.test.platform.rooms.connection.collection(collection).findOne({ _id: id as never });
  }

  evidence() {
    const { connection } = this.test.platform.rooms;
    return connection.collection('video_courses_anomalies').find({ enrolment: this.enrolment }).toArray();
  }

  /** The first stretch that was not credited, of the newest day's first lesson. */
  async firstLoss() {
    const { enrolment, test, services } = this;
    const { days } = await services.credit.days({ _id: enrolment, programme: test.programme }, { skip: 0, limit: 1 });
    return days[0]?.lessons[0]?.lost[0];
  }

  async value(): Promise<number> {
    const enrolment = await this.stored('enrolments', this.enrolment);
    return enrolment?.values[`video-courses/lesson/${this.lesson}`]?.value ?? 0;
  }
}
