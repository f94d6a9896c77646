import { io, type Socket } from 'socket.io-client';
import { demoPassword } from '../accounts.ts';
import { postText, replyText, taskText } from '../data/phrases.ts';
import type { Random } from '../data/random.ts';
import { type HttpClient, HttpFailure, signIn } from '../http-client.ts';
import { pause, playLesson } from './player.ts';

export interface LearnerOptions {
  url: string;
  login: string;
  random: Random;
  signal: AbortSignal;
  log(text: string): void;
}

interface Enrolment {
  id: string;
  programme: string;
  state: string;
}

/** How often a learner writes or hands something in after a lesson. */
const POST_CHANCE = 0.3;
const TASK_CHANCE = 0.2;

/**
 * Signs in and studies until the videos are finished, with pauses between the lessons, and now and then a post or a task.
 * @throws HttpFailure where the account is refused, Error where the platform cannot be reached
 */
export async function study(options: LearnerOptions): Promise<void> {
  const { url, login, random, signal, log } = options;
  const client = await signIn(url, login, demoPassword);
  const [enrolment] = await client.get<Enrolment[]>('/api/v1/me/enrolments');
  if (!enrolment) return;
  const socket = io(`${url}/video-courses`, {
    transports: ['websocket'],
    extraHeaders: { cookie: client.cookie },
    forceNew: true,
  });
  try {
    for (;;) {
      const path = `/api/v1/video-courses/progress?enrolment=${enrolment.id}`;
      const { next } = await client.get<{ next?: string }>(path);
      if (!next) return;
      await connected(socket, signal);
      const finished = await playLesson(socket, next, signal);
      log(`${login}: lesson ${next} ${finished ? 'played' : 'stopped'}`);
      if (random.chance(POST_CHANCE)) await tolerate(log, () => post(client, enrolment, random));
      if (random.chance(TASK_CHANCE)) await tolerate(log, () => handIn(client, enrolment, random));
      await pause(random.int(10_000, 90_000), signal);
    }
  } finally {
    socket.disconnect();
  }
}

function connected(socket: Socket, signal: AbortSignal): Promise<void> {
  if (socket.connected) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const cut = () => reject(signal.reason);
    signal.addEventListener('abort', cut, { once: true });
    socket.once('connect', () => {
      signal.removeEventListener('abort', cut);
      resolve();
    });
  });
}

/** A refused post or task, for example after the day's limit, does not end anybody's study. */
async function tolerate(log: (text: string) => void, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    log(error.message);
  }
}

async function post(client: HttpClient, { programme }: Enrolment, random: Random): Promise<void> {
  const topics = await client.get<{ rows: { id: string }[] }>(`/api/v1/discussions/topics?programme=${programme}`);
  if (topics.rows.length === 0) return;
  const path = `/api/v1/discussions/topics/${random.pick(topics.rows).id}`;
  const { rows } = await client.get<{ rows: { id: string; mine: boolean }[] }>(path);
  const others = rows.filter(({ mine }) => !mine);
  if (others.length > 0 && random.chance(0.6)) {
    await client.post(`${path}/posts`, { text: replyText(random), parent: random.pick(others).id });
  } else await client.post(`${path}/posts`, { text: postText(random) });
}

async function handIn(client: HttpClient, { programme }: Enrolment, random: Random): Promise<void> {
  const path = '/api/v1/assignments/tasks';
  const tasks = await client.get<{ id: string; submission?: object }[]>(`${path}?programme=${programme}`);
  const open = tasks.find(({ submission }) => !submission);
  if (open) await client.put(`${path}/${open.id}/submission`, { text: taskText(random) });
}
