import { trusted } from 'mongoose';
import { AppError, byTimeOf, type Enrolment, errors, localText, pageAcross, pageOf, type Viewer } from '#platform';
import type { AssignmentAccess } from './assignment-access.ts';
import type { AssignmentsHost } from './assignments.host.ts';
import { announceToGrade } from './figures.ts';
import type { Submission, SubmissionState } from './submission.model.ts';
import type { Task } from './task.model.ts';

/** Which work is graded one after the other. */
export interface QueueQuery {
  task?: string | undefined;
  workshop?: string | undefined;
  /** `<enrolment>|<task>` that was skipped: the queue goes on behind it. */
  after?: string | undefined;
}

export interface QueueItem {
  submission: Submission;
  task: Task;
  member: Pick<Enrolment, 'name' | 'learner' | 'organisation' | 'workshop'>;
}

export interface Verdict {
  /** The revision that was read: work handed in again meanwhile is not graded unseen. */
  revision: number;
  score: number;
  comment: string;
}

const duplicateKey = 11_000;
const longestHistory = 50;

/** Grading as a queue: one submission at a time, oldest first, within the moderator's workshops. */
export class GradingService {
  readonly #host: AssignmentsHost;
  readonly #access: AssignmentAccess;

  constructor(host: AssignmentsHost, access: AssignmentAccess) {
    this.#host = host;
    this.#access = access;
  }

  /** The next submission to grade, and how many wait in all; after the last one it begins again. */
  async next(viewer: Viewer, query: QueueQuery): Promise<{ item: QueueItem | undefined; waiting: number }> {
    const members = await this.#access.graded(viewer, { workshop: query.workshop });
    const ids = members.map(({ _id }) => _id);
    const asked = { state: 'submitted' as const, ...(query.task && { task: query.task }) };
    const filter = { enrolment: trusted({ $in: ids }), ...asked };
    const { submissions } = this.#host.models;
    const [waiting, skipped] = await Promise.all([
      submissions.countDocuments(filter),
      query.after ? submissions.findOne({ ...filter, _id: query.after }).lean() : null,
    ]);
    const behind = skipped && (await this.#oldest(ids, { $and: [asked, later(skipped)] }));
    const submission = behind ?? (await this.#oldest(ids, asked));
    if (!submission) return { item: undefined, waiting };
    const task = (await this.#host.models.tasks.findById(submission.task).lean()) as Task | null;
    const member = members.find(({ _id }) => _id === submission.enrolment);
    if (!task || !member) throw errors.notFound();
    return { item: { submission, task, member }, waiting };
  }

  async #oldest(enrolments: string[], asked: object): Promise<Submission | undefined> {
    const { submissions } = this.#host.models;
    const find = (some: string[], { limit }: { limit: number }) => {
      const filter = { enrolment: trusted({ $in: some }), ...asked };
      return submissions.find(filter).sort({ submittedAt: 1, _id: 1 }).limit(limit).lean();
    };
    const [oldest] = await pageAcross(enrolments, { skip: 0, limit: 1 }, find, byTime);
    return oldest;
  }

  /** Work of the members in every state, newest first. */
  async list(
    viewer: Viewer,
    query: QueueQuery & { state?: SubmissionState | undefined },
    page: { skip: number; limit: number },
  ) {
    const members = await this.#access.graded(viewer, { workshop: query.workshop });
    const { submissions } = this.#host.models;
    const ids = members.map(({ _id }) => _id);
    const of = (some: string[]) => ({
      enrolment: trusted({ $in: some }),
      ...(query.task && { task: query.task }),
      ...(query.state && { state: query.state }),
    });
    const find = (some: string[], { skip, limit }: { skip: number; limit: number }) =>
      submissions.find(of(some)).sort({ submittedAt: -1, _id: -1 }).skip(skip).limit(limit).lean();
    const found = pageAcross(ids, page, find, (a, b) => byTime(b, a));
    const { rows, total } = await pageOf(page, found, () => submissions.countDocuments(of(ids)));
    const names = new Map(members.map(({ _id, name }) => [_id, name]));
    return { rows: rows.map((row) => ({ ...row, name: names.get(row.enrolment) ?? '' })), total };
  }

  /**
   * Grades, or grades again: the score counts at once, the learner is told. Grading again is audited.
   * @throws core:not-found outside the viewer's workshops; assignments:score-range; assignments:changed-meanwhile
   */
  async grade(viewer: Viewer, enrolment: string, taskId: string, verdict: Verdict): Promise<Submission> {
    const { before, task, member } = await this.#read(viewer, enrolment, taskId);
    if (!Number.isInteger(verdict.score) || verdict.score < 0 || verdict.score > task.maxScore) {
      throw new AppError('assignments:score-range', 422, { params: { max: task.maxScore } });
    }
    if (before.state === 'returned') throw new AppError('assignments:is-returned', 409);
    const after = judged(before, viewer, { action: 'graded', ...verdict });
    await this.#save(before, verdict.revision, (write) =>
      this.#host.progress.record({
        enrolment,
        values: { [`assignments/task/${taskId}`]: verdict.score },
        at: before.submittedAt,
        companions: [{ model: this.#host.models.submissions, key: before._id, write: write(after) }],
      }),
    );
    if (before.state === 'graded') {
      const details = { from: before.score ?? 0, to: verdict.score };
      await this.#host.audit.record({ actor: viewer.id, action: 'submission.regrade', subject: before._id, details });
    }
    await this.#tell(viewer, task, member, 'graded', { score: verdict.score, max: task.maxScore });
    return after;
  }

  /**
   * Gives work back to be improved; it counts nothing until it is handed in again and graded.
   * @throws core:not-found; assignments:not-submitted; assignments:changed-meanwhile
   */
  async giveBack(
    viewer: Viewer,
    enrolment: string,
    taskId: string,
    verdict: Omit<Verdict, 'score'>,
  ): Promise<Submission> {
    const { before, task, member } = await this.#read(viewer, enrolment, taskId);
    if (before.state !== 'submitted') throw new AppError('assignments:not-submitted', 409);
    const after = judged(before, viewer, { action: 'returned', ...verdict });
    const { submissions } = this.#host.models;
    await this.#save(before, verdict.revision, (write) => submissions.bulkWrite([write(after)]));
    await this.#tell(viewer, task, member, 'returned', { comment: verdict.comment });
    return after;
  }

  async #read(viewer: Viewer, enrolment: string, taskId: string) {
    const { submission, member, mayGrade } = await this.#access.submission(viewer, enrolment, taskId);
    const task = (await this.#host.models.tasks.findById(taskId).lean()) as Task | null;
    if (!mayGrade || !task) throw errors.notFound();
    return { before: submission, task, member };
  }

  /** Runs a write that fits only the state that was read; an upsert of another state hits the key that is there. */
  async #save(
    before: Submission,
    revision: number,
    run: (write: (after: Submission) => ReturnType<typeof replaceWrite>) => Promise<unknown>,
  ): Promise<void> {
    if (before.revision !== revision) throw new AppError('assignments:changed-meanwhile', 409);
    try {
      await run((after) => replaceWrite(before, after));
    } catch (error) {
      const crossed = (error as { code?: unknown }).code === duplicateKey;
      throw crossed ? new AppError('assignments:changed-meanwhile', 409) : error;
    }
  }

  /** The learner's inbox and the desk's figure. A message that cannot be sent undoes nothing. */
  async #tell(
    viewer: Viewer,
    task: Task,
    member: Pick<Enrolment, 'learner' | 'workshop'>,
    what: 'graded' | 'returned',
    params: Record<string, unknown>,
  ): Promise<void> {
    const { workshop } = member;
    if (workshop) announceToGrade(this.#host, workshop);
    const [zh, en] = (['zh-CN', 'en'] as const).map((language) => {
      const all = { ...params, task: localText(task.title, language) };
      const t = this.#host.translate(language);
      return { title: t(`message.${what}.title`, all), text: t(`message.${what}.text`, all) };
    });
    if (!zh || !en) return;
    const title = { zh: zh.title, en: en.title };
    const text = { zh: zh.text, en: en.text };
    const message = {
      to: [member.learner],
      kind: `task-${what}`,
      title,
      text,
      href: `/assignments/${task._id}`,
      from: viewer.id,
    };
    await this.#host
      .tryUse('messages')
      ?.send([message])
      .catch((error) => this.#host.log.error({ err: error }, 'a learner was not told of a grade'));
  }
}

const byTime = byTimeOf<Submission>(({ submittedAt }) => submittedAt);

function later({ submittedAt, _id }: Submission): object {
  const same = { submittedAt, _id: trusted({ $gt: _id }) };
  return { $or: [{ submittedAt: trusted({ $gt: submittedAt }) }, same] };
}

function judged(
  before: Submission,
  viewer: Viewer,
  { action, score = null, comment }: { action: 'graded' | 'returned'; score?: number | null; comment: string },
): Submission {
  const at = new Date();
  const entry = { at, by: viewer.id, action, comment, ...(score !== null && { score }) };
  return {
    ...before,
    rev: before.rev + 1,
    state: action,
    score,
    comment,
    gradedBy: viewer.id,
    gradedAt: at,
    history: [...before.history, entry].slice(-longestHistory),
  };
}

function replaceWrite(before: Submission, after: Submission) {
  const { rev, state, score, comment, gradedBy, gradedAt, history } = after;
  const update = { $set: { rev, state, score, comment, gradedBy, gradedAt, history } };
  const filter = { _id: before._id, enrolment: before.enrolment, rev: before.rev };
  return { updateOne: { filter, update, upsert: true } };
}
