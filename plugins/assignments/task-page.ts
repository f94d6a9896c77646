import type { Request } from 'express';
import { localText, type Viewer } from '#platform';
import type { AssignmentsHost } from './assignments.host.ts';
import { longestText } from './assignments.schemas.ts';
import type { Assignments } from './assignments.service.ts';
import { extensions } from './file-kinds.ts';
import { uploadLimits } from './files.service.ts';

/** What the task page shows, also when it comes back with work that was not accepted. */
export async function taskLocals(host: AssignmentsHost, { tasks }: Assignments, request: Request, id: string) {
  const t = host.translate(request.language);
  const line = await tasks.line(request.viewer as Viewer, id);
  const { task, standing, submission, part } = line;
  const open = standing === 'open' || standing === 'late';
  return {
    ...line,
    title: localText(task.title, request.language),
    breadcrumb: [{ label: t('tasks.title'), href: '/assignments' }],
    instructions: localText(task.instructions, request.language),
    mayHandIn: part.enrolment !== undefined && open && submission?.state !== 'graded',
    limits: { files: uploadLimits.files, megabytes: uploadLimits.fileSize / 2 ** 20, text: longestText },
    extensions,
    rooms: part.enrolment ? [`enrolment:${part.enrolment._id}`] : [],
    styles: ['assignments.css'],
    scripts: ['assignments.js'],
    values: { text: submission?.text ?? '' },
    errors: {},
  };
}
