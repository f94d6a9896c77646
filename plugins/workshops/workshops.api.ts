import { z } from 'zod';
import { AppError, type Enrolment, enrolmentStates, errors, paging, stages, subjects } from '#platform';
import { gapOf } from './behind.ts';
import { chosenMembers, deskFigures, type Member } from './desk-figures.ts';
import { memberQuery } from './desk-query.ts';
import { nudgeText } from './nudge.routes.ts';
import type { Parts } from './parts.ts';
import type { Workshop } from './workshop.service.ts';

const id = z.string().regex(/^[\w-]{1,120}$/);
const name = z.object({ zh: z.string().trim().min(1).max(60), en: z.string().trim().max(120).optional() });
const workshopSchema = z.object({
  id: z.string(),
  programme: z.string(),
  name: z.object({ zh: z.string(), en: z.string().nullish() }),
  stage: z.enum(stages),
  subject: z.enum(subjects),
  moderator: z.string(),
});
const named = z.object({ id: z.string(), name: z.string() });
const memberSchema = z.object({
  id: z.string(),
  name: z.string(),
  school: z.string(),
  state: z.enum(enrolmentStates),
  total: z.number(),
  components: z.record(z.string(), z.number()),
  behindBy: z.number(),
  lastAt: z.date().optional(),
});

/** Workshops below `/api/v1/workshops`. */
export function workshopsApi({ host, workshops, access, members, placement, nudges }: Parts): void {
  host.api({
    method: 'get',
    path: '/',
    summary: "A programme's workshops as far as the caller may see them",
    query: z.object({ programme: id }),
    response: z.array(workshopSchema),
    handle: async ({ viewer, query }) => {
      await host.programmes.readable(viewer, query.programme);
      const list = await workshops.ofProgramme(query.programme);
      const may = await Promise.all(list.map(({ _id }) => access.find(viewer, _id).then(Boolean, () => false)));
      return list.filter((_, index) => may[index]).map(view);
    },
  });

  host.api({
    method: 'get',
    path: '/:id',
    summary: 'A workshop, what the caller is to it, and for its moderator and overseers its figures',
    params: z.object({ id }),
    response: workshopSchema.extend({
      standing: z.enum(['moderator', 'overseer', 'member']),
      figures: z.object({ active: z.number(), today: z.number(), behind: z.number() }).optional(),
      /** Hundredths of a point that are expected of a member now. */
      expected: z.number().optional(),
    }),
    handle: async ({ viewer, params, language }) => {
      const { workshop, standing } = await access.find(viewer, params.id);
      if (standing === 'member') return { ...view(workshop), standing };
      const now = Date.now();
      const { members: all, expected } = await members.roster(workshop, language, now);
      return { ...view(workshop), standing, expected, figures: deskFigures(all, expected, now) };
    },
  });

  host.api({
    method: 'get',
    path: '/:id/members',
    summary: 'The members, who needs the moderator most first',
    params: z.object({ id }),
    query: z.object({
      show: z.string().optional(),
      text: z.string().optional(),
      sort: z.string().optional(),
      direction: z.enum(['asc', 'desc']).optional(),
      page: z.coerce.number().int().min(1).optional(),
      size: z.coerce.number().int().optional(),
    }),
    response: z.object({ total: z.number(), rows: z.array(memberSchema) }),
    handle: async ({ viewer, params, query, language }) => {
      const { workshop } = await access.watched(viewer, params.id);
      const now = Date.now();
      const { members: all, expected } = await members.roster(workshop, language, now);
      const chosen = chosenMembers(all, memberQuery(query), { expected, now });
      const { skip, limit } = paging(query, 50);
      return { total: chosen.length, rows: chosen.slice(skip, skip + limit).map((one) => memberView(one, expected)) };
    },
  });

  host.api({
    method: 'post',
    path: '/:id/nudge',
    summary:
      'Sends a word to members; who was nudged by the caller less than a day ago, or has never signed in, is left out and named',
    params: z.object({ id }),
    body: z.object({ members: z.array(id).min(1).max(500), text: nudgeText }),
    response: z.object({ sent: z.number(), spared: z.array(named), unreached: z.array(named) }),
    handle: ({ viewer, params, body }) => nudges.send(viewer, params.id, body),
  });

  host.api({
    method: 'post',
    path: '/',
    summary: 'Makes a workshop; its moderator, named by user id, gets the grant',
    body: z.object({ programme: id, name, stage: z.enum(stages), subject: z.enum(subjects), moderator: id }),
    response: workshopSchema,
    handle: async ({ viewer, body }) => {
      if (!(await access.holdsFor(viewer, 'manage', body.programme))) throw errors.notFound();
      await known(host.accounts.get(body.moderator));
      return view(await workshops.get(await workshops.create(body, viewer.id)));
    },
  });

  host.api({
    method: 'patch',
    path: '/:id',
    summary: 'Changes the name or the moderator; the grant moves with it',
    params: z.object({ id }),
    body: z.object({ name: name.optional(), moderator: id.optional() }),
    response: workshopSchema,
    handle: async ({ viewer, params, body }) => {
      const workshop = await access.managed(viewer, params.id);
      const change = { name: body.name ?? workshop.name, moderator: body.moderator ?? workshop.moderator };
      await known(host.accounts.get(change.moderator));
      await workshops.change(workshop._id, change, viewer.id);
      return view(await workshops.get(workshop._id));
    },
  });

  host.api({
    method: 'put',
    path: '/:id/members/:enrolment',
    summary: 'Moves an enrolment of the programme into this workshop',
    params: z.object({ id, enrolment: id }),
    response: z.object({ workshop: z.string() }),
    handle: async ({ viewer, params }) => {
      await placement.move(viewer, params.enrolment, params.id);
      return { workshop: params.id };
    },
  });
}

/** A moderator who does not exist is the body's mistake, not a missing page. */
const known = (person: Promise<unknown>): Promise<unknown> =>
  person.catch(() => Promise.reject(new AppError('workshops:no-such-person', 422)));

function view({ _id, programme, name, stage, subject, moderator }: Workshop) {
  return { id: _id, programme, name, stage, subject, moderator };
}

function memberView({ id, name, school, state, total, components, lastAt }: Member, expected: number) {
  const behindBy = gapOf({ state: state as Enrolment['state'], total }, expected);
  return {
    id,
    name,
    school,
    state,
    total,
    components,
    behindBy,
    ...(lastAt !== undefined && { lastAt: new Date(lastAt) }),
  };
}
