import { holds, type Language, localText, paging } from '#platform';
import type { Deliveries, Delivery } from './deliveries.service.ts';
import { deliveryStates } from './delivery.model.ts';
import type { RegistryHost } from './settings.ts';

/** After this long a waiting delivery is a matter for the operator, in milliseconds. */
const lateMs = 60 * 60_000;

/** The list of deliveries, one delivery, and what the operator's page shows of them. */
export function addPages(host: RegistryHost, deliveries: Deliveries, wake: () => void): void {
  host.menu({
    label: 'menu.deliveries',
    href: '/registry',
    icon: 'cloud-upload',
    roles: host.rolesFor('view'),
    order: 75,
  });

  host.routes.get('/', host.allow('view'), async (request, response) => {
    const t = host.translate(request.language);
    const asked = deliveryStates.find((state) => state === request.query.state);
    const page = paging(request.query);
    const { rows, total, counts } = await deliveries.list(request.viewer!, asked, page);
    await response.page('registry/deliveries', {
      title: t('list.title'),
      lead: t('list.lead'),
      rows: await titled(rows, request.language),
      counts,
      mayRetry: counts.refused > 0 && holds(request.viewer!, host.rolesFor('retry')),
      state: asked ?? '',
      states: deliveryStates,
      paging: { page: page.page, pages: Math.ceil(total / page.limit), total },
      configured: host.settings.url !== undefined,
      asOf: new Date(),
    });
  });

  host.routes.get('/:enrolment', host.allow('view'), async (request, response) => {
    const t = host.translate(request.language);
    const delivery = await deliveries.get(request.viewer!, String(request.params.enrolment));
    const [shown] = await titled([delivery], request.language);
    await response.page('registry/delivery', {
      title: delivery.name,
      lead: shown?.programmeTitle,
      breadcrumb: [{ label: t('list.title'), href: '/registry' }],
      delivery: shown,
      mayRetry: delivery.state !== 'accepted' && holds(request.viewer!, host.rolesFor('retry')),
      rooms: [],
    });
  });

  host.routes.post('/retry', host.allow('retry'), async (request, response) => {
    const retried = await deliveries.retryRefused(request.viewer!);
    wake();
    const told = host.translate(request.language)(retried > 0 ? 'retry.allDone' : 'retry.none', { n: retried });
    response.done('/registry', told, retried > 0 ? 'success' : 'info');
  });

  host.routes.post('/:enrolment/retry', host.allow('retry'), async (request, response) => {
    const enrolment = String(request.params.enrolment);
    await deliveries.retry(request.viewer!, enrolment);
    wake();
    response.done(`/registry/${enrolment}`, host.translate(request.language)('retry.done'));
  });

  /** Deliveries as pages show them; what was sent is frozen in Chinese, its reader may want the title in English. */
  async function titled(rows: Delivery[], language: Language) {
    const programmes = await host.programmes.byIds([...new Set(rows.map(({ programme }) => programme))]);
    const titles = new Map(programmes.map(({ _id, title }) => [_id, localText(title, language)]));
    return rows.map((row) => ({ ...view(row), programmeTitle: titles.get(row.programme) ?? row.programmeTitle }));
  }

  host.slot('operator.main', {
    view: 'operator',
    async data({ viewer }) {
      return viewer && { counts: await deliveries.counts(viewer), configured: host.settings.url !== undefined };
    },
  });

  host.filter('health', async (lines, { language }) => {
    const t = host.translate(language);
    const name = t('plugin.name');
    if (!host.settings.url) return [...lines, { name, ok: false, detail: t('health.unconfigured') }];
    const { pending, refused, oldest } = await deliveries.health();
    const late = oldest !== undefined && Date.now() - oldest.getTime() > lateMs;
    return [...lines, { name, ok: refused === 0 && !late, detail: t('health.detail', { pending, refused }) }];
  });
}

/** A delivery as pages and the API show it. */
export function view(delivery: Delivery) {
  const { _id, state, claimedUntil, nextAt, number, acceptedAt, refusal, answers } = delivery;
  const last = answers.at(-1);
  return {
    enrolment: _id,
    name: delivery.name,
    idMasked: delivery.idMasked,
    programme: delivery.programme,
    programmeTitle: delivery.programmeTitle,
    provider: delivery.provider,
    hours: delivery.hours,
    score: delivery.score,
    qualifiedAt: delivery.qualifiedAt,
    state,
    attempts: delivery.attempts,
    sending: state === 'pending' && claimedUntil.getTime() > Date.now(),
    uncertain: state === 'pending' && delivery.uncertain,
    answers: answers.map(({ at, kind, reason }) => ({ at, kind, ...(reason && { reason }) })),
    ...(last && { last: { at: last.at, kind: last.kind, ...(last.reason && { reason: last.reason }) } }),
    ...(state === 'pending' && { nextAt }),
    ...(number && { number }),
    ...(acceptedAt && { acceptedAt }),
    ...(state === 'refused' && refusal && { refusal }),
  };
}
