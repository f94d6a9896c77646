import { z } from 'zod';
import type { Accounts } from '../accounts/accounts.service.ts';
import { parseIdNumber } from '../accounts/id-number.ts';
import { passwordLength } from '../accounts/passwords.ts';
import { roles, type Scope, scopePattern } from '../accounts/scope.ts';
import { errors } from '../errors.ts';
import { normaliseName } from '../normalise/name.ts';
import { stages, subjects } from '../programmes/programme.model.ts';
import type { NewProgramme, Programmes } from '../programmes/programmes.service.ts';
import { organisationKinds } from '../regions/region.model.ts';
import type { Regions } from '../regions/regions.service.ts';

/** An id as people type it: an administrative code, a school's code. */
export const codeSchema = z.string().regex(/^[\w-]{1,80}$/);
/** A name in Chinese and, where there is one, in English. */
export const textSchema = z.object({
  zh: z.string().trim().min(1).max(200),
  en: z.string().trim().max(200).optional(),
});
const scope = z.custom<Scope>((value) => scopePattern.test(String(value)));

export const regionSchema = z.object({
  name: textSchema,
  level: z.enum(['province', 'city', 'county']),
  /** Codes from the province down to the region itself. */
  path: z.array(codeSchema).min(1).max(3),
});
export const organisationSchema = z.object({
  name: textSchema,
  kind: z.enum(organisationKinds),
  region: codeSchema,
  stages: z.array(z.enum(stages)).default([]),
  direct: z.boolean().default(false),
});
export const personSchema = z.object({
  name: z.string().overwrite(normaliseName).min(1).max(60),
  account: z
    .string()
    .trim()
    .regex(/^[\w.-]{3,40}$/),
  password: z.string().min(passwordLength.min).max(passwordLength.max).optional(),
  idNumber: z
    .string()
    .refine((value) => parseIdNumber(value).ok)
    .optional(),
  organisation: codeSchema.optional(),
  stage: z.enum(stages).optional(),
  subject: z.enum(subjects).optional(),
  grants: z.array(z.object({ role: z.enum(roles), scope })).default([]),
});
export const programmeSchema = z.object({
  title: textSchema,
  description: textSchema.optional(),
  provider: codeSchema,
  region: codeSchema,
  regions: z.array(codeSchema).default([]),
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

/** The operator's way from an empty platform to a first programme, for the API and the pages alike. */
export class Setup {
  readonly #deps: { accounts: Accounts; regions: Regions; programmes: Programmes };

  constructor(deps: { accounts: Accounts; regions: Regions; programmes: Programmes }) {
    this.#deps = deps;
  }

  /** Adds or replaces a region below one that is known. @throws core:not-found, core:invalid */
  async putRegion(_id: string, region: z.output<typeof regionSchema>): Promise<void> {
    const { regions } = this.#deps;
    await Promise.all(region.path.slice(0, -1).map((code) => regions.get(code)));
    if (region.path.at(-1) !== _id) throw errors.invalid([{ path: 'path', message: `… ${_id}` }]);
    await regions.put({ regions: [{ _id, ...region }] });
  }

  /** Adds or replaces a bureau, school or provider. @throws core:not-found where its region is unknown */
  async putOrganisation(_id: string, organisation: z.output<typeof organisationSchema>): Promise<void> {
    await this.#deps.regions.get(organisation.region);
    await this.#deps.regions.put({ organisations: [{ _id, ...organisation }] });
  }

  /** Adds a person with grants and returns their id. @throws core:conflict-account, core:conflict-id-number */
  async addPerson(person: z.output<typeof personSchema>, actor: string): Promise<string> {
    const user = await this.#deps.accounts.create(person);
    for (const grant of person.grants) await this.#deps.accounts.grant(user._id, grant, actor);
    return user._id;
  }

  /** Adds a programme as a draft and returns its id. @throws core:invalid, core:not-found, core:scheme-… */
  async addProgramme(programme: z.output<typeof programmeSchema>, actor: string): Promise<string> {
    const { regions, programmes } = this.#deps;
    const { term } = programme;
    if (!(term.enrolFrom <= term.enrolUntil && term.from < term.to)) {
      throw errors.invalid([{ path: 'term', message: 'enrolFrom ≤ enrolUntil, from < to' }]);
    }
    await Promise.all([programme.region, ...programme.regions].map((code) => regions.get(code)));
    await regions.organisation(programme.provider);
    const draft = { ...programme, scheme: { version: 1, ...programme.scheme } } as NewProgramme;
    return (await programmes.create(draft, actor))._id;
  }
}
