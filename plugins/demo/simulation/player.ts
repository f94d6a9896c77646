import type { Socket } from 'socket.io-client';

interface Beat {
  seq: number;
  ranges: [number, number][];
  rate: 1;
  sentAt: number;
  final?: true;
}

interface Standing {
  furthest: number;
  position: number;
  complete: boolean;
}

interface Started {
  state: 'playing';
  token: string;
  enrolment: string;
  length: number;
  beatSeconds: number;
  standing: Standing;
}

interface Reported {
  state: 'playing' | 'check' | 'taken-over' | 'ended' | 'outside-term';
  seq: number;
  presence?: { token: string };
}

const ANSWER_MS = 10_000;
/** Beats that a player keeps while there is no answer. */
const MOST_KEPT = 100;

/**
 * Plays a lesson from where its learner stopped to its end, in real time, reporting as the browser's player does and
 * answering presence checks after a moment.
 * @returns whether the end was reached
 * @throws Error where the platform refuses, or `signal` ends it
 */
export async function playLesson(socket: Socket, lesson: string, signal: AbortSignal): Promise<boolean> {
  const started = await ask<Started | { state: 'elsewhere' }>(socket, 'start', {
    lesson,
    takeover: true,
    sentAt: Date.now(),
  });
  if (started.state !== 'playing') return false;
  const { token, enrolment, length, beatSeconds, standing } = started;
  let position = Math.min(standing.position, standing.furthest);
  if (position >= length - 1) position = 0;
  let kept: Beat[] = [];
  let playedAt = Date.now();
  for (let seq = 1; ; seq++) {
    await pause(beatSeconds * 1000, signal);
    const now = Date.now();
    const to = Math.min(length, position + (now - playedAt) / 1000);
    const isEnd = to >= length;
    kept.push({ seq, ranges: [[position, to]], rate: 1, sentAt: now, ...(isEnd && { final: true }) });
    kept = kept.slice(-MOST_KEPT);
    [position, playedAt] = [to, now];
    const report = { enrolment, lesson, token, position, beats: kept, ...(isEnd && { leaving: true }) };
    const answer = await ask<Reported>(socket, 'beat', report).catch((error) => {
      if (error instanceof Refused || isEnd) throw error;
    });
    // Without an answer the beats are kept and sent again with the next one.
    if (!answer) continue;
    kept = kept.filter((beat) => beat.seq > answer.seq);
    if (isEnd) return true;
    if (answer.state === 'check' && answer.presence) {
      await pause(2_000 + Math.random() * 12_000, signal);
      await ask(socket, 'answer', { token, presence: answer.presence.token });
      playedAt = Date.now();
    } else if (answer.state !== 'playing') return false;
  }
}

/** The platform answered with a reason. */
class Refused extends Error {}

async function ask<T>(socket: Socket, message: string, body: object): Promise<T> {
  const answer: { value?: T; error?: { code: string } } = await socket.timeout(ANSWER_MS).emitWithAck(message, body);
  if (answer.error) throw new Refused(`${message}: ${answer.error.code}`);
  return answer.value as T;
}

/** @throws the signal's reason when it ends first */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = () => {
      signal.removeEventListener('abort', cut);
      resolve();
    };
    const timer = setTimeout(done, ms);
    const cut = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    if (signal.aborted) cut();
    else signal.addEventListener('abort', cut, { once: true });
  });
}
