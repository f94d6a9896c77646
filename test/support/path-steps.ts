import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import type { ReportReply } from '../../plugins/video-courses/playing.messages.ts';
import type { Client } from './client.ts';
import { grade, type Path, thought, work } from './whole-path.ts';

/**
 * Plays the lesson through `edges`, in media seconds, as fast as it goes: each stretch is reported when so much time has
 * passed. Takes over from a player that is still known. @returns the answer to the last report
 */
export async function watchLesson(learner: Client, { lesson }: Path, edges: number[]): Promise<ReportReply> {
  const wish = { lesson, takeover: true };
  const { body: session } = await learner.post('/api/v1/video-courses/sessions', wish).expect(200);
  expect(session.state).to.equal('playing');
  const started = Date.now();
  const { enrolment, token } = session;
  let reply: ReportReply | undefined;
  for (const [index, from] of edges.slice(0, -1).entries()) {
    const to = edges[index + 1] as number;
    await delay(Math.max(0, started + (to - (edges[0] as number)) * 1000 + 100 - Date.now()));
    const beats = [{ seq: index + 1, ranges: [[from, to]], rate: 1 }];
    const report = { enrolment, lesson, token, beats };
    reply = (await learner.post('/api/v1/video-courses/beats', report).expect(200)).body as ReportReply;
    expect(reply.standing?.credited).to.equal(to);
  }
  return reply as ReportReply;
}

/** Posts what earns a point. */
export async function post(learner: Client, { topic }: Path): Promise<{ id: string }> {
  const { body } = await learner.post(`/api/v1/discussions/topics/${topic}/posts`, { text: thought }).expect(200);
  expect(body.points).to.equal(10);
  return body;
}

export async function handIn(learner: Client, { task }: Path): Promise<void> {
  await learner.put(`/api/v1/assignments/tasks/${task}/submission`, { text: work }).expect(200);
}

/** Grades what waits for the moderator, who finds it in the list. */
export async function gradeWork(moderator: Client, { learner, task }: Path): Promise<void> {
  const { body } = await moderator.get('/api/v1/assignments/submissions?state=submitted').expect(200);
  const [waiting] = body.rows;
  expect(waiting).to.include({ enrolment: learner.enrolment._id, task, text: work });
  const given = { score: grade, comment: '有自己的想法。', revision: waiting.revision };
  const address = `/api/v1/assignments/submissions/${waiting.enrolment}/${task}/grade`;
  await moderator.post(address, given).expect(200);
}
