import { trusted } from 'mongoose';
import { errors } from '#platform';
import type { AssignmentsHost } from './assignments.host.ts';
import { submissionId } from './submission.model.ts';

/** What a learner handed in for a task; without a score it waits to be graded. */
export interface PastSubmission {
  enrolment: string;
  learner: string;
  task: string;
  text: string;
  at: Date;
  score: number | null;
}

const batch = 2_000;

/** Takes over what was handed in before: submissions in bulk, each score on its day. */
export async function importHistory(host: AssignmentsHost, list: PastSubmission[]): Promise<void> {
  const ids = [...new Set(list.map(({ task }) => task))];
  const tasks = await host.models.tasks.find({ _id: trusted({ $in: ids }) }).lean();
  const byId = new Map(tasks.map((task) => [task._id, task]));
  const documents = list.map((past) => {
    const task = byId.get(past.task);
    if (!task) throw errors.notFound();
    return document(past, task);
  });
  for (let from = 0; from < documents.length; from += batch) {
    await host.models.submissions.insertMany(documents.slice(from, from + batch), { lean: true, ordered: false });
  }
  await Promise.all(
    list.flatMap(({ enrolment, task, score, at }) =>
      score === null ? [] : [host.progress.record({ enrolment, values: { [`assignments/task/${task}`]: score }, at })],
    ),
  );
}

function document(past: PastSubmission, task: { programme: string; due: Date }) {
  const { enrolment, learner, text, at, score } = past;
  const graded = score !== null;
  return {
    _id: submissionId(enrolment, past.task),
    enrolment,
    learner,
    task: past.task,
    programme: task.programme,
    text,
    files: [],
    submittedAt: at,
    late: at > task.due,
    revision: 1,
    rev: 1,
    state: graded ? ('graded' as const) : ('submitted' as const),
    score,
    comment: null,
    gradedBy: null,
    gradedAt: graded ? at : null,
    history: [{ at, by: learner, action: 'handed-in' as const }],
  };
}
