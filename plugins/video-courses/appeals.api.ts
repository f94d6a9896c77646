import { z } from 'zod';
import { paging } from '#platform';
import { anomalyKinds } from './anomalies.ts';
import { appealList, appealQuery, appealWish, decisionBody, ownAppeals } from './appeals.messages.ts';
import type { VideoHost } from './plugin.ts';
import type { Services } from './services.ts';

const anomalyView = z.object({
  enrolment: z.string(),
  name: z.string(),
  day: z.string(),
  kind: z.enum(anomalyKinds),
  count: z.number().int(),
  ms: z.number().nullish(),
  first: z.number().nullish(),
  last: z.number().nullish(),
});
export const anomalyQuery = z.object({
  programme: z.string().max(120).optional().catch(undefined),
  kind: z.enum(anomalyKinds).optional().catch(undefined),
  enrolment: z.string().max(120).optional().catch(undefined),
  page: z.string().optional(),
});

/** Appeals and what stands out, as JSON. */
export function appealsApi(host: VideoHost, { anomalies, appeals }: Services): void {
  host.api({
    method: 'post',
    path: '/appeals',
    summary: 'Appeals against time of the caller’s own that was not credited',
    body: appealWish,
    response: z.object({ id: z.string() }),
    handle: async ({ body, viewer }) => ({ id: await appeals.make(viewer, body) }),
  });
  host.api({
    method: 'get',
    path: '/appeals/own',
    summary: 'The appeals of one enrolment, the newest first',
    query: z.object({ enrolment: z.string() }),
    response: ownAppeals,
    async handle({ query, viewer }) {
      return { appeals: await appeals.of(await host.enrolments.readable(viewer, query.enrolment)) };
    },
  });
  host.api({
    method: 'get',
    path: '/appeals',
    summary: 'Appeals that the caller may decide',
    query: appealQuery,
    response: appealList,
    async handle({ query, viewer }) {
      const { rows, total } = await appeals.list(viewer, query, paging(query, 20));
      return { appeals: rows, total };
    },
  });
  host.api({
    method: 'post',
    path: '/appeals/:id/decision',
    summary: 'Grants seconds of an appeal, or declines it with 0; answers what was granted',
    params: z.object({ id: z.string().min(1).max(60) }),
    body: decisionBody,
    response: z.object({ granted: z.number().int() }),
    handle: async ({ params, body, viewer }) => ({ granted: await appeals.decide(viewer, params.id, body) }),
  });
  host.api({
    method: 'get',
    path: '/anomalies',
    summary: 'What stands out in how people in the caller’s charge played: evidence to judge, nothing more',
    query: anomalyQuery,
    response: z.object({ anomalies: z.array(anomalyView), total: z.number().int() }),
    async handle({ query, viewer }) {
      const { rows, total } = await anomalies.list(viewer, query, paging(query));
      return { anomalies: rows.map(({ enrolled, ...row }) => ({ ...row, name: enrolled.name })), total };
    },
  });
}
