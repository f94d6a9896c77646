import { z } from 'zod';
import { type LocalText, paging } from '#platform';
import type { AssignmentsHost } from './assignments.host.ts';
import { giveBack, grade, id, workText } from './assignments.schemas.ts';
import type { Assignments } from './assignments.service.ts';
import { type Submission, submissionStates } from './submission.model.ts';
import type { TaskLine } from './tasks.service.ts';

const text = z.object({ zh: z.string(), en: z.string().nullish() });
const work = z.object({
  enrolment: z.string(),
  task: z.string(),
  text: z.string(),
  files: z.array(z.object({ id: z.string(), name: z.string(), type: z.string(), size: z.number(), href: z.string() })),
  submittedAt: z.date(),
  late: z.boolean(),
  revision: z.number(),
  state: z.enum(submissionStates),
  score: z.number().nullable(),
  comment: z.string().nullable(),
  gradedAt: z.date().nullable(),
});
const taskSchema = z.object({
  id: z.string(),
  programme: z.string(),
  workshop: z.string().nullable(),
  title: text,
  instructions: text,
  due: z.date(),
  maxScore: z.number(),
  required: z.boolean(),
  standing: z.enum(['open', 'late', 'closed', 'not-begun']),
  submission: work.optional(),
});
const place = z.object({ enrolment: id, task: id });
const page = z.object({ page: z.coerce.number().int().min(1).optional(), size: z.coerce.number().int().optional() });

/** `/api/v1/assignments`: the same services as the pages. Files go to `POST /assignments/<task>/submission` as a form. */
export function assignmentsApi(host: AssignmentsHost, { tasks, submissions, grading, access }: Assignments): void {
  host.api({
    method: 'get',
    path: '/tasks',
    summary: 'Tasks that concern the caller, with their own submissions',
    query: z.object({ programme: id.optional() }),
    response: z.array(taskSchema),
    handle: async ({ viewer, query }) => (await tasks.list(viewer, query.programme)).map(taskView),
  });

  host.api({
    method: 'get',
    path: '/tasks/:task',
    summary: 'A task with the own submission',
    params: z.object({ task: id }),
    response: taskSchema,
    handle: async ({ viewer, params }) => taskView(await tasks.line(viewer, params.task)),
  });

  host.api({
    method: 'put',
    path: '/tasks/:task/submission',
    summary: 'Hands in a text, keeping the files named; files are sent as a form to /assignments/{task}/submission',
    params: z.object({ task: id }),
    body: z.object({ text: workText, keep: z.array(id).max(5).default([]) }),
    response: work,
    handle: async ({ viewer, params, body }) =>
      workView(await submissions.handIn(viewer, params.task, { ...body, files: [] })),
  });

  host.api({
    method: 'get',
    path: '/submissions',
    summary: "Work of the members of the caller's workshops, newest first",
    query: page.extend({ task: id.optional(), workshop: id.optional(), state: z.enum(submissionStates).optional() }),
    response: z.object({ total: z.number(), rows: z.array(work.extend({ name: z.string() })) }),
    handle: async ({ viewer, query }) => {
      const { rows, total } = await grading.list(viewer, query, paging(query));
      return { total, rows: rows.map((row) => ({ ...workView(row), name: row.name })) };
    },
  });

  host.api({
    method: 'get',
    path: '/submissions/:enrolment/:task',
    summary: 'One submission, for its author and their moderator',
    params: place,
    response: work,
    handle: async ({ viewer, params }) =>
      workView((await access.submission(viewer, params.enrolment, params.task)).submission),
  });

  host.api({
    method: 'post',
    path: '/submissions/:enrolment/:task/grade',
    summary: 'Grades a submission, or grades it again',
    params: place,
    body: grade,
    response: work,
    handle: async ({ viewer, params, body }) =>
      workView(await grading.grade(viewer, params.enrolment, params.task, body)),
  });

  host.api({
    method: 'post',
    path: '/submissions/:enrolment/:task/return',
    summary: 'Gives a submission back to be improved',
    params: place,
    body: giveBack,
    response: work,
    handle: async ({ viewer, params, body }) =>
      workView(await grading.giveBack(viewer, params.enrolment, params.task, body)),
  });
}

function taskView({ task, standing, submission }: Pick<TaskLine, 'task' | 'standing' | 'submission'>) {
  const local = ({ zh, en }: LocalText) => ({ zh, en });
  return {
    id: task._id,
    programme: task.programme,
    workshop: task.workshop ?? null,
    title: local(task.title),
    instructions: local(task.instructions),
    due: task.due,
    maxScore: task.maxScore,
    required: task.required,
    standing,
    ...(submission && { submission: workView(submission) }),
  };
}

function workView(found: Submission): z.input<typeof work> {
  const { enrolment, task, text: words, submittedAt, late, revision, state } = found;
  const files = found.files.map((file) => ({ ...file, href: `/assignments/files/${enrolment}/${task}/${file.id}` }));
  const { score = null, comment = null, gradedAt = null } = found;
  return { enrolment, task, text: words, files, submittedAt, late, revision, state, score, comment, gradedAt };
}
