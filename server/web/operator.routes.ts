import { type Request, Router } from 'express';
import type { Accounts } from '../accounts/accounts.service.ts';
import type { Audit } from '../accounts/audit.ts';
import { covers } from '../accounts/scope.ts';
import { errors } from '../errors.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { type Language, type LocalText, localText } from '../languages.ts';
import type { FilterChain } from '../plugins/filters.ts';
import { pagerOf, paging } from './input.ts';
import type { Menu } from './menu.ts';

interface Deps {
  menu: Menu;
  jobs: Jobs;
  audit: Audit;
  accounts: Accounts;
  filters: FilterChain;
  /** Answers when the database does. @throws where it does not */
  pingDatabase(): Promise<void>;
  plugins: { id: string; api: string; requires: readonly string[] }[];
}

/** The operator's pages: plugins, jobs, deliveries, health, audit. */
export function operatorRoutes({ menu, jobs, audit, accounts, filters, pingDatabase, plugins }: Deps): Router {
  const router = Router();
  const namespaces = ['core', ...plugins.map(({ id }) => id)];
  menu.add({ label: 'core:menu.operator', href: '/operator', icon: 'server-cog', roles: ['operator'], order: 90 });
  menu.addLanding({ roles: ['operator'], href: '/operator', order: 90 });

  router.get('/health', async (_request, response) => {
    await pingDatabase();
    response.json({ ok: true });
  });

  router.use('/operator', (request, _response, next) => {
    if (!request.viewer) return next(errors.signInRequired());
    next(covers(request.viewer, ['operator'], []) ? undefined : errors.notFound());
  });

  router.get('/operator', async (request, response) => {
    const { t, language } = request;
    const started = performance.now();
    await pingDatabase();
    const database = { name: t('operator.database'), ok: true, detail: `${Math.ceil(performance.now() - started)} ms` };
    const memory = Math.round(process.memoryUsage().rss / 2 ** 20);
    const process_ = { name: t('operator.process'), ok: true, detail: `${memory} MB` };
    const [health, people] = await Promise.all([
      filters.apply('health', [database, process_], { language }),
      accounts.count(),
    ]);
    await response.page('core/operator', {
      title: t('operator.title'),
      health,
      people,
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
    const text = String(request.query.q ?? '').trim();
    const { rows, total } = await audit.search(text || undefined, page);
    const ids = rows.flatMap((row) => [row.actor, row.subject]).filter((id): id is string => Boolean(id));
    const names = new Map((await accounts.byIds([...new Set(ids)])).map((user) => [user._id, user.name]));
    const { t, language } = request;
    await response.page('core/audit', {
      title: t('operator.audit'),
      breadcrumb: [{ label: t('operator.title'), href: '/operator' }],
      entries: rows.map(({ at, actor, action, subject, details }) => ({
        at,
        actor: actor ? (names.get(actor) ?? actor) : t('operator.platform'),
        action: worded(
          t,
          namespaces.map((space) => `${space}:audited.${action}`),
          action,
        ),
        subject: subject ? (names.get(subject) ?? subject) : undefined,
        details: Object.entries(details ?? {})
          .map(([key, value]) =>
            [key, wordOf(value, language)]
              .map((word) => worded(t, [`audit-detail.${word}`, `stage.${word}`, `subject.${word}`], word))
              .join(' '),
          )
          .join(' · '),
      })),
      filters: [{ name: 'q', label: t('operator.audit-hint'), value: text, type: 'search' }],
      paging: pagerOf(page, total),
    });
  });

  return router;
}

/** The text of the first key that has one, else the name itself, as for what a plugin that is gone has left behind. */
const worded = (t: Request['t'], keys: string[], name: string): string =>
  keys.reduceRight((text, key) => t(key, { defaultValue: text }), name);

/** A value of an entry's details as text: names come in two languages. */
const wordOf = (value: unknown, language: Language): string =>
  value instanceof Object ? localText(value as LocalText, language) : String(value);
