import { z } from 'zod';
import type { Accounts } from '../accounts/accounts.service.ts';
import { parseIdNumber } from '../accounts/id-number.ts';
import { passwordLength } from '../accounts/passwords.ts';
import { roles, type Scope, type Viewer } from '../accounts/scope.ts';
import { errors } from '../errors.ts';
import { stages, subjects } from '../programmes/programme.model.ts';
import type { NewProgramme, Programmes } from '../programmes/programmes.service.ts';
import type { Regions } from '../regions/regions.service.ts';
import type { Api, Operation } from './api.ts';

interface Deps {
  accounts: Accounts;
  regions: Regions;
  programmes: Programmes;
}

const id = z.string().regex(/^[\w-]{1,80}$/);
const text = z.object({ zh: z.string().trim().min(1).max(200), en: z.string().trim().max(200).optional() });
const scope = z.custom<Scope>((value) =>
  /^(platform|(region|organisation|programme|workshop):[\w-]{1,80})$/.test(String(value)),
);
const region = z.object({
  name: text,
  level: z.enum(['province', 'city', 'county']),
  /** Codes from the province down to the region itself. */
  path: z.array(id).min(1).max(3),
});
const organisation = z.object({
  name: text,
  kind: z.enum(['bureau', 'school', 'provider']),
  region: id,
  stages: z.array(z.enum(stages)).default([]),
  direct: z.boolean().default(false),
});
const person = z.object({
  name: z.string().trim().min(1).max(60),
  account: z
    .string()
    .trim()
    .regex(/^[\w.-]{3,40}$/),
  password: z.string().min(passwordLength.min).max(passwordLength.max).optional(),
  idNumber: z
    .string()
    .refine((value) => parseIdNumber(value).ok)
    .optional(),
  organisation: id.optional(),
  stage: z.enum(stages).optional(),
  subject: z.enum(subjects).optional(),
  grants: z.array(z.object({ role: z.enum(roles), scope })).default([]),
});
const programme = z.object({
  title: text,
  description: text.optional(),
  provider: id,
  region: id,
  regions: z.array(id).default([]),
  hours: z.int().min(1).max(1000),
  stages: z.array(z.enum(stages)).min(1),
  term: z.object({
    enrolFrom: z.coerce.date(),
    enrolUntil: z.coerce.date(),
    from: z.coerce.date(),
    to: z.coerce.date(),
  }),
  scheme: z.object({
    passMark: z.int(),
    components: z.array(
      z.object({
        id: z.string(),
        measure: z.string(),
        weight: z.int(),
        full: z.int(),
        minimum: z.int().optional(),
      }),
    ),
    required: z.array(z.object({ activity: z.string(), atLeast: z.int() })).default([]),
  }),
});
const made = z.object({ id: z.string() });

/** The operator's way from an empty platform to a first programme: regions, organisations, people, programmes. */
export function setupApi(api: Api, { accounts, regions, programmes }: Deps): void {
  const add = <B extends z.ZodType>(
    area: string,
    operation: Pick<Operation, 'method' | 'path' | 'summary'> & {
      body: B;
      handle(id: string, body: z.output<B>, viewer: Viewer): Promise<string>;
    },
  ) =>
    api.add(area, {
      ...operation,
      ...(operation.path !== '/' && { params: z.object({ id }) }),
      response: made,
      handle: async ({ params, body, viewer }) => {
        const isOperator = viewer.grants.some((grant) => grant.role === 'operator' && grant.scope === 'platform');
        if (!isOperator) throw errors.notFound();
        const { id: given = '' } = params as { id?: string };
        return { id: await operation.handle(given, body as z.output<B>, viewer) };
      },
    });

  add('regions', {
    method: 'put',
    path: '/:id',
    summary: 'Adds or replaces a region, whose id is its administrative code; operators only',
    body: region,
    handle: async (_id, body) => {
      await Promise.all(body.path.slice(0, -1).map((code) => regions.get(code)));
      if (body.path.at(-1) !== _id) throw errors.invalid([{ path: 'path', message: `… ${_id}` }]);
      await regions.put({ regions: [{ _id, ...body }] });
      return _id;
    },
  });

  add('organisations', {
    method: 'put',
    path: '/:id',
    summary: 'Adds or replaces a bureau, school or provider; operators only',
    body: organisation,
    handle: async (_id, body) => {
      await regions.get(body.region);
      await regions.put({ organisations: [{ _id, ...body }] });
      return _id;
    },
  });

  add('people', {
    method: 'post',
    path: '/',
    summary: 'Adds a person with grants; without a password they activate the account with a code; operators only',
    body: person,
    handle: async (_id, body, viewer) => {
      const user = await accounts.create(body);
      for (const grant of body.grants) await accounts.grant(user._id, grant, viewer.id);
      return user._id;
    },
  });

  add('programmes', {
    method: 'post',
    path: '/',
    summary: 'Adds a programme as a draft; its scheme is refined and opened by the assessment plugin; operators only',
    body: programme,
    handle: async (_id, body, viewer) => {
      const { term } = body;
      if (!(term.enrolFrom <= term.enrolUntil && term.from < term.to)) {
        throw errors.invalid([{ path: 'term', message: 'enrolFrom ≤ enrolUntil, from < to' }]);
      }
      await Promise.all([body.region, ...body.regions].map((code) => regions.get(code)));
      await regions.organisation(body.provider);
      const draft = { ...body, scheme: { version: 1, ...body.scheme } } as NewProgramme;
      return (await programmes.create(draft, viewer.id))._id;
    },
  });
}
