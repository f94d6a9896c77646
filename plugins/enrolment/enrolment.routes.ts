import type { Request, Response } from 'express';
import { z } from 'zod';
import {
  AppError,
  enrolmentStates,
  idsOf,
  localText,
  type Paging,
  type Programme,
  paging,
  parse,
  type RollUp,
  SharedReads,
  type Viewer,
} from '#platform';
import type { Access, CoreHost } from './access.ts';
import { batchView } from './batch-view.ts';
import type { LearnerFilter, Learners } from './learners.service.ts';
import type { Rosters } from './roster.service.ts';
import { sendWorkbook } from './send-workbook.ts';
import { rosterTemplate } from './spreadsheets.ts';
import { readUpload } from './upload.ts';

export interface EnrolmentDeps {
  access: Access;
  rosters: Rosters;
  learners: Learners;
}

const id = z.string().min(1).max(80);
const joinForm = z.object({ programme: id, region: id });
const listQuery = z.object({
  state: z.enum(enrolmentStates).optional().catch(undefined),
  organisation: id.optional().catch(undefined),
});

/** Pages of school administrators and bureaus: who is enrolled, and the roster. */
export function enrolmentRoutes(host: CoreHost, deps: EnrolmentDeps): void {
  const { access, rosters, learners } = deps;
  const { routes } = host;
  const seen = new SharedReads<Seen>();
  routes.use(host.allow('manage'));

  routes.get('/', async (request, response) => {
    await show(request, response, await chosenProgramme(request, access));
  });

  /** `problem`: what was wrong with a roster that was sent from the page. */
  async function show(request: Request, response: Response, programme?: Programme, problem?: AppError) {
    const viewer = request.viewer as Viewer;
    const t = host.translate(request.language);
    if (!programme) return response.page('enrolment/nothing', { title: t('page.title') });
    const filter = { programme: programme._id, ...listQuery.parse(request.query) };
    const page = paging(request.query);
    const [{ sums, list, batches }, mayEnrolLate, joinable, all] = await Promise.all([
      // A school's office has the page open in several windows, and all are loaded again when something was enrolled.
      seen.get(JSON.stringify([viewer.id, viewer.grants, filter, page]), () => read(deps, viewer, filter, page)),
      access.mayEnrolLate(viewer, programme),
      access.joinable(viewer, programme),
      access.programmes(viewer),
    ]);
    const workshops = (await host.tryUse('workshops')?.ofProgramme(programme._id)) ?? [];
    const schools = await host.regions.organisationsByIds([
      ...new Set([...list.rows.map(({ enrolment }) => enrolment.organisation), filter.organisation ?? '']),
    ]);
    await response.page('enrolment/enrolment', {
      title: t('page.title'),
      lead: localText(programme.title, request.language),
      programme,
      others: all.map(({ _id, title }) => ({ id: _id, title: localText(title, request.language) })),
      counts: totalOf(sums),
      mayEnrolLate,
      joinable,
      batches,
      filter,
      list,
      schools: new Map(schools.map((school) => [school._id, localText(school.name, request.language)])),
      workshops: new Map(workshops.map(({ _id, name }) => [_id, localText(name, request.language)])),
      paging: { page: page.page, pages: Math.max(1, Math.ceil(list.total / page.limit)), total: list.total },
      scripts: ['enrolment.js'],
      styles: ['enrolment.css'],
      ...(problem && { problem: request.t(problem.messageKey, problem.params), status: problem.status }),
    });
  }

  routes.get('/template.xlsx', async (request, response) => {
    const t = host.translate(request.language);
    const file = await rosterTemplate(request.language, t, await ownSchools(host, request.viewer as Viewer, access));
    sendWorkbook(response, t('template.fileName'), file);
  });

  routes.post('/rosters', async (request, response) => {
    const viewer = request.viewer as Viewer;
    const programme = await access.programme(viewer, String(request.query.programme ?? ''));
    const forScripts = request.accepts(['html', 'json']) === 'json';
    const batch = await readUpload(request)
      .then(({ name, content }) => rosters.upload(viewer, { programme: programme._id, file: content, fileName: name }))
      .catch((error: unknown) => {
        if (forScripts || !(error instanceof AppError)) throw error;
        return error;
      });
    if (batch instanceof AppError) return show(request, response, programme, batch);
    if (forScripts) {
      response.json(batchView(batch, host.translate(request.language)));
      return;
    }
    response.done(`/enrolment/rosters/${batch._id}`);
  });

  routes.get('/rosters/:id', async (request, response) => {
    const { language, viewer } = request;
    const batch = await rosters.get(viewer as Viewer, request.params.id);
    const t = host.translate(language);
    const programme = await access.programme(viewer as Viewer, batch.programme);
    const organisations = await host.regions.organisationsByIds([
      ...new Set(batch.accepted.map(({ organisation }) => organisation)),
    ]);
    const refused = [...(batch.result?.refused ?? []), ...batch.refused];
    await response.page('enrolment/roster', {
      styles: ['enrolment.css'],
      title: t('roster.title', { file: batch.fileName }),
      breadcrumb: [{ label: t('page.title'), href: `/enrolment?programme=${programme._id}` }],
      lead: localText(programme.title, language),
      batch,
      programme,
      schools: new Map(organisations.map((one) => [one._id, localText(one.name, language)])),
      refusedCount: refused.length,
      warnedCount: batch.accepted.filter(({ warnings }) => warnings.length > 0).length,
      refusedPage: slice(refused, request.query.refused),
      acceptedPage: slice(batch.accepted, request.query.page),
    });
  });

  routes.post('/rosters/:id/hidden', async (request, response) => {
    const take = (request.body as { take?: unknown }).take === '1';
    const batch = await rosters.takeHidden(request.viewer as Viewer, request.params.id, take);
    response.done(`/enrolment/rosters/${batch._id}`);
  });

  routes.get('/rosters/:id/marked.xlsx', async (request, response) => {
    const { name, content } = await rosters.marked(request.viewer as Viewer, request.params.id, request.language);
    const stem = name.replace(/\.\w{1,5}$/, '');
    response.set('Cache-Control', 'no-store');
    sendWorkbook(response, host.translate(request.language)('roster.markedName', { file: stem }), content);
  });

  routes.post('/rosters/:id/confirm', async (request, response) => {
    const result = await rosters.confirm(request.viewer as Viewer, request.params.id);
    const t = host.translate(request.language);
    response.done(`/enrolment/rosters/${request.params.id}`, t('roster.done', { ...result }));
  });

  routes.post('/regions', async (request, response) => {
    const { programme, region } = parse(joinForm, request.body, request.language);
    await learners.join(request.viewer as Viewer, programme, region);
    response.done(`/enrolment?programme=${programme}`, host.translate(request.language)('join.done'));
  });
}

type Seen = Awaited<ReturnType<typeof read>>;

/** What the page says of the teachers whom the viewer administers. */
async function read({ learners, rosters }: EnrolmentDeps, viewer: Viewer, filter: LearnerFilter, page: Paging) {
  const sums = learners.sums(viewer, filter.programme);
  const [list, batches] = await Promise.all([
    sums.then((known) => learners.list(viewer, filter, page, known)),
    rosters.recent(viewer, filter.programme),
  ]);
  return { sums: await sums, list, batches };
}

/** The programme asked for, else the one chosen in the top bar, else the newest. @throws core:not-found */
async function chosenProgramme(request: Request, access: Access): Promise<Programme | undefined> {
  const viewer = request.viewer as Viewer;
  if (request.query.programme) return access.programme(viewer, String(request.query.programme));
  const [all, { current }] = await Promise.all([access.programmes(viewer), request.programmes()]);
  return all.find(({ _id }) => _id === current?._id) ?? all[0];
}

/** Schools that the viewer administers directly: the template lists them. */
async function ownSchools(host: CoreHost, viewer: Viewer, access: Access) {
  const scopes = access.scopes(viewer, '');
  const below = await Promise.all(idsOf(scopes, 'region').map((code) => host.regions.organisationsIn(code, 'school')));
  const own = await host.regions.organisationsByIds(idsOf(scopes, 'organisation'));
  return [...own, ...below.flat()].slice(0, 500);
}

function totalOf(sums: RollUp[]): RollUp['counts'] & { all: number } {
  const counts = { enrolled: 0, studying: 0, qualified: 0, withdrawn: 0 };
  for (const sum of sums) {
    for (const state of enrolmentStates) counts[state] += sum.counts[state];
  }
  return { ...counts, all: counts.enrolled + counts.studying + counts.qualified };
}

function slice<T>(rows: T[], asked: unknown, size = 100) {
  const pages = Math.max(1, Math.ceil(rows.length / size));
  const page = Math.min(pages, paging({ page: asked }).page);
  return { rows: rows.slice((page - 1) * size, page * size), paging: { page, pages, total: rows.length } };
}
