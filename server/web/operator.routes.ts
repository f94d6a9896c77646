import { type Request, type RequestHandler, Router } from 'express';
import type { Accounts } from '../accounts/accounts.service.ts';
import type { Audit } from '../accounts/audit.ts';
import type { Places } from '../accounts/places.ts';
import { isOperator, unscoped } from '../accounts/scope.ts';
import { errors } from '../errors.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { type Health, isGood } from '../metrics/health.ts';
import type { FilterChain } from '../plugins/filters.ts';
import type { Programmes } from '../programmes/programmes.service.ts';
import type { Regions } from '../regions/regions.service.ts';
import { auditLines } from './audit-lines.ts';
import { pagerOf, paging } from './input.ts';
import type { Locales } from './locale.ts';
import type { Menu } from './menu.ts';

interface Deps {
  menu: Menu;
  jobs: Jobs;
  audit: Audit;
  accounts: Accounts;
  places: Places;
  regions: Regions;
  programmes: Programmes;
  locales: Locales;
  filters: FilterChain;
  health: Health;
  plugins: { id: string; api: string; requires: readonly string[] }[];
}

/** Refuses everybody but operators. */
export const operatorsOnly: RequestHandler = (request, _response, next) => {
  if (!request.viewer) return next(errors.signInRequired());
  next(isOperator(request.viewer) ? undefined : errors.notFound());
};

/** With one decimal. @param megabytes as health reports them */
const gigabytes = (megabytes: unknown): number => Math.round(Number(megabytes) / 102.4) / 10;

/** The operator's pages: plugins, jobs, deliveries, health, audit. */
export function operatorRoutes(deps: Deps): Router {
  const { menu, jobs, audit, accounts, places, locales, filters, health: own, plugins } = deps;
  const router = Router();
  menu.add({ label: 'core:menu.operator', href: '/operator', icon: 'server-cog', roles: ['operator'], order: 90 });
  menu.addLanding({ roles: ['operator'], href: '/operator', order: 90 });

  router.use('/operator', operatorsOnly);

  router.get('/operator', async (request, response) => {
    const { t, language } = request;
    const { parts } = await own.report();
    const lines = Object.entries(parts).map(([part, { state, detail }]) => ({
      name: t(`operator.part.${part}`),
      ok: isGood({ state }),
      detail: [
        isGood({ state }) && state !== 'off' ? '' : t(`operator.state.${state}`),
        detail === undefined
          ? ''
          : t(`operator.measure.${part}`, { detail: part === 'disk' ? gigabytes(detail) : detail }),
      ]
        .filter(Boolean)
        .join(' · '),
    }));
    const memory = Math.round(process.memoryUsage().rss / 2 ** 20);
    const process_ = { name: t('operator.process'), ok: true, detail: `${memory} MB` };
    const [health, people, steps] = await Promise.all([
      filters.apply('health', [...lines, process_], { language }),
      accounts.count(),
      firstSteps(request, deps),
    ]);
    await response.page('core/operator', {
      title: t('operator.title'),
      health,
      people,
      steps,
      parts: { 'operator.main': {} },
      plugins: plugins.map(({ id, api, requires }) => ({
        id,
        api,
        name: t(`${id}:plugin.name`),
        requires: requires.map((other) => t(`${other}:plugin.name`)),
      })),
    });
  });

  router.get('/operator/jobs', async (request, response) => {
    const page = paging(request.query);
    const { t } = request;
    const { jobs: rows, total } = await jobs.list(page);
    await response.page('core/jobs', {
      title: request.t('operator.jobs'),
      breadcrumb: [{ label: request.t('operator.title'), href: '/operator' }],
      jobs: rows.map(({ name, lastRunAt, nextRunAt, failReason }) => ({
        name: worded(t, [`job.${name}`, name.replace('.', ':job.')], name),
        lastRunAt,
        nextRunAt,
        error: failReason,
      })),
      paging: pagerOf(page, total),
    });
  });

  router.get('/operator/audit', async (request, response) => {
    const page = paging(request.query);
    const { t, language, query } = request;
    const actions = locales.textsUnder(language, 'audited');
    const who = String(query.q ?? '').trim();
    const action = [...actions.keys()].find((one) => one === query.action);
    const about = who ? await peopleCalled(who) : undefined;
    const { rows, total } = await audit.search({ action, about }, page);
    await response.page('core/audit', {
      title: t('operator.audit'),
      breadcrumb: [{ label: t('operator.title'), href: '/operator' }],
      entries: await auditLines(rows, { t, language, actions }, { accounts, places }),
      filters: [
        {
          name: 'action',
          label: t('operator.action'),
          value: action ?? '',
          options: [
            { value: '', label: t('operator.every-action') },
            ...[...actions].map(([value, label]) => ({ value, label })),
          ],
        },
        { name: 'q', label: t('operator.audit-hint'), value: who, type: 'search' },
      ],
      paging: pagerOf(page, total),
    });
  });

  /** Ids of the people with this name, and the text itself, which may be the id of anything. */
  async function peopleCalled(text: string): Promise<string[]> {
    const named = await accounts.list(unscoped({ $or: [{ name: text }, { account: text }] }), { skip: 0, limit: 200 });
    return [...named.rows.map(({ _id }) => _id), text];
  }

  return router;
}

/** The text of the first key that has one, else the name itself, as for what a plugin that is gone has left behind. */
const worded = (t: Request['t'], keys: string[], name: string): string =>
  keys.reduceRight((text, key) => t(key, { defaultValue: text }), name);

/** What leads from an empty platform to a first programme; nothing where somebody takes part in one. */
async function firstSteps({ t }: Request, { regions, programmes, accounts }: Deps) {
  if (await accounts.any(unscoped({ 'grants.role': 'learner' }))) return [];
  const [tree, organisations, all] = await Promise.all([
    regions.all(),
    regions.organisations({}, { skip: 0, limit: 1 }),
    programmes.all(),
  ]);
  const open = all.find(({ state }) => state === 'open');
  const step = (key: string, href: string, done: boolean) => ({
    title: t(`setup.step.${key}.title`),
    text: t(`setup.step.${key}.text`),
    label: t(`setup.step.${key}.label`),
    href,
    done,
  });
  const [draft] = all;
  return [
    step('regions', '/operator/regions', tree.size > 0),
    step('organisations', '/operator/organisations', organisations.total > 0),
    step('programme', '/programmes/new', all.length > 0),
    step('scheme', draft ? `/programmes/${draft._id}` : '/programmes', open !== undefined),
    step('roster', open ? `/enrolment?programme=${open._id}` : '/programmes', false),
  ];
}
