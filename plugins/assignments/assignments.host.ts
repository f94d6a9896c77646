import { z } from 'zod';
import type { Host, Programme } from '#platform';
import { type LateRule, lateRules } from './deadline.ts';
import { submissionSchema } from './submission.model.ts';
import { taskSchema } from './task.model.ts';

export const models = { tasks: taskSchema, submissions: submissionSchema };

/** The host as this plugin's rooms see it. */
export type AssignmentsHost = Host<z.ZodObject, typeof models>;

export const permissions = {
  /** Grade what members of one's workshops hand in. */
  grade: ['moderator'],
  /** Set tasks for a whole programme. */
  manage: ['provider-manager', 'operator'],
} as const;

const settings = z.object({ late: z.enum(lateRules).default('until-term-end') });

/** What the programme does with late work: `settings.assignments.late`. */
export function lateRuleOf(programme: Programme): LateRule {
  const { assignments = {} } = programme.settings as { assignments?: unknown };
  return settings.parse(assignments).late;
}
