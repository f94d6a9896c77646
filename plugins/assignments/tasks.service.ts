import { trusted } from 'mongoose';
import { AppError, byTimeOf, type Enrolment, errors, Kept, type LocalText, newId, type Viewer } from '#platform';
import { type AssignmentAccess, concerns, type Part } from './assignment-access.ts';
import { type AssignmentsHost, lateRuleOf } from './assignments.host.ts';
import { type Standing, standingOf } from './deadline.ts';
import { type Submission, submissionId } from './submission.model.ts';
import type { Task } from './task.model.ts';

export interface NewTask {
  /** Chosen by the importer; made where nothing is said. */
  id?: string | undefined;
  programme: string;
  workshop?: string | undefined;
  title: LocalText;
  instructions: LocalText;
  due: Date;
  maxScore?: number | undefined;
  required?: boolean | undefined;
}

/** A task as its learner or its moderator sees it. */
export interface TaskLine {
  task: Task;
  standing: Standing;
  /** The learner's own. */
  submission: Submission | undefined;
  /** Among the members whose work the viewer grades. */
  counts: { toGrade: number; graded: number; members: number } | undefined;
}

/** Tasks and how they stand. */
export class TasksService {
  readonly #host: AssignmentsHost;
  readonly #access: AssignmentAccess;
  readonly #kept = new Kept<Task[]>(2_000);

  constructor(host: AssignmentsHost, access: AssignmentAccess) {
    this.#host = host;
    this.#access = access;
  }

  /**
   * Tasks that concern the viewer, by due date; those of one programme where it is named. `enrolments`: the viewer's own,
   * where they are known.
   */
  async list(viewer: Viewer, programme?: string, enrolments?: Enrolment[]): Promise<TaskLine[]> {
    const parts = await this.#access.parts(viewer, enrolments);
    const chosen = [...parts.values()].filter((part) => !programme || part.programme === programme);
    const found = await Promise.all(chosen.map((part) => this.#ofProgramme(part.programme)));
    const tasks = found.flat().filter((task) => concerns(task, parts.get(task.programme) as Part));
    tasks.sort(byTimeOf(({ due }) => due));
    const [own, counts] = await Promise.all([this.#own(tasks, parts), this.#counts(viewer, tasks, chosen)]);
    return Promise.all(
      tasks.map(async (task) => ({
        task,
        standing: await this.standing(task),
        submission: own.get(task._id),
        counts: counts?.get(task._id),
      })),
    );
  }

  /** One task. @throws core:not-found */
  async line(viewer: Viewer, id: string): Promise<TaskLine & { part: Part }> {
    const { task, part } = await this.#access.task(viewer, id);
    const own = await this.#own([task], new Map([[part.programme, part]]));
    const counts = await this.#counts(viewer, [task], [part]);
    return { task, part, standing: await this.standing(task), submission: own.get(id), counts: counts?.get(id) };
  }

  async standing(task: Task, now = Date.now()): Promise<Standing> {
    const programme = await this.#host.programmes.get(task.programme);
    const term = { from: programme.term.from.getTime(), to: programme.term.to.getTime() };
    if (programme.state !== 'open') return programme.state === 'draft' ? 'not-begun' : 'closed';
    return standingOf(task.due.getTime(), term, lateRuleOf(programme), now);
  }

  /**
   * Sets a task: managers for everybody, moderators for their workshop.
   * @throws core:not-found; assignments:may-not-set; assignments:due-outside-term
   */
  async set(viewer: Viewer, task: NewTask): Promise<string> {
    const part = await this.#access.part(viewer, task.programme);
    const leads = task.workshop ? part.moderated.includes(task.workshop) : false;
    if (!leads && !part.manages) throw new AppError('assignments:may-not-set', 403);
    if (task.workshop && !leads) {
      const workshop = await this.#host.use('workshops').get(task.workshop);
      if (workshop.programme !== task.programme) throw errors.notFound();
    }
    const { term } = await this.#host.programmes.get(task.programme);
    if (task.due < term.from || task.due > term.to) {
      const fields = [{ path: 'due', message: 'due-outside-term' }];
      throw new AppError('assignments:due-outside-term', 422, { fields });
    }
    return this.create(task, viewer.id);
  }

  /** For other plugins: the caller has checked who may. */
  async create({ id = newId(), workshop, ...task }: NewTask, author?: string): Promise<string> {
    const document = { ...task, _id: id, workshop: workshop ?? null, maxScore: task.maxScore ?? 100, author };
    await this.#host.models.tasks.create({ ...document, required: task.required ?? true } as never);
    this.#kept.forget(task.programme);
    return id;
  }

  /** A programme's tasks, at most two seconds old: every learner's first page asks for them. */
  #ofProgramme(programme: string): Promise<Task[]> {
    const read = this.#host.models.tasks.find({ programme });
    return this.#kept.get(programme, async () => (await read.lean()) as Task[]);
  }

  async #own(tasks: Task[], parts: Map<string, Part>): Promise<Map<string, Submission>> {
    const ids = tasks.flatMap((task) => {
      const enrolment = parts.get(task.programme)?.enrolment?._id;
      return enrolment ? [submissionId(enrolment, task._id)] : [];
    });
    if (ids.length === 0) return new Map();
    const found = await this.#host.models.submissions.find({ _id: trusted({ $in: ids }) }).lean();
    return new Map(found.map((submission) => [submission.task, submission]));
  }

  async #counts(viewer: Viewer, tasks: Task[], parts: Part[]) {
    if (!parts.some(({ moderated }) => moderated.length > 0)) return undefined;
    const members = await this.#access.graded(viewer);
    const sums = (await this.#host.models.submissions.aggregate([
      { $match: { enrolment: { $in: members.map(({ _id }) => _id) } } },
      { $group: { _id: { task: '$task', state: '$state' }, n: { $sum: 1 } } },
    ])) as { _id: { task: string; state: string }; n: number }[];
    const count = (task: string, state: string) =>
      sums.find(({ _id }) => _id.task === task && _id.state === state)?.n ?? 0;
    return new Map(
      tasks.map(({ _id, programme, workshop }) => {
        const own = members.filter((one) => one.programme === programme && (!workshop || one.workshop === workshop));
        return [_id, { toGrade: count(_id, 'submitted'), graded: count(_id, 'graded'), members: own.length }];
      }),
    );
  }
}
