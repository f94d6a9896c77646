import { z } from 'zod';
import type { Host } from '#platform';
import type { Boards } from './board.service.ts';

const params = z.object({ programme: z.string().max(80), region: z.string().max(80) });
const text = z.object({ zh: z.string(), en: z.string().nullish() });
const counts = z.object({
  enrolled: z.number(),
  studying: z.number(),
  qualified: z.number(),
  withdrawn: z.number(),
});
const figures = {
  enrolled: z.number().describe('People who have not withdrawn'),
  counts,
  activeToday: z.number(),
  average: z.number().describe('Average total in hundredths'),
  progress: z.number().describe('Average total against the pass mark, in ten-thousandths'),
  seconds: z.number().describe('Credited seconds of video'),
};
const unit = z.object({ kind: z.enum(['region', 'school']), id: z.string(), name: text, ...figures });
const day = z.object({ day: z.string(), active: z.number(), seconds: z.number() });

/** `/api/v1/monitoring`: the figures of the boards; regions outside the caller's scope are not found. */
export function monitoringApi(host: Host, boards: Boards): void {
  host.api({
    method: 'get',
    path: '/:programme/:region',
    summary: 'The board of a region',
    params,
    response: z.object({
      at: z.date(),
      name: text,
      ...figures,
      histogram: z.array(z.number()).describe('Learners per 5 points of the total'),
      plan: z.number().describe('Share of the term that has passed, in ten-thousandths'),
      attention: z.array(z.object({ id: z.string(), reason: z.string() })),
    }),
    async handle({ params, viewer }) {
      const { at, place, sums, days, plan, average, progress, seconds, attention } = await boards.board(viewer, params);
      const { enrolled, counts, histogram } = sums;
      const activeToday = days.at(-1)?.active ?? 0;
      const { name } = place;
      return { at, name, enrolled, counts, activeToday, average, progress, seconds, histogram, plan, attention };
    },
  });

  host.api({
    method: 'get',
    path: '/:programme/:region/units',
    summary: 'The regions and schools directly below a region',
    params,
    response: z.array(unit),
    async handle({ params, viewer }) {
      const { units } = await boards.board(viewer, params);
      return units.map(({ kind, id, name, sums, today, average, progress }) => ({
        ...{ kind, id, name, average, progress },
        enrolled: sums.enrolled,
        counts: sums.counts,
        activeToday: today.active,
        seconds: sums.measures['video-courses/seconds'] ?? 0,
      }));
    },
  });

  host.api({
    method: 'get',
    path: '/:programme/:region/trend',
    summary: 'What happened in a region on each of the last days',
    params,
    response: z.array(day),
    async handle({ params, viewer }) {
      const { days } = await boards.board(viewer, params);
      return days.map(({ day, active, measures }) => ({
        day,
        active,
        seconds: measures['video-courses/seconds'] ?? 0,
      }));
    },
  });
}
