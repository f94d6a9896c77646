import type { Request, Response } from 'express';
import { AppError, addDays, localText, readForm, startOfBeijingDay, type Viewer } from '#platform';
import type { AssignmentsHost } from './assignments.host.ts';
import { newTask } from './assignments.schemas.ts';
import type { Assignments } from './assignments.service.ts';
import { taskLocals } from './task-page.ts';

/** Pages of tasks: the list, a new one, and one with the learner's work. */
export function taskRoutes(host: AssignmentsHost, assignments: Assignments): void {
  const { routes } = host;
  const { tasks, access } = assignments;
  const everyone = ['learner', 'moderator', 'provider-manager', 'operator'] as const;
  host.menu({ label: 'menu.tasks', href: '/assignments', icon: 'clipboard-text', roles: everyone, order: 30 });

  routes.get('/', async (request, response) => {
    const viewer = request.viewer as Viewer;
    const t = host.translate(request.language);
    const { current } = await request.programmes();
    const [lines, part] = await Promise.all([
      tasks.list(viewer, current?._id),
      access.parts(viewer).then((parts) => (current ? parts.get(current._id) : undefined)),
    ]);
    const waiting = lines.reduce((sum, { counts }) => sum + (counts?.toGrade ?? 0), 0);
    const toGrade = { label: t('grading.open', { n: waiting }), href: '/assignments/grading', icon: 'checklist' };
    const toSet = { label: t('tasks.set'), href: `/assignments/new?programme=${current?._id}`, icon: 'plus' };
    await response.page('assignments/tasks', {
      title: t('tasks.title'),
      lead: current && localText(current.title, request.language),
      lines: lines.map((line) => ({ ...line, title: localText(line.task.title, request.language) })),
      learns: part?.enrolment !== undefined,
      grades: (part?.moderated.length ?? 0) > 0,
      maySet: part && (part.manages || part.moderated.length > 0) ? toSet : undefined,
      primary: waiting > 0 ? toGrade : part?.manages ? toSet : undefined,
      styles: ['assignments.css'],
    });
  });

  routes.get('/new', async (request, response) => {
    await showForm(request, response, { values: { programme: String(request.query.programme ?? '') }, errors: {} });
  });

  routes.post('/', async (request, response) => {
    const t = host.translate(request.language);
    const form = readForm(newTask, request.body, request.language);
    if (!form.ok) return showForm(request, response, { ...form, status: 422 });
    const { title, titleEn, instructions, instructionsEn, due, ...where } = form.value;
    const task = {
      ...where,
      title: { zh: title, ...(titleEn && { en: titleEn }) },
      instructions: { zh: instructions, ...(instructionsEn && { en: instructionsEn }) },
      due: new Date(startOfBeijingDay(addDays(due, 1)).getTime() - 1),
    };
    try {
      const id = await tasks.set(request.viewer as Viewer, task);
      response.done(`/assignments/${id}`, t('tasks.isSet'));
    } catch (error) {
      if (!(error instanceof AppError) || error.fields.length === 0) throw error;
      const errors = Object.fromEntries(error.fields.map(({ path, message }) => [path, t(`errors.${message}`)]));
      await showForm(request, response, { values: request.body, errors, status: 422 });
    }
  });

  routes.get('/:task', async (request, response) => {
    await response.page('assignments/task', await taskLocals(host, assignments, request, request.params.task));
  });

  async function showForm(
    request: Request,
    response: Response,
    form: { values: Record<string, unknown>; errors: Record<string, string>; status?: number },
  ): Promise<void> {
    const t = host.translate(request.language);
    const part = await access.part(request.viewer as Viewer, String(form.values.programme ?? ''));
    if (!part.manages && part.moderated.length === 0) throw new AppError('assignments:may-not-set', 403);
    const workshops = await Promise.all(part.moderated.map((id) => host.use('workshops').get(id)));
    await response.page('assignments/task-form', {
      title: t('tasks.set'),
      breadcrumb: [{ label: t('tasks.title'), href: '/assignments' }],
      places: [
        ...(part.manages ? [{ value: '', label: t('form.wholeProgramme') }] : []),
        ...workshops.map((workshop) => ({ value: workshop._id, label: localText(workshop.name, request.language) })),
      ],
      status: form.status ?? 200,
      values: form.values,
      errors: form.errors,
      styles: ['assignments.css'],
    });
  }
}
