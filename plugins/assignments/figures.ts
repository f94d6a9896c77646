import { trusted } from 'mongoose';
import { unscoped } from '#platform';
import type { AssignmentsHost } from './assignments.host.ts';

/** Submissions of a workshop's members that wait to be graded, for a desk whose viewer the workshop has let in. */
export async function countToGrade(host: AssignmentsHost, workshop: string): Promise<number> {
  const { rows } = await host.enrolments.list(unscoped({ workshop }), { skip: 0, limit: 1_000 });
  const ids = rows.filter(({ state }) => state !== 'withdrawn').map(({ _id }) => _id);
  return host.models.submissions.countDocuments({ enrolment: trusted({ $in: ids }), state: 'submitted' });
}
