import type { Request, Response } from 'express';
import { type LocalText, localText, pagerOf, paging, parse, readForm, type Viewer } from '#platform';
import { anomalyKinds } from './anomalies.ts';
import { anomalyQuery } from './appeals.api.ts';
import { appealForm, appealQuery, decisionBody } from './appeals.messages.ts';
import type { VideoHost } from './plugin.ts';
import type { Services } from './services.ts';
import { spansIn } from './spans.ts';

const text = (language: Request['language']) => (value: LocalText) => localText(value, language);

/** Appeals as learners make and moderators decide them, and what stands out. */
export function oversightRoutes(host: VideoHost, { anomalies, appeals }: Services): void {
  const { routes } = host;

  routes.post('/appeals', host.signedIn, async (request, response) => {
    const form = readForm(appealForm, request.body, request.language);
    const t = host.translate(request.language);
    const back = `/video-courses/credit?enrolment=${encodeURIComponent(String(request.body?.enrolment ?? ''))}`;
    if (!form.ok) return response.done(back, t('appeal.wordsMissing'), 'warning');
    const { stretch, ...wish } = form.value;
    await appeals.make(request.viewer as Viewer, { ...wish, ...(stretch.length > 0 && { stretches: stretch }) });
    response.done(`${back}#day-${wish.day}`, t('appeal.made'));
  });

  routes.get('/appeals', host.allow('grant'), (request, response) => showAppeals(request, response));

  routes.post('/appeals/:id', host.allow('grant'), async (request, response) => {
    const t = host.translate(request.language);
    const decline = request.body?.decision === 'decline';
    const form = readForm(decisionBody, { ...request.body, ...(decline && { seconds: 0 }) }, request.language);
    if (!form.ok) {
      const failed = { id: String(request.params.id), errors: form.errors, values: form.values };
      return showAppeals(request, response, failed);
    }
    const granted = await appeals.decide(request.viewer as Viewer, String(request.params.id), form.value);
    const back = typeof request.body?.back === 'string' ? request.body.back : '';
    const query = /^\?[\w=&%.-]*$/.test(back) ? back : '';
    response.done(`/video-courses/appeals${query}`, t(granted > 0 ? 'appeal.granted' : 'appeal.declined'));
  });

  routes.get('/anomalies', host.allow('judge'), async (request, response) => {
    const { language } = request;
    const query = parse(anomalyQuery, request.query, language);
    const page = paging(request.query);
    const { rows, total } = await anomalies.list(request.viewer as Viewer, query, page);
    const t = host.translate(language);
    await response.page('video-courses/anomalies', {
      title: t('anomalies.title'),
      lead: t('anomalies.lead'),
      rows,
      kinds: anomalyKinds,
      kind: query.kind,
      organisation: await organisations(
        rows.map((row) => row.enrolled.organisation),
        language,
      ),
      paging: pagerOf(page, total),
      styles: ['video-courses.css'],
    });
  });

  /** What organisations are called: id → name. */
  async function organisations(ids: string[], language: Request['language']): Promise<(id: string) => string> {
    const found = new Map(
      (await host.regions.organisationsByIds([...new Set(ids)])).map(({ _id, name }) => [_id, name]),
    );
    return (id) => localText(found.get(id), language);
  }

  async function showAppeals(
    request: Request,
    response: Response,
    failed?: { id: string; errors: Record<string, string>; values: Record<string, unknown> },
  ): Promise<void> {
    const { language } = request;
    const query = parse(appealQuery, request.query, language);
    const page = paging(request.query, 20);
    const { rows, total } = await appeals.list(request.viewer as Viewer, query, page);
    const t = host.translate(language);
    await response.page('video-courses/appeals', {
      title: t('appeals.title'),
      lead: t('appeals.lead'),
      rows,
      organisation: await organisations(
        rows.map((row) => row.organisation),
        language,
      ),
      state: query.state,
      workshop: query.workshop,
      failed,
      back: new URL(request.originalUrl, 'http://x').search,
      ...spansIn(language),
      text: text(language),
      paging: pagerOf(page, total),
      status: failed ? 422 : 200,
      styles: ['video-courses.css'],
    });
  }
}
