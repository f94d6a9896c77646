import { z } from 'zod';
import { type Grant, type Role, roles } from '../accounts/scope.ts';
import { addDays, startOfBeijingDay } from '../beijing-time.ts';
import { stages } from '../programmes/programme.model.ts';
import { organisationKinds } from '../regions/region.model.ts';
import type { Organisation, Region } from '../regions/regions.service.ts';
import { codeSchema, personSchema, textSchema } from './setup.service.ts';

/** What browsers send for fields left empty. */
const optional = <S extends z.ZodType>(schema: S) => z.preprocess((value) => value || undefined, schema.optional());
/** One ticked box is a text, several are a list, none is nothing. */
const several = <S extends z.ZodType>(schema: S) =>
  z.preprocess((value) => (value === undefined ? [] : [value].flat()), z.array(schema));
const name = { zh: textSchema.shape.zh, en: optional(textSchema.shape.en) };
const day = z.iso.date().transform(startOfBeijingDay);
/** The last day that belongs to a term, as the moment at which the term is over. */
const lastDay = z.iso.date().transform((value) => startOfBeijingDay(addDays(value, 1)));

export const regionForm = z.object({ code: codeSchema, ...name, parent: optional(codeSchema) });
export const organisationForm = z.object({
  code: codeSchema,
  ...name,
  kind: z.enum(organisationKinds),
  region: codeSchema,
  stages: several(z.enum(stages)),
  direct: z.preprocess(Boolean, z.boolean()),
});
/** The answer of who deliberately gives no role. */
export const NO_ROLE = 'none';

export const personForm = personSchema
  .pick({ name: true, account: true })
  .extend({ role: z.enum([...roles, NO_ROLE]) });
export const programmeForm = z
  .object({
    ...name,
    about: optional(z.string().trim().max(200)),
    provider: codeSchema,
    region: codeSchema,
    regions: several(codeSchema),
    hours: z.coerce.number().int().min(1).max(1000),
    stages: several(z.enum(stages)).refine((list) => list.length > 0, { params: { problem: 'least-chosen', n: 1 } }),
    enrolFrom: day,
    enrolUntil: lastDay,
    from: day,
    to: lastDay,
  })
  .refine(({ enrolFrom, enrolUntil }) => enrolFrom < enrolUntil, { path: ['enrolUntil'], params: { problem: 'later' } })
  .refine(({ from, to }) => from < to, { path: ['to'], params: { problem: 'later' } });

const bureauRole = { province: 'province', city: 'city-bureau', county: 'county-bureau' } as const;

/** The role that somebody of an organisation usually holds, and where. */
export function grantAt(
  organisation: Pick<Organisation, '_id' | 'kind'>,
  region: Pick<Region, '_id' | 'level'>,
): Grant {
  if (organisation.kind === 'bureau') return { role: bureauRole[region.level], scope: `region:${region._id}` };
  const role: Role = organisation.kind === 'school' ? 'school-administrator' : 'provider-manager';
  return { role, scope: `organisation:${organisation._id}` };
}
