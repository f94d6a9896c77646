import type { Request, Response } from 'express';
import { AppError, localText, paging, readForm, type Viewer } from '#platform';
import type { AssignmentsHost } from './assignments.host.ts';
import { giveBack, grade, queue } from './assignments.schemas.ts';
import type { Assignments } from './assignments.service.ts';
import type { QueueItem } from './grading.service.ts';
import { submissionStates } from './submission.model.ts';
import type { Task } from './task.model.ts';

/** The moderator's queue: one submission at a time. */
export function gradingRoutes(host: AssignmentsHost, { access, grading }: Assignments): void {
  const { routes } = host;
  host.menu({
    label: 'menu.grading',
    href: '/assignments/grading',
    icon: 'checklist',
    roles: host.rolesFor('grade'),
    order: 20,
  });

  routes.get('/grading', host.allow('grade'), async (request, response) => {
    const asked = queue.parse(request.query);
    const { item, waiting } = await grading.next(request.viewer as Viewer, asked);
    if (!item) {
      const t = host.translate(request.language);
      return response.page('assignments/grading-done', {
        title: t('grading.title'),
        asked,
        styles: ['assignments.css'],
      });
    }
    await show(request, response, item, { asked, waiting, inQueue: true });
  });

  routes.get('/submissions', host.allow('grade'), async (request, response) => {
    const t = host.translate(request.language);
    const asked = queue.parse(request.query);
    const state = submissionStates.find((one) => one === request.query.state);
    const page = paging(request.query, 50);
    const { rows, total } = await grading.list(request.viewer as Viewer, { ...asked, state }, page);
    const tasks = await tasksOf(rows.map(({ task }) => task));
    await response.page('assignments/submissions', {
      title: t('submissions.title'),
      breadcrumb: [{ label: t('grading.title'), href: '/assignments/grading' }],
      rows: rows.map((row) => ({ ...row, title: localText(tasks.get(row.task)?.title, request.language) })),
      states: submissionStates,
      state,
      paging: { page: page.page, pages: Math.max(1, Math.ceil(total / page.limit)), total },
      styles: ['assignments.css'],
    });
  });

  routes.get('/submissions/:enrolment/:task', async (request, response) => {
    const item = await find(request);
    await show(request, response, item, { asked: {}, waiting: 0, inQueue: false });
  });

  routes.post('/submissions/:enrolment/:task/grade', host.allow('grade'), async (request, response) => {
    const viewer = request.viewer as Viewer;
    const t = host.translate(request.language);
    const asked = queue.parse(request.query);
    const returning = request.body?.action === 'return';
    const inQueue = request.query.queue === '1';
    const { enrolment = '', task = '' } = request.params as Record<string, string>;
    const form = readForm(returning ? giveBack : grade, request.body, request.language);
    if (!form.ok) return again(request, response, form);
    try {
      if (returning) await grading.giveBack(viewer, enrolment, task, giveBack.parse(request.body));
      else await grading.grade(viewer, enrolment, task, grade.parse(request.body));
    } catch (error) {
      if (!(error instanceof AppError) || error.status === 404) throw error;
      const field = error.code === 'assignments:score-range' ? 'score' : '';
      const sentence = request.t(error.messageKey, error.params);
      return again(request, response, { errors: { [field]: sentence }, values: request.body, status: error.status });
    }
    const next = inQueue ? queueHref(asked) : `/assignments/submissions/${enrolment}/${task}`;
    response.done(next, t(returning ? 'grading.returned' : 'grading.graded'));
  });

  async function again(
    request: Request,
    response: Response,
    {
      errors,
      values,
      status = 422,
    }: { errors: Record<string, string>; values: Record<string, unknown>; status?: number },
  ): Promise<void> {
    const asked = queue.parse(request.query);
    const inQueue = request.query.queue === '1';
    await show(request, response, await find(request), { asked, waiting: 0, inQueue, errors, values, status });
  }

  async function find(request: Request): Promise<QueueItem & { mayGrade: boolean }> {
    const { enrolment = '', task = '' } = request.params as Record<string, string>;
    const found = await access.submission(request.viewer as Viewer, enrolment, task);
    const about = (await tasksOf([task])).get(task);
    if (!about) throw new AppError('core:not-found', 404);
    return { submission: found.submission, task: about, member: found.member, mayGrade: found.mayGrade };
  }

  async function show(
    request: Request,
    response: Response,
    item: QueueItem & { mayGrade?: boolean },
    more: {
      asked: { task?: string | undefined; workshop?: string | undefined };
      waiting: number;
      inQueue: boolean;
      errors?: Record<string, string>;
      values?: Record<string, unknown>;
      status?: number;
    },
  ): Promise<void> {
    const t = host.translate(request.language);
    const { submission, member } = item;
    const organisations = await host.regions.organisationsByIds([member.organisation]);
    await response.page('assignments/grading', {
      ...item,
      ...more,
      mayGrade: item.mayGrade ?? true,
      title: t('grading.title'),
      breadcrumb: more.inQueue ? [] : [{ label: t('submissions.title'), href: '/assignments/submissions' }],
      taskTitle: localText(item.task.title, request.language),
      instructions: localText(item.task.instructions, request.language),
      organisation: localText(organisations[0]?.name, request.language),
      values: more.values ?? { score: submission.score ?? '', comment: submission.comment ?? '' },
      errors: more.errors ?? {},
      queueQuery: queueSearch(more.asked),
      styles: ['assignments.css'],
      scripts: ['assignments.js'],
    });
  }

  async function tasksOf(ids: string[]): Promise<Map<string, Task>> {
    const found = await Promise.all([...new Set(ids)].map((id) => host.models.tasks.findById(id).lean()));
    return new Map(found.flatMap((task) => (task ? [[task._id, task as Task]] : [])));
  }
}

function queueSearch(asked: { task?: string | undefined; workshop?: string | undefined }): string {
  const { task, workshop } = asked;
  return new URLSearchParams({ ...(task && { task }), ...(workshop && { workshop }) }).toString();
}

function queueHref(asked: { task?: string | undefined; workshop?: string | undefined }): string {
  const search = queueSearch(asked);
  return `/assignments/grading${search && `?${search}`}`;
}
