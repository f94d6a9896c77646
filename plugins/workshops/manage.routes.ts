import type { Request, Response } from 'express';
import { z } from 'zod';
import {
  AppError,
  errors,
  localText,
  normalisePhone,
  type Programme,
  pagerOf,
  paging,
  readForm,
  stages,
  subjects,
  unscoped,
} from '#platform';
import { average, overview, overviewSorts, sortOverview } from './overview.service.ts';
import { type Parts, viewerOf } from './parts.ts';

const name = { zh: z.string().trim().min(1).max(60), en: z.string().trim().max(120).optional() };
const login = z.string().trim().max(60);
const newForm = z.object({
  programme: z.string().regex(/^[\w-]{1,60}$/),
  ...name,
  stage: z.enum(stages),
  subject: z.enum(subjects),
  moderator: login.min(1),
});
const changeForm = z.object({ ...name, moderator: login });

/** All workshops of a programme side by side, and making and changing one. */
export function manageRoutes(parts: Parts): void {
  const { host, workshops, access } = parts;

  host.routes.get('/manage', host.allow('oversee'), async (request, response) => {
    const { language } = request;
    const t = host.translate(language);
    const { all, programme } = await chosenProgramme(parts, request);
    if (!programme) {
      return response.page('workshops/manage', {
        title: t('manage.title'),
        programmes: [],
        rows: [],
        mayManage: false,
      });
    }
    const sort = overviewSorts.find((key) => key === request.query.sort);
    const descending = request.query.direction === 'desc';
    const page = paging(request.query);
    const stage = stages.find((one) => one === request.query.stage);
    const rows = (await overview(programme._id, language, { workshops, core: host })).filter(
      (row) => !stage || row.stage === stage,
    );
    const mayManage = await access.holdsFor(viewerOf(request), 'manage', programme._id);
    const sum = (of: (row: (typeof rows)[number]) => number) => rows.reduce((all, row) => all + of(row), 0);
    await response.page('workshops/manage', {
      title: t('manage.title'),
      lead: localText(programme.title, language),
      asOf: new Date(),
      ...(mayManage && {
        primary: { label: t('manage.new'), href: `/workshops/new?programme=${programme._id}`, icon: 'plus' },
      }),
      programmes: all.map((one) => ({ value: one._id, label: localText(one.title, language) })),
      programme: programme._id,
      passMark: programme.scheme.passMark,
      stages: programme.stages,
      stage: stage ?? '',
      rows: sortOverview(rows, sort, descending)
        .slice(page.skip, page.skip + page.limit)
        .map((row) => ({ ...row, average: average(row) })),
      count: rows.length,
      paging: pagerOf(page, rows.length),
      sums: {
        members: sum((row) => row.members),
        today: sum((row) => row.today),
        qualified: sum((row) => row.qualified),
        average: average({ total: sum((row) => row.total), members: sum((row) => row.members) }),
      },
      ...(sort && { sort: { key: sort, direction: descending ? 'desc' : 'asc' } }),
      mayManage,
    });
  });

  host.routes.get('/new', host.allow('manage'), async (request, response) => {
    const programme = await managedProgramme(parts, request, String(request.query.programme ?? ''));
    await newPage(parts, request, response, programme, {});
  });

  host.routes.post('/', host.allow('manage'), async (request, response) => {
    const { language } = request;
    const form = readForm(newForm, request.body, language);
    const programme = await managedProgramme(parts, request, String(request.body?.programme ?? ''));
    if (!form.ok) return newPage(parts, request, response, programme, form);
    const { zh, en, moderator, ...given } = form.value;
    const person = await findPerson(parts, moderator);
    if (!person || !programme.stages.includes(given.stage)) {
      const t = host.translate(language);
      const problem = person ? { stage: t('errors.wrong-stage') } : { moderator: t('errors.no-such-person') };
      return newPage(parts, request, response, programme, { values: request.body, errors: problem });
    }
    const id = await workshops.create({ ...given, name: { zh, en }, moderator: person }, viewerOf(request).id);
    response.done(`/workshops/${id}`, host.translate(language)('manage.created', { name: zh }));
  });

  host.routes.get('/:id/edit', async (request, response) => {
    const workshop = await access.managed(viewerOf(request), request.params.id);
    await editPage(parts, request, response, workshop, { values: { ...workshop.name } });
  });

  host.routes.post('/:id/edit', async (request, response) => {
    const { language } = request;
    const t = host.translate(language);
    const workshop = await access.managed(viewerOf(request), request.params.id);
    const form = readForm(changeForm, request.body, language);
    if (!form.ok) return editPage(parts, request, response, workshop, form);
    const { zh, en, moderator } = form.value;
    const person = moderator ? await findPerson(parts, moderator) : workshop.moderator;
    if (!person) {
      const problem = { moderator: t('errors.no-such-person') };
      return editPage(parts, request, response, workshop, { values: request.body, errors: problem });
    }
    await workshops.change(workshop._id, { name: { zh, en }, moderator: person }, viewerOf(request).id);
    response.done(`/workshops/${workshop._id}`, t('manage.changed'));
  });
}

interface Typed {
  values?: Record<string, unknown>;
  errors?: Record<string, string>;
}

async function newPage({ host }: Parts, request: Request, response: Response, programme: Programme, typed: Typed) {
  const t = host.translate(request.language);
  await response.page('workshops/new', {
    title: t('manage.new'),
    lead: localText(programme.title, request.language),
    breadcrumb: [{ label: t('manage.title'), href: `/workshops/manage?programme=${programme._id}` }],
    status: typed.errors ? 422 : 200,
    programme,
    stages: programme.stages,
    subjects,
    values: typed.values ?? {},
    errors: typed.errors ?? {},
  });
}

async function editPage(
  { host }: Parts,
  request: Request,
  response: Response,
  workshop: Awaited<ReturnType<Parts['workshops']['get']>>,
  typed: Typed,
) {
  const { language } = request;
  await response.page('workshops/edit', {
    title: host.translate(language)('manage.edit'),
    breadcrumb: [{ label: localText(workshop.name, language), href: `/workshops/${workshop._id}` }],
    status: typed.errors ? 422 : 200,
    workshop,
    moderator: (await host.accounts.get(workshop.moderator)).name,
    values: typed.values ?? {},
    errors: typed.errors ?? {},
  });
}

/** The programmes that the viewer oversees, and the one asked for. */
async function chosenProgramme({ host, access }: Parts, request: Request) {
  const viewer = viewerOf(request);
  const visible = await host.programmes.visibleTo(viewer, host.rolesFor('oversee'));
  const may = await Promise.all(visible.map(({ _id }) => access.holdsFor(viewer, 'oversee', _id)));
  const all = visible.filter((_, index) => may[index]);
  const asked = request.query.programme;
  const { current } = await request.programmes();
  const programme = all.find(({ _id }) => _id === asked) ?? all.find(({ _id }) => _id === current?._id) ?? all[0];
  if (asked !== undefined && programme?._id !== asked) throw errors.notFound();
  return { all, programme };
}

async function managedProgramme({ host, access }: Parts, request: Request, id: string): Promise<Programme> {
  if (!(await access.holdsFor(viewerOf(request), 'manage', id))) throw errors.notFound();
  return host.programmes.get(id);
}

/** The person who signs in with exactly this account or phone: who knows it in full may name them as moderator. */
async function findPerson({ host }: Pick<Parts, 'host'>, given: string): Promise<string | undefined> {
  const filter = unscoped({ $or: [{ account: given }, { phone: normalisePhone(given) ?? given }], disabled: false });
  const { rows } = await host.accounts.list(filter, { skip: 0, limit: 2 });
  if (rows.length > 1) throw new AppError('workshops:ambiguous-person', 409);
  return rows[0]?._id;
}
