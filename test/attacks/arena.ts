import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Socket } from 'socket.io-client';
import supertest from 'supertest';
import { media } from '../../plugins/demo/media/index.ts';
import type { Client } from '../support/client.ts';
import type { Person } from '../support/fixtures.ts';
import { type Figures, growth, readMetrics } from '../support/metrics.ts';
import { startTestPlatform, type TestOptions, type TestPlatform } from '../support/platform.ts';

const never = { minSeconds: 86_400, maxSeconds: 86_400 };
/** A lesson of 45 minutes: nothing in an attack comes to its end by chance. */
export const lessonSeconds = 2700;

/** The real application with a clock that only the test moves, two lessons, and an honest ledger of true play. */
export interface Arena {
  test: TestPlatform;
  clock: { now: number };
  lessons: [string, string];
  /** A lesson of a programme in which nobody here is enrolled. */
  foreignLesson: string;
  attacker(options?: { on?: TestPlatform }): Promise<Attacker>;
  /** By how much a figure has grown since the mark, by its label. */
  since(mark: Figures, name: string): Promise<Record<string, number>>;
  mark(): Promise<Figures>;
  stop(): Promise<void>;
}

export async function openArena(options: TestOptions & { presence?: object } = {}): Promise<Arena> {
  const clock = { now: Date.now() };
  const test = await startTestPlatform({ plugins: ['video-courses'], ...options, now: () => clock.now });
  const { connection } = test.platform.rooms;
  const settings = { presence: options.presence ?? never };
  await connection.collection('programmes').updateOne({ _id: test.programme as never }, {
    $set: { 'settings.video-courses': settings },
  } as never);
  const service = test.host('video-courses').tryUse('video-courses')!;
  const file = fileURLToPath(new URL(`../../plugins/demo/media/${media[0].file}`, import.meta.url));
  const lessonIn = async (programme: string, zh: string) => {
    const course = await service.createCourse({ programme, title: { zh }, order: 1 });
    return service.addLesson({ course, title: { zh }, file, order: 1 });
  };
  const lessons: [string, string] = [
    await lessonIn(test.programme, '第一讲'),
    await lessonIn(test.programme, '第二讲'),
  ];
  const foreignLesson = await lessonIn(await anotherProgramme(test), '别处');
  await connection
    .collection('video_courses_lessons')
    .updateMany({}, { $set: { 'media.seconds': lessonSeconds } } as never);
  const attackers: Attacker[] = [];
  return {
    test,
    clock,
    lessons,
    foreignLesson,
    async attacker({ on = test } = {}) {
      const learner = await test.learner();
      const attacker = new Attacker(on, clock, learner, await on.signIn(learner.login), lessons[0]);
      attackers.push(attacker);
      return attacker;
    },
    mark: () => readMetrics(test),
    since: async (mark, name) => growth(mark, await readMetrics(test), name),
    async stop() {
      for (const attacker of attackers) attacker.close();
      await test.stop();
    },
  };
}

async function anotherProgramme({ platform, programme }: TestPlatform): Promise<string> {
  const { programmes } = platform.rooms;
  const { title, provider, region, regions, hours, stages, term, scheme } = await programmes.get(programme);
  const made = await programmes.create({ title, provider, region, regions, hours, stages, term, scheme } as never);
  await programmes.open(made._id);
  return made._id;
}

/** A learner's account in hostile hands: plays honestly when it suits, and sends whatever it likes. */
export class Attacker {
  readonly test: TestPlatform;
  readonly clock: { now: number };
  readonly learner: Person & { enrolment: { _id: string } };
  client: Client;
  lesson: string;
  token = '';
  seq = 0;
  at = 0;
  /** Seconds that were truly played: what is credited must be this and nothing more. */
  played = 0;
  readonly #sockets: Socket[] = [];

  constructor(
    test: TestPlatform,
    clock: { now: number },
    learner: Person & { enrolment: { _id: string } },
    client: Client,
    lesson: string,
  ) {
    this.test = test;
    this.clock = clock;
    this.learner = learner;
    this.client = client;
    this.lesson = lesson;
  }

  async start(more: object = {}) {
    const wish = { lesson: this.lesson, ...more };
    const { body } = await this.client.post('/api/v1/video-courses/sessions', wish).expect(200);
    if (body.state === 'playing') {
      this.token = body.token;
      this.seq = 0;
    }
    return body;
  }

  /** Time passes, and the media plays: an honest beat, which goes into the ledger. */
  async play(seconds = 5) {
    this.clock.now += seconds * 1000;
    this.played += seconds;
    const from = this.at;
    this.at += seconds;
    const { body } = await this.send([this.beat([[from, this.at]])]);
    return body;
  }

  /** The next beat of the session, with whatever it claims. */
  beat(ranges: unknown, more: object = {}): Record<string, unknown> {
    this.seq += 1;
    return { seq: this.seq, ranges, rate: 1, ...more };
  }

  report(beats: unknown, more: object = {}): Record<string, unknown> {
    const { lesson, token } = this;
    return { enrolment: this.learner.enrolment._id, lesson, token, beats, ...more };
  }

  send(beats: unknown, more: object = {}) {
    return this.client.post('/api/v1/video-courses/beats', this.report(beats, more));
  }

  /** A body as it stands, which no serialiser of ours would write. */
  raw(body: string) {
    const { csrf, cookie } = this.client;
    return supertest(this.test.url)
      .post('/api/v1/video-courses/beats')
      .set({ cookie, 'x-csrf-token': csrf, 'content-type': 'application/json' })
      .send(body);
  }

  async socket(namespace = '/video-courses'): Promise<Socket> {
    const socket = await this.client.socket(namespace);
    this.#sockets.push(socket);
    return socket;
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
  }

  /** Seconds on record for the lesson. */
  async credited(): Promise<number> {
    const { connection } = this.test.platform.rooms;
    const found = await connection.collection('enrolments').findOne({ _id: this.learner.enrolment._id as never });
    const values = (found?.values ?? {}) as Record<string, { value: number }>;
    return Object.values(values).reduce((sum, { value }) => sum + value, 0);
  }

  async expectTruth(): Promise<void> {
    expect(await this.credited(), 'credited seconds').to.equal(Math.floor(this.played));
  }
}
