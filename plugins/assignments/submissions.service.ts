import { AppError, errors, type Viewer } from '#platform';
import type { AssignmentAccess } from './assignment-access.ts';
import type { AssignmentsHost } from './assignments.host.ts';
import { announceToGrade } from './figures.ts';
import type { Files } from './files.service.ts';
import { uploadLimits } from './files.service.ts';
import { type StoredFile, type Submission, submissionId } from './submission.model.ts';
import type { TasksService } from './tasks.service.ts';
import { dropFiles, type ReceivedFile } from './upload.ts';

export interface HandIn {
  text: string;
  /** Ids of files handed in before that stay. */
  keep: readonly string[];
  files: readonly ReceivedFile[];
}

const duplicateKey = 11_000;
/** Entries of a submission's history that are kept. */
const longestHistory = 50;

/** Handing in: one submission per learner and task, changed until it is graded. */
export class SubmissionsService {
  readonly #host: AssignmentsHost;
  readonly #access: AssignmentAccess;
  readonly #tasks: TasksService;
  readonly #files: Files;

  constructor(host: AssignmentsHost, access: AssignmentAccess, tasks: TasksService, files: Files) {
    this.#host = host;
    this.#access = access;
    this.#tasks = tasks;
    this.#files = files;
  }

  /**
   * Hands in, or hands in again. Received files that are not taken are removed.
   * @throws core:not-found where the task is not the viewer's; assignments:not-begun, closed, already-graded, empty,
   * too-many-files, changed-meanwhile
   */
  async handIn(viewer: Viewer, task: string, work: HandIn): Promise<Submission> {
    try {
      return await this.#handIn(viewer, task, work);
    } catch (error) {
      await dropFiles(work.files.map(({ path }) => path));
      throw error;
    }
  }

  async #handIn(viewer: Viewer, taskId: string, { text, keep, files }: HandIn): Promise<Submission> {
    const { task, part, standing, submission: before } = await this.#tasks.line(viewer, taskId);
    if (!part.enrolment) throw errors.notFound();
    if (standing === 'closed' || standing === 'not-begun') throw new AppError(`assignments:${standing}`, 409);
    if (before?.state === 'graded') throw new AppError('assignments:already-graded', 409);
    const kept = (before?.files ?? []).filter(({ id }) => keep.includes(id));
    if (text.trim() === '' && kept.length + files.length === 0) {
      throw new AppError('assignments:empty', 422, { fields: [{ path: 'text', message: 'empty' }] });
    }
    if (kept.length + files.length > uploadLimits.files) {
      throw new AppError('assignments:too-many-files', 413, { params: { limit: uploadLimits.files } });
    }
    const stored = await this.#files.keep(files);
    const at = new Date();
    const entry = { at, by: viewer.id, action: 'handed-in' as const };
    const submission: Submission = {
      _id: submissionId(part.enrolment._id, taskId),
      enrolment: part.enrolment._id,
      learner: viewer.id,
      task: taskId,
      programme: task.programme,
      text,
      files: [...kept, ...stored],
      submittedAt: at,
      late: standing === 'late',
      revision: (before?.revision ?? 0) + 1,
      rev: (before?.rev ?? 0) + 1,
      state: 'submitted',
      score: null,
      comment: before?.comment ?? null,
      gradedBy: null,
      gradedAt: null,
      history: [...(before?.history ?? []), entry].slice(-longestHistory),
    };
    await this.#save(submission, before, stored);
    await this.#files.remove((before?.files ?? []).filter(({ id }) => !keep.includes(id)));
    const { workshop } = part.enrolment;
    if (workshop) announceToGrade(this.#host, workshop);
    return submission;
  }

  async #save(submission: Submission, before: Submission | undefined, stored: StoredFile[]): Promise<void> {
    try {
      const { _id, enrolment, ...set } = submission;
      const filter = { _id, enrolment, rev: before?.rev ?? 0 };
      await this.#host.models.submissions.updateOne(filter, { $set: set }, { upsert: true });
    } catch (error) {
      await this.#files.remove(stored);
      const crossed = (error as { code?: unknown }).code === duplicateKey;
      throw crossed ? new AppError('assignments:changed-meanwhile', 409) : error;
    }
  }

  /** A file with its submission's scope checked. @throws core:not-found */
  async file(viewer: Viewer, enrolment: string, task: string, id: string): Promise<StoredFile> {
    const { submission } = await this.#access.submission(viewer, enrolment, task);
    const file = submission.files.find((one) => one.id === id);
    if (!file) throw errors.notFound();
    return file;
  }
}
