import type { Request, Response } from 'express';
import { z } from 'zod';
import { localText, parse, type Viewer, within } from '#platform';
import type { CoreHost } from './access.ts';
import type { EnrolmentDeps } from './enrolment.routes.ts';
import type { ActivationSlip } from './learners.service.ts';
import { sendWorkbook } from './send-workbook.ts';
import { codesWorkbook } from './spreadsheets.ts';

const id = z.string().min(1).max(80);
const codesForm = z.object({
  programme: id,
  enrolments: z.union([id.transform((one) => [one]), z.array(id).max(5000)]).optional(),
  all: z.string().optional(),
  format: z.enum(['page', 'xlsx']).catch('page'),
  /** The answer where some of them have a code that still works: whether they get another one. */
  replace: z.enum(['yes', 'no']).optional(),
});

/** One teacher's page, leaving and coming back, and activation codes. */
export function learnerPages(host: CoreHost, { access, learners }: EnrolmentDeps): void {
  const { routes } = host;

  routes.post('/codes', async (request, response) => {
    const viewer = request.viewer as Viewer;
    const form = parse(codesForm, request.body, request.language);
    const { programme, enrolments = [], all, format, replace } = form;
    await access.programme(viewer, programme);
    const { without, replaced } = all
      ? await learners.allToCode(viewer, programme)
      : await learners.toCode(viewer, enrolments);
    const t = host.translate(request.language);
    const back = `/enrolment?programme=${programme}`;
    if (without.length + replaced.length === 0) return response.done(back, t('codes.none'), 'info');
    if (replaced.length > 0 && replace === undefined) {
      return response.page('enrolment/codes-again', {
        title: t('codes.againTitle'),
        breadcrumb: [{ label: t('page.title'), href: back }],
        form: { programme, enrolments, all: all ?? '', format },
        without: without.length,
        replaced: replaced.map(({ name }) => name),
        back,
      });
    }
    const chosen = replace === 'yes' ? [...without, ...replaced] : without;
    await sendSlips(request, response, await learners.issueCodes(viewer, chosen), format, back);
  });

  routes.get('/:id', async (request, response) => {
    const viewer = request.viewer as Viewer;
    const { language } = request;
    const enrolment = await host.enrolments.get(request.params.id, within(viewer, access.managers, {}));
    const [programme, [user], school, { scheme, ...result }] = await Promise.all([
      host.programmes.get(enrolment.programme),
      host.accounts.byIds([enrolment.learner]),
      host.regions.organisation(enrolment.organisation),
      host.progress.resultOf(enrolment),
    ]);
    const t = host.translate(language);
    await response.page('enrolment/learner', {
      title: enrolment.name,
      lead: localText(programme.title, language),
      breadcrumb: [{ label: t('page.title'), href: `/enrolment?programme=${programme._id}` }],
      enrolment,
      programme: { ...programme, scheme },
      school: localText(school.name, language),
      user: user ?? {},
      result,
      rooms: [`enrolment:${enrolment._id}`],
    });
  });

  for (const act of ['withdraw', 'rejoin'] as const) {
    routes.post(`/:id/${act}`, async (request, response) => {
      const after = await learners[act](request.viewer as Viewer, request.params.id as string);
      const t = host.translate(request.language);
      response.done(`/enrolment/${after._id}`, t(`learner.${act}Done`, { name: after.name }));
    });
  }

  async function sendSlips(
    request: Request,
    response: Response,
    slips: ActivationSlip[],
    format: 'page' | 'xlsx',
    back: string,
  ): Promise<void> {
    const t = host.translate(request.language);
    const schools = await host.regions.organisationsByIds([...new Set(slips.map(({ organisation }) => organisation))]);
    const names = new Map(schools.map((school) => [school._id, localText(school.name, request.language)]));
    response.set('Cache-Control', 'no-store');
    if (format === 'xlsx') return sendWorkbook(response, t('codes.fileName'), await codesWorkbook(slips, names, t));
    await response.page('enrolment/codes', {
      title: t('codes.title'),
      breadcrumb: [{ label: t('page.title'), href: back }],
      slips,
      names,
      address: host.publicUrl,
      styles: ['enrolment.css'],
    });
  }
}
