import type { Request, Response } from 'express';
import { z } from 'zod';
import { AppError, type Language, localText, type Programme } from '#platform';
import type { Schemes } from './scheme.service.ts';
import { componentId, formOf, readScheme, reason, type SchemeErrors, type SchemeForm } from './scheme-form.ts';
import type { AssessmentHost } from './settings.ts';

const typed = z.string().max(120).default('');
/** Browsers send what people typed; the rules are in scheme-form.ts. */
const bodySchema = z.object({
  passMark: typed,
  components: z
    .array(z.object({ id: z.string().regex(componentId), measure: typed, weight: typed, full: typed, minimum: typed }))
    .max(40)
    .default([]),
  required: z
    .array(z.object({ activity: typed, keep: z.string().optional(), atLeast: typed }))
    .max(200)
    .default([]),
});

/** The editor of a programme's assessment scheme, and its opening. */
export function addSchemePages(host: AssessmentHost, schemes: Schemes): void {
  const { measures } = host.progress;
  host.menu({
    label: 'menu.schemes',
    href: '/assessment/schemes',
    icon: 'adjustments',
    roles: host.rolesFor('manage'),
    order: 72,
  });

  host.routes.get('/schemes', host.allow('manage'), async (request, response) => {
    const programmes = await schemes.list(request.viewer!);
    await response.page('assessment/schemes', {
      title: host.translate(request.language)('schemes.title'),
      lead: host.translate(request.language)('schemes.lead'),
      rows: programmes.map((programme) => ({
        id: programme._id,
        title: localText(programme.title, request.language),
        state: programme.state,
        version: programme.scheme.version,
        passMark: programme.scheme.passMark,
        weights: programme.scheme.components.map(({ measure, weight }) => ({
          label: labelOf(measure, request.language),
          weight,
        })),
      })),
    });
  });

  host.routes.get('/schemes/:programme', host.allow('manage'), async (request, response) => {
    const programme = await schemes.get(request.viewer!, String(request.params.programme));
    await show(request, response, programme, formOf(programme.scheme, measures.all(), measures.measureOf));
  });

  host.routes.post('/schemes/:programme', host.allow('manage'), async (request, response) => {
    const id = String(request.params.programme);
    const programme = await schemes.get(request.viewer!, id);
    const form = formFrom(request.body);
    const read = readScheme(form, measures.all(), measures.measureOf);
    if (!read.ok) return show(request, response, programme, form, read.errors);
    await schemes.change(request.viewer!, id, read.scheme);
    response.done(`/assessment/schemes/${id}`, host.translate(request.language)('scheme.saved'));
  });

  host.routes.post('/schemes/:programme/open', host.allow('manage'), async (request, response) => {
    const id = String(request.params.programme);
    await schemes.open(request.viewer!, id);
    response.done(`/assessment/schemes/${id}`, host.translate(request.language)('scheme.opened'));
  });

  host.routes.get('/schemes/:programme/correct', host.allow('manage'), async (request, response) => {
    const programme = await schemes.get(request.viewer!, String(request.params.programme));
    if (programme.state !== 'open') throw new AppError('core:programme-not-open', 409);
    const form = formOf(programme.scheme, measures.all(), measures.measureOf);
    await show(request, response, programme, form, new Map(), '');
  });

  host.routes.post('/schemes/:programme/correct', host.allow('manage'), async (request, response) => {
    const id = String(request.params.programme);
    const programme = await schemes.get(request.viewer!, id);
    const form = formFrom(request.body);
    const typedReason = String((request.body as { reason?: unknown }).reason ?? '').slice(0, 400);
    const read = readScheme(form, measures.all(), measures.measureOf);
    const why = reason.safeParse(typedReason);
    const wrong: SchemeErrors = read.ok ? new Map() : read.errors;
    if (!why.success) wrong.set('reason', { key: 'field.reason' });
    if (!read.ok || !why.success) return show(request, response, programme, form, wrong, typedReason);
    try {
      await schemes.correct(request.viewer!, id, read.scheme, why.data);
    } catch (error) {
      if (!(error instanceof AppError) || error.status === 404) throw error;
      const said: SchemeErrors = new Map([['', { key: error.messageKey, params: error.params }]]);
      return show(request, response, programme, form, said, typedReason);
    }
    response.done('/tasks', host.translate(request.language)('correct.begun'));
  });

  async function show(
    request: Request,
    response: Response,
    programme: Programme,
    form: SchemeForm,
    wrong: SchemeErrors = new Map(),
    correcting?: string,
  ): Promise<void> {
    const { language } = request;
    const t = host.translate(language);
    const errors = Object.fromEntries([...wrong].map(([field, { key, params }]) => [field, t(key, params)]));
    const describe = async (row: SchemeForm['required'][number]) => {
      const measure = measures.measureOf(row.activity);
      const about = row.activity && measure ? await measures.describe(row.activity, language) : undefined;
      return { ...row, title: about?.title, href: about?.href, unit: measure ? unitOf(measure, language) : '' };
    };
    const offered = await host.apply('scheme.activities', [], { programme: programme._id, language });
    const known = new Set(form.required.map(({ activity }) => activity));
    const programmeTitle = localText(programme.title, language);
    const rescoring = await schemes.running(programme);
    const all = { label: t('schemes.title'), href: '/assessment/schemes' };
    await response.page('assessment/scheme', {
      ...(correcting === undefined
        ? { title: programmeTitle, lead: t('scheme.title'), breadcrumb: [all] }
        : {
            title: t('correct.title'),
            lead: programmeTitle,
            breadcrumb: [all, { label: programmeTitle, href: `/assessment/schemes/${programme._id}` }],
          }),
      status: wrong.size > 0 ? 422 : 200,
      programme,
      rescoring,
      rooms: rescoring ? [`tasks:${programme._id}`] : [],
      frozen: programme.state !== 'draft' && correcting === undefined,
      correction:
        correcting === undefined ? undefined : { reason: correcting, ...(await schemes.concerned(programme._id)) },
      form: {
        ...form,
        components: form.components.map((row) => ({
          ...row,
          label: labelOf(row.measure, language),
          unit: unitOf(row.measure, language),
        })),
        required: await Promise.all(form.required.map(describe)),
      },
      offered: offered.filter(({ activity }) => !known.has(activity)),
      sum: form.components.reduce((sum, { weight }) => sum + (Number(weight) || 0), 0),
      errors,
      scripts: ['assessment.js'],
    });
  }

  function labelOf(id: string, language: Language): string {
    const measure = measures.get(id);
    return measure ? host.translate(language)(`${measure.plugin}:${measure.label}`) : id;
  }

  function unitOf(id: string, language: Language): string {
    const measure = measures.get(id);
    return measure ? host.translate(language)(`${measure.plugin}:${measure.unit}`) : '';
  }
}

/** @throws assessment:bad-form for a body that no form of ours sends */
function formFrom(body: unknown): SchemeForm {
  const read = bodySchema.safeParse(body);
  if (!read.success) throw new AppError('assessment:bad-form', 422);
  const { required, ...rest } = read.data;
  return { ...rest, required: required.map(({ keep, ...row }) => ({ ...row, keep: keep !== undefined })) };
}
