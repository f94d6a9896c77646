import { z } from 'zod';
import type { Host, ModelsOf } from '#platform';
import { anomalySchema } from './anomaly.model.ts';
import { appealSchema } from './appeal.model.ts';
import { courseSchema, lessonSchema } from './course.model.ts';
import { daySchema, noteSchema, requestSchema, sessionSchema, watchSchema } from './watch.model.ts';

export const settings = z.object({
  /** Largest video that is taken, in megabytes. */
  uploadMegabytes: z.coerce.number().int().min(1).max(50_000).default(2_000),
});

export const schemas = {
  courses: courseSchema,
  lessons: lessonSchema,
  watch: watchSchema,
  sessions: sessionSchema,
  days: daySchema,
  notes: noteSchema,
  anomalies: anomalySchema,
  appeals: appealSchema,
  requests: requestSchema,
};

export type Models = ModelsOf<typeof schemas>;
export type VideoHost = Host<typeof settings, typeof schemas>;

/** The activity under which a lesson's seconds are recorded. */
export const lessonActivity = (lesson: string): string => `video-courses/lesson/${lesson}`;
