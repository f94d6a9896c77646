import { z } from 'zod';
import type { Accounts } from '../accounts/accounts.service.ts';
import { within } from '../accounts/scope.ts';
import { errors } from '../errors.ts';
import type { EnrolmentAccess } from '../programmes/enrolment-access.ts';
import { type Enrolment, type Enrolments, overseers } from '../programmes/enrolments.service.ts';
import { enrolmentStates, stages } from '../programmes/programme.model.ts';
import { type Programme, type Programmes, programmeManagers } from '../programmes/programmes.service.ts';
import type { Measures } from '../progress/measures.ts';
import type { Progress } from '../progress/progress.service.ts';
import type { Regions } from '../regions/regions.service.ts';
import type { Api, Operation } from './api.ts';
import { paging } from './input.ts';

interface Deps {
  accounts: Accounts;
  regions: Regions;
  programmes: Programmes;
  enrolments: Enrolments;
  access: EnrolmentAccess;
  progress: Progress;
  measures: Measures;
}

const text = z.object({ zh: z.string(), en: z.string().nullish() });
const id = z.object({ id: z.string().max(80) });
const pageQuery = z.object({
  page: z.coerce.number().int().min(1).optional(),
  size: z.coerce.number().int().optional(),
});
const component = z.object({
  id: z.string(),
  measure: z.string(),
  weight: z.number(),
  full: z.number(),
  minimum: z.number().optional(),
});
const programmeSchema = z.object({
  id: z.string(),
  title: text,
  provider: z.string(),
  region: z.string(),
  hours: z.number(),
  stages: z.array(z.enum(stages)),
  state: z.enum(['draft', 'open', 'closed']),
  term: z.object({ enrolFrom: z.date(), enrolUntil: z.date(), from: z.date(), to: z.date() }),
  scheme: z.object({
    version: z.number(),
    passMark: z.number(),
    components: z.array(component),
    required: z.array(z.object({ activity: z.string(), atLeast: z.number() })),
  }),
});
const enrolmentSchema = z.object({
  id: z.string(),
  programme: z.string(),
  learner: z.string(),
  name: z.string(),
  organisation: z.string(),
  stage: z.enum(stages),
  subject: z.string(),
  workshop: z.string().optional(),
  state: z.enum(enrolmentStates),
  total: z.number(),
  components: z.record(z.string(), z.number()),
  measures: z.record(z.string(), z.number()),
  qualifiedAt: z.date().optional(),
});
const { id: _, ...shownOfEnrolment } = enrolmentSchema.shape;
const enrolmentFields = Object.keys(shownOfEnrolment) as (keyof typeof shownOfEnrolment)[];
const missing = z.looseObject({ kind: z.enum(['minimum', 'activity', 'total']) });

/** The core's part of `/api/v1`. */
export function coreApi(api: Api, deps: Deps): void {
  const add = <P extends z.ZodType, Q extends z.ZodType>(
    area: string,
    operation: Omit<Operation, 'handle' | 'params' | 'query'> & {
      params?: P;
      query?: Q;
      handle(
        input: { params: z.output<P>; query: z.output<Q> } & Pick<Parameters<Operation['handle']>[0], 'viewer'>,
      ): Promise<unknown>;
    },
  ) => api.add(area, operation as unknown as Operation);

  add('me', {
    method: 'get',
    path: '/',
    summary: 'The signed-in person and their grants',
    response: z.object({
      id: z.string(),
      name: z.string(),
      grants: z.array(z.object({ role: z.string(), scope: z.string() })),
    }),
    handle: async ({ viewer }) => viewer,
  });

  add('me', {
    method: 'get',
    path: '/enrolments',
    summary: "The signed-in learner's enrolments",
    response: z.array(enrolmentSchema),
    handle: async ({ viewer }) => (await deps.enrolments.ofLearner(viewer.id)).map(enrolmentView),
  });

  add('programmes', {
    method: 'get',
    path: '/:id',
    summary: 'A programme',
    params: id,
    response: programmeSchema,
    handle: async ({ params, viewer }) => programmeView(await deps.programmes.readable(viewer, params.id)),
  });

  add('programmes', {
    method: 'get',
    path: '/',
    summary: 'Programmes that concern the caller',
    response: z.array(programmeSchema),
    handle: async ({ viewer }) =>
      (await deps.programmes.visibleTo(viewer, [...programmeManagers, ...overseers])).map(programmeView),
  });

  add('enrolments', {
    method: 'get',
    path: '/:id',
    summary: 'An enrolment with its result: every component, the total and what is missing',
    params: id,
    response: enrolmentSchema.extend({
      result: z.object({
        total: z.number(),
        qualified: z.boolean(),
        components: z.array(z.object({ id: z.string(), value: z.number(), score: z.number(), max: z.number() })),
        missing: z.array(missing),
      }),
    }),
    handle: async ({ params, viewer }) => {
      const enrolment = await deps.enrolments.readable(viewer, params.id);
      const { scheme: _, ...result } = await deps.progress.resultOf(enrolment);
      return { ...enrolmentView(enrolment), result };
    },
  });

  add('enrolments', {
    method: 'get',
    path: '/',
    summary: "Enrolments within the caller's scope, by name",
    query: pageQuery.extend({
      programme: z.string().optional(),
      workshop: z.string().optional(),
      state: z.enum(enrolmentStates).optional(),
    }),
    response: z.object({ total: z.number(), rows: z.array(enrolmentSchema) }),
    handle: async ({ query, viewer }) => {
      const { page: _page, size: _size, ...filter } = query;
      const found = await deps.enrolments.list(within(viewer, overseers, filter), paging(query), enrolmentFields);
      return { total: found.total, rows: found.rows.map(enrolmentView) };
    },
  });

  add('regions', {
    method: 'get',
    path: '/:id',
    summary: 'A region with the regions directly below it',
    params: id,
    open: true,
    response: z.object({
      id: z.string(),
      name: text,
      level: z.string(),
      below: z.array(z.object({ id: z.string(), name: text })),
    }),
    handle: async ({ params }) => {
      const region = await deps.regions.get(params.id);
      const below = (await deps.regions.below(params.id)).map(({ _id, name }) => ({ id: _id, name }));
      return { id: region._id, name: region.name, level: region.level, below };
    },
  });

  add('roll-ups', {
    method: 'get',
    path: '/:programme/:region',
    summary: 'The sums of a region the caller watches, at most 2 seconds old',
    params: z.object({ programme: z.string(), region: z.string() }),
    response: z.object({
      counts: z.record(z.string(), z.number()),
      enrolled: z.number(),
      total: z.number(),
      histogram: z.array(z.number()),
      measures: z.record(z.string(), z.number()),
    }),
    handle: async ({ params, viewer }) => {
      if (!(await deps.access.mayWatch(viewer, params.region, deps.regions))) throw errors.notFound();
      await deps.programmes.readable(viewer, params.programme);
      return (await deps.progress.rollUps.of(params.programme, [`region:${params.region}`]))[0];
    },
  });
}

function programmeView({ _id, ...programme }: Programme) {
  return { id: _id, ...programme };
}

function enrolmentView({ _id, ...enrolment }: Pick<Enrolment, '_id' | (typeof enrolmentFields)[number]>) {
  const { workshop, qualifiedAt, ...rest } = enrolment;
  return { id: _id, ...rest, ...(workshop && { workshop }), ...(qualifiedAt && { qualifiedAt }) };
}
