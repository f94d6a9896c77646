import type { AssignmentsHost } from './assignments.host.ts';

/** Submissions of these members of a workshop that wait to be graded, for a desk whose viewer the workshop has let in. */
export function countToGrade(host: AssignmentsHost, members: readonly string[]): Promise<number> {
  return host.models.submissions.collection.countDocuments({ enrolment: { $in: [...members] }, state: 'submitted' });
}

/** Tells the workshop's desks how many wait now. */
export function announceToGrade(host: AssignmentsHost, workshop: string): void {
  host.publish(`workshop:${workshop}`, 'figure/to-grade', async () =>
    countToGrade(host, await host.enrolments.presentIn(workshop)),
  );
}
