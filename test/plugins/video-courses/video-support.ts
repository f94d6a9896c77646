import { fileURLToPath } from 'node:url';
import type { Client } from '../../support/client.ts';
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts';

export const clip = (name: 'mp4' | 'webm'): string =>
  fileURLToPath(new URL(`../../support/media/clip-12s.${name}`, import.meta.url));

export interface VideoPlatform extends TestPlatform {
  course: string;
  /** Two lessons of twelve seconds: an MP4 and a WebM. */
  lessons: [string, string];
}

/** The platform with this plugin alone, and a published course in the fixtures' programme. */
export async function startVideoPlatform(
  settings?: Record<string, unknown>,
  env: Record<string, string> = {},
): Promise<VideoPlatform> {
  const test = await startTestPlatform({ plugins: ['video-courses'], env });
  if (settings) {
    const programmes = test.platform.rooms.connection.collection('programmes');
    await programmes.updateOne({ _id: test.programme as never }, { $set: { 'settings.video-courses': settings } });
  }
  const service = test.host('video-courses').tryUse('video-courses')!;
  const course = await service.createCourse({ programme: test.programme, title: { zh: '课堂教学' }, order: 1 });
  const first = await service.addLesson({ course, title: { zh: '第一讲', en: 'First' }, file: clip('mp4'), order: 1 });
  const second = await service.addLesson({ course, title: { zh: '第二讲' }, file: clip('webm'), order: 2 });
  return { ...test, course, lessons: [first, second] };
}

/** A player without a picture: it starts a session and reports what it claims. */
export class Player {
  readonly client: Client;
  readonly lesson: string;
  token = '';
  enrolment = '';
  session = '';
  seq = 0;

  constructor(client: Client, lesson: string) {
    this.client = client;
    this.lesson = lesson;
  }

  async start(more: object = {}) {
    const { body } = await this.client.post('/api/v1/video-courses/sessions', { lesson: this.lesson, ...more });
    if (body.state === 'playing') {
      this.token = body.token;
      this.enrolment = body.enrolment;
      this.session = body.session;
      this.seq = 0;
    }
    return body;
  }

  body(ranges: [number, number][], more: object = {}, beat: object = {}) {
    this.seq += 1;
    const { enrolment, lesson, token, seq } = this;
    return { enrolment, lesson, token, beats: [{ seq, ranges, rate: 1, ...beat }], ...more };
  }

  beat(ranges: [number, number][], more: object = {}, beat: object = {}) {
    return this.client.post('/api/v1/video-courses/beats', this.body(ranges, more, beat));
  }
}
