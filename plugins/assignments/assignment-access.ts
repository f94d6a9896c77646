import { type Enrolment, errors, holds, type Programme, type Viewer, within } from '#platform';
import type { AssignmentsHost } from './assignments.host.ts';
import { type Submission, submissionId } from './submission.model.ts';
import type { Task } from './task.model.ts';

/** What a viewer is to a programme's tasks. */
export interface Part {
  programme: string;
  /** The viewer's own, where they learn in it. */
  enrolment?: Enrolment;
  /** Workshops whose members' work they grade. */
  moderated: string[];
  /** Sets tasks for everybody in it. */
  manages: boolean;
}

const gradedFields = ['learner', 'name', 'organisation', 'programme', 'workshop', 'state'] as const;

/** Who sees which tasks and whose work. */
export class AssignmentAccess {
  readonly #host: AssignmentsHost;

  constructor(host: AssignmentsHost) {
    this.#host = host;
  }

  /** Every programme whose tasks concern the viewer. `own`: the viewer's enrolments, where they are known. */
  async parts(viewer: Viewer, own?: Enrolment[]): Promise<Map<string, Part>> {
    const [enrolments, managed, moderated] = await Promise.all([
      own ?? this.#host.enrolments.ofLearner(viewer.id),
      this.#managed(viewer),
      this.#host.use('workshops').moderatedBy(viewer),
    ]);
    const parts = new Map<string, Part>();
    const part = (programme: string): Part => {
      const known = parts.get(programme) ?? { programme, moderated: [], manages: false };
      parts.set(programme, known);
      return known;
    };
    for (const { _id } of managed) part(_id).manages = true;
    for (const enrolment of enrolments.filter(({ state }) => state !== 'withdrawn')) {
      part(enrolment.programme).enrolment = enrolment;
    }
    for (const { _id: id, programme } of moderated) part(programme).moderated.push(id);
    return parts;
  }

  /** @throws core:not-found where the viewer has no part in the programme */
  async part(viewer: Viewer, programme: string): Promise<Part> {
    const found = (await this.parts(viewer)).get(programme);
    if (!found) throw errors.notFound();
    return found;
  }

  /** The task with the viewer's part in it. @throws core:not-found */
  async task(viewer: Viewer, id: string): Promise<{ task: Task; part: Part }> {
    const task = (await this.#host.models.tasks.findById(id).lean()) as Task | null;
    if (!task) throw errors.notFound();
    const part = await this.part(viewer, task.programme);
    if (!concerns(task, part)) throw errors.notFound();
    return { task, part };
  }

  /** Members of the viewer's workshops whose work they grade, never themselves. */
  async graded(viewer: Viewer, narrow: { workshop?: string | undefined; programme?: string | undefined } = {}) {
    const scope = within(viewer, this.#host.rolesFor('grade'), narrow);
    const { rows } = await this.#host.enrolments.list(scope, { skip: 0, limit: 5_000 }, gradedFields);
    return rows.filter(({ state, learner }) => state !== 'withdrawn' && learner !== viewer.id);
  }

  /**
   * A submission for who grades it or wrote it.
   * @throws core:not-found
   */
  async submission(
    viewer: Viewer,
    enrolment: string,
    task: string,
  ): Promise<{ submission: Submission; member: Enrolment; mayGrade: boolean }> {
    const found = await this.#host.models.submissions.findById(submissionId(enrolment, task)).lean();
    if (!found) throw errors.notFound();
    const mine = found.learner === viewer.id;
    const scope = within(viewer, this.#host.rolesFor('grade'), {});
    const own = mine
      ? (await this.#host.enrolments.ofLearner(viewer.id)).find(({ _id }) => _id === enrolment)
      : undefined;
    const member = own ?? (await this.#host.enrolments.get(enrolment, scope));
    return { submission: found, member, mayGrade: !mine };
  }

  async #managed(viewer: Viewer): Promise<Programme[]> {
    const roles = this.#host.rolesFor('manage');
    return holds(viewer, roles) ? this.#host.programmes.visibleTo(viewer, roles) : [];
  }
}

/** Whether a task is for this learner, or for whom this moderator grades. */
export function concerns(task: Pick<Task, 'workshop'>, part: Part): boolean {
  if (!task.workshop || part.manages) return true;
  return part.enrolment?.workshop === task.workshop || part.moderated.includes(task.workshop);
}
