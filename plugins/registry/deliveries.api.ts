import { z } from 'zod';
import { paging } from '#platform';
import { view } from './deliveries.routes.ts';
import type { Deliveries } from './deliveries.service.ts';
import { deliveryStates } from './delivery.model.ts';
import type { RegistryHost } from './settings.ts';

const state = z.enum(deliveryStates);
const answer = z.object({ at: z.date(), kind: z.string(), reason: z.string().optional() });
const deliverySchema = z.object({
  enrolment: z.string(),
  name: z.string(),
  idMasked: z.string(),
  programme: z.string(),
  programmeTitle: z.string(),
  provider: z.string(),
  hours: z.number(),
  score: z.number(),
  qualifiedAt: z.date(),
  state,
  attempts: z.number(),
  answers: z.array(answer),
  nextAt: z.date().optional(),
  number: z.string().optional(),
  acceptedAt: z.date().optional(),
  refusal: z.string().optional(),
});
const params = z.object({ enrolment: z.string().max(120) });

/** `/api/v1/registry`: the outbox within the caller's scope, and where one enrolment stands. */
export function addApi(host: RegistryHost, deliveries: Deliveries, wake: () => void): void {
  host.api({
    method: 'get',
    path: '/deliveries',
    summary: "Deliveries to the registry within the caller's scope, the newest first",
    query: z.object({
      state: state.optional(),
      page: z.coerce.number().int().min(1).optional(),
      size: z.coerce.number().int().optional(),
    }),
    response: z.object({ total: z.number(), counts: z.record(state, z.number()), rows: z.array(deliverySchema) }),
    async handle({ query, viewer }) {
      const { rows, total, counts } = await deliveries.list(viewer, query.state, paging(query));
      return { total, counts, rows: rows.map(view) };
    },
  });

  host.api({
    method: 'get',
    path: '/deliveries/:enrolment',
    summary: 'One delivery with its latest answers',
    params,
    response: deliverySchema,
    handle: async ({ params: { enrolment }, viewer }) => view(await deliveries.get(viewer, enrolment)),
  });

  host.api({
    method: 'post',
    path: '/deliveries/:enrolment/retry',
    summary: 'Another attempt now; a refused record is read anew',
    params,
    response: deliverySchema,
    async handle({ params: { enrolment }, viewer }) {
      await deliveries.retry(viewer, enrolment);
      wake();
      return view(await deliveries.get(viewer, enrolment));
    },
  });

  host.api({
    method: 'get',
    path: '/states/:enrolment',
    summary: "Where the caller's own enrolment, or one in their scope, stands at the registry",
    params,
    response: z.object({
      state: z.enum(['none', ...state.options]),
      number: z.string().optional(),
      at: z.date().optional(),
      reason: z.string().optional(),
    }),
    async handle({ params: { enrolment }, viewer }) {
      await host.enrolments.readable(viewer, enrolment);
      return deliveries.stateOf(enrolment);
    },
  });
}
