import { definePlugin, localText } from '#platform';
import { assignmentsApi } from './assignments.api.ts';
import { models, permissions } from './assignments.host.ts';
import { assignmentParts } from './assignments.parts.ts';
import { createAssignments } from './assignments.service.ts';
import { gradingRoutes } from './grading.routes.ts';
import { submissionRoutes } from './submissions.routes.ts';
import type { Task } from './task.model.ts';
import { taskRoutes } from './tasks.routes.ts';

export default definePlugin({
  id: 'assignments',
  api: '^1.0.0',
  requires: ['workshops'],
  permissions,
  models,
  measures: {
    scores: { unit: 'measure.unit', label: 'measure.label', scale: 1, usual: () => ({ weight: 40, full: 100 }) },
  },
  activities: (host) => ({
    task: {
      measure: 'scores',
      async describe(id, language) {
        const task = (await host.models.tasks.findById(id).lean()) as Task | null;
        return task ? { title: localText(task.title, language), href: `/assignments/${id}` } : undefined;
      },
    },
  }),
  register(host) {
    const assignments = createAssignments(host);
    host.routes.use(host.signedIn);
    gradingRoutes(host, assignments);
    taskRoutes(host, assignments);
    submissionRoutes(host, assignments);
    assignmentsApi(host, assignments);
    assignmentParts(host, assignments);
    host.filter('scheme.activities', async (list, { programme, language }) => {
      const tasks = (await host.models.tasks.find({ programme }).select({ title: 1 }).lean()) as Task[];
      const offered = tasks.map(({ _id, title }) => ({
        activity: `assignments/task/${_id}`,
        title: localText(title, language),
      }));
      return [...list, ...offered];
    });
  },
});
