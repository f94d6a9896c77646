import { z } from 'zod';
import { appealStates } from './appeal.model.ts';
import { reasons } from './watch-rules.ts';

const id = z.string().min(1).max(120);
const words = z.string().trim().min(2).max(500);

export const appealWish = z.object({
  enrolment: id,
  day: z.iso.date(),
  lesson: id,
  reason: z.enum(reasons),
  /** Media milliseconds as start, end, start, end …; everything that is still open where nothing is said. */
  stretches: z.array(z.number().int().min(0).max(1e9)).max(40).optional(),
  words,
});

/** The same from a form, where each tick box names one stretch as `start-end`. */
export const appealForm = appealWish.omit({ stretches: true }).extend({
  stretch: z
    .union([z.string(), z.array(z.string()).max(20)])
    .optional()
    .transform((given) => [given ?? []].flat())
    .pipe(z.array(z.string().regex(/^\d{1,9}-\d{1,9}$/)))
    .transform((list) => list.flatMap((stretch) => stretch.split('-').map(Number))),
});

export const decisionBody = z.object({
  /** Whole seconds that are granted; 0 declines. */
  seconds: z.coerce.number().int().min(0).max(360_000),
  answer: words,
});

export const appealQuery = z.object({
  state: z.enum(appealStates).catch('open').default('open'),
  programme: id.optional().catch(undefined),
  workshop: id.optional().catch(undefined),
  page: z.string().optional(),
});

const appeal = z.object({
  _id: z.string(),
  enrolment: z.string(),
  lesson: z.string(),
  day: z.string(),
  reason: z.string(),
  stretches: z.array(z.number()),
  words: z.string(),
  at: z.date(),
  state: z.enum(appealStates),
  granted: z.number().int(),
  answer: z.string().nullish(),
  decidedAt: z.date().nullish(),
});

export const ownAppeals = z.object({ appeals: z.array(appeal) });
export const appealList = z.object({
  appeals: z.array(
    appeal.extend({
      name: z.string(),
      title: z.object({ zh: z.string(), en: z.string().optional() }),
      /** Whole seconds still not credited, and what of them can be granted. */
      open: z.number().int(),
      most: z.number().int(),
    }),
  ),
  total: z.number().int(),
});
