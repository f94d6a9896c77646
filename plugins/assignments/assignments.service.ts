import type { LocalText } from '#platform';
import { AssignmentAccess } from './assignment-access.ts';
import type { AssignmentsHost } from './assignments.host.ts';
import { Files } from './files.service.ts';
import { GradingService } from './grading.service.ts';
import { importHistory, type PastSubmission } from './history.ts';
import { SubmissionsService } from './submissions.service.ts';
import { TasksService } from './tasks.service.ts';

declare module '#platform' {
  interface Services {
    assignments: {
      /** For other plugins, which have checked who may. Resolves with the task's id. */
      createTask(task: {
        id?: string;
        programme: string;
        workshop?: string;
        title: LocalText;
        instructions: LocalText;
        due: Date;
        maxScore?: number;
        required?: boolean;
      }): Promise<string>;
      /** Takes over what learners handed in before, with its scores. */
      importHistory(list: PastSubmission[]): Promise<void>;
    };
  }
}

/** The rooms of this plugin, wired. */
export interface Assignments {
  access: AssignmentAccess;
  tasks: TasksService;
  submissions: SubmissionsService;
  grading: GradingService;
  files: Files;
}

export function createAssignments(host: AssignmentsHost): Assignments {
  const access = new AssignmentAccess(host);
  const files = new Files(host.files);
  const tasks = new TasksService(host, access);
  const submissions = new SubmissionsService(host, access, tasks, files);
  const grading = new GradingService(host, access);
  host.provide<'assignments'>({
    createTask: (task) => tasks.create(task),
    importHistory: (list) => importHistory(host, list),
  });
  host.onStart(() => files.tidy());
  return { access, tasks, submissions, grading, files };
}
