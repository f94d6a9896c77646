import { type Enrolment, holds, localText } from '#platform';
import type { AssignmentsHost } from './assignments.host.ts';
import type { Assignments } from './assignments.service.ts';
import { countToGrade } from './figures.ts';
import type { TaskLine } from './tasks.service.ts';

/** Tasks that the home page shows. */
const shown = 5;

/** What assignments add elsewhere: what is due, a desk's figure, search. */
export function assignmentParts(host: AssignmentsHost, { tasks }: Assignments): void {
  host.slot('home.side', {
    view: 'due',
    order: 20,
    async data({ viewer, language, subject }) {
      const { enrolments } = subject as { enrolments?: Enrolment[] };
      if (!viewer || !enrolments?.length) return undefined;
      const lines = await tasks.list(viewer, undefined, enrolments);
      const due = lines.filter(isOpen).slice(0, shown);
      if (lines.length === 0) return undefined;
      return { lines: due.map((line) => ({ ...line, title: localText(line.task.title, language) })) };
    },
  });

  host.filter('workshop.figures', async (figures, { workshop, members, viewer, language }) => [
    ...figures,
    {
      key: 'to-grade',
      label: host.translate(language)('grading.figure'),
      unit: host.translate(language)('grading.unit'),
      value: await countToGrade(host, members),
      href: holds(viewer, host.rolesFor('grade')) ? `/assignments/grading?workshop=${workshop}` : undefined,
    },
  ]);

  host.filter('search', async (results, { viewer, text, language }) => {
    const wanted = text.toLowerCase();
    const lines = await tasks.list(viewer);
    const detail = host.translate(language)('search.detail');
    const found = lines
      .map(({ task }) => ({ label: localText(task.title, language), detail, href: `/assignments/${task._id}` }))
      .filter(({ label }) => label.toLowerCase().includes(wanted));
    return [...results, ...found];
  });
}

/** Still to be done by the learner. */
function isOpen({ standing, submission }: TaskLine): boolean {
  const open = standing === 'open' || standing === 'late';
  return open && (!submission || submission.state === 'returned');
}
