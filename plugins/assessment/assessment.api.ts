import { z } from 'zod';
import type { Rescoring, Scheme } from '#platform';
import type { Result, Results } from './result.service.ts';
import type { Schemes } from './scheme.service.ts';
import { componentId, reason } from './scheme-form.ts';
import type { AssessmentHost } from './settings.ts';

const line = z.object({
  id: z.string(),
  label: z.string(),
  unit: z.string(),
  weight: z.number(),
  value: z.number(),
  full: z.number(),
  minimum: z.number().optional(),
  score: z.number(),
  max: z.number(),
  leftToMinimum: z.number(),
  leftToFull: z.number(),
});
const required = z.object({
  activity: z.string(),
  title: z.string(),
  href: z.string().optional(),
  done: z.boolean(),
  value: z.number(),
  needed: z.number(),
  unit: z.string(),
});
const resultSchema = z.object({
  enrolment: z.string(),
  name: z.string(),
  programme: z.string(),
  title: z.string(),
  hours: z.number(),
  state: z.string(),
  qualified: z.boolean(),
  qualifiedAt: z.date().optional(),
  total: z.number(),
  passMark: z.number(),
  lines: z.array(line),
  required: z.array(required),
  registry: z.object({
    state: z.enum(['none', 'pending', 'accepted', 'refused']),
    number: z.string().optional(),
    at: z.date().optional(),
    reason: z.string().optional(),
  }),
  certificate: z.object({ number: z.string(), issuedAt: z.date(), checkUrl: z.string() }).optional(),
});
/** As stored: amounts in the measures' smallest units, the pass mark in hundredths. */
const scheme = z.object({
  passMark: z.number(),
  components: z
    .array(
      z.object({
        id: z.string().regex(componentId),
        measure: z.string().max(80),
        weight: z.number(),
        full: z.number(),
        minimum: z.number().optional(),
      }),
    )
    .max(40),
  required: z.array(z.object({ activity: z.string().max(120), atLeast: z.number() })).max(200),
});
const schemeSchema = scheme.extend({ version: z.number(), state: z.enum(['draft', 'open', 'closed']) });
const rescoringSchema = z.object({
  programme: z.string(),
  version: z.number(),
  reason: z.string(),
  at: z.date(),
  state: z.enum(['running', 'done']),
  total: z.number(),
  passed: z.number(),
  rescored: z.number(),
  changed: z.number(),
  qualified: z.number(),
  kept: z.number(),
  finishedAt: z.date().optional(),
});
const programme = z.object({ programme: z.string().max(80) });

/** `/api/v1/assessment`: results and schemes. */
export function addApi(host: AssessmentHost, { results, schemes }: { results: Results; schemes: Schemes }): void {
  host.api({
    method: 'get',
    path: '/results/:enrolment',
    summary: "The result of the caller's own enrolment, or of one in their scope",
    params: z.object({ enrolment: z.string().max(120) }),
    response: resultSchema,
    async handle({ params, viewer, language }) {
      return plain(await results.of(await results.find(viewer, params.enrolment), language));
    },
  });

  const schemeOf = async (viewer: Parameters<Schemes['get']>[0], id: string) => {
    const { state, scheme: stored } = await schemes.get(viewer, id);
    return { ...stored, state };
  };

  host.api({
    method: 'get',
    path: '/schemes/:programme',
    summary: 'The assessment scheme of a programme that the caller manages',
    params: programme,
    response: schemeSchema,
    handle: ({ params, viewer }) => schemeOf(viewer, params.programme),
  });

  host.api({
    method: 'put',
    path: '/schemes/:programme',
    summary: "Replaces a draft's scheme; the weights sum to 100",
    params: programme,
    body: scheme,
    response: schemeSchema,
    async handle({ params, body, viewer }) {
      await schemes.change(viewer, params.programme, exactly(body));
      return schemeOf(viewer, params.programme);
    },
  });

  host.api({
    method: 'post',
    path: '/schemes/:programme/correct',
    summary: "Corrects an open programme's scheme and scores everybody again; who has qualified keeps their result",
    params: programme,
    body: scheme.extend({ reason }),
    response: rescoringSchema,
    async handle({ params, body: { reason, ...corrected }, viewer }) {
      return rescoringView(await schemes.correct(viewer, params.programme, exactly(corrected), reason));
    },
  });

  host.api({
    method: 'get',
    path: '/schemes/:programme/rescorings/:version',
    summary: 'How far the scoring by a corrected scheme is',
    params: programme.extend({ version: z.coerce.number().int() }),
    response: rescoringSchema,
    async handle({ params, viewer }) {
      return rescoringView(await schemes.rescoring(viewer, params.programme, params.version));
    },
  });

  host.api({
    method: 'post',
    path: '/schemes/:programme/open',
    summary: 'Opens a draft, whose scheme is frozen from then on',
    params: programme,
    response: schemeSchema,
    async handle({ params, viewer }) {
      await schemes.open(viewer, params.programme);
      return schemeOf(viewer, params.programme);
    },
  });
}

function exactly({ components, ...rest }: z.output<typeof scheme>): Omit<Scheme, 'version'> {
  const whole = components.map(({ minimum, ...one }) => ({ ...one, ...(minimum !== undefined && { minimum }) }));
  return { ...rest, components: whole };
}

function rescoringView({ finishedAt, ...rescoring }: Rescoring): z.input<typeof rescoringSchema> {
  return { ...rescoring, ...(finishedAt && { finishedAt }) };
}

function plain({ learner: _learner, ...result }: Result): z.input<typeof resultSchema> {
  return result as z.input<typeof resultSchema>;
}
