import { type Request, Router } from 'express';
import { z } from 'zod';
import { errors } from '../errors.ts';
import { localText } from '../languages.ts';
import type { Enrolments } from '../programmes/enrolments.service.ts';
import type { Programmes } from '../programmes/programmes.service.ts';
import type { Regions } from '../regions/regions.service.ts';
import { pagerOf, paging, parse } from '../web/input.ts';
import type { Menu } from '../web/menu.ts';
import type { Accounts } from './accounts.service.ts';
import { described, signedIn } from './person.ts';
import { grantable, type Places } from './places.ts';
import { holds, isOperator, type Role, roles, type Scope, scopePattern, type Viewer, within } from './scope.ts';

interface Deps {
  accounts: Accounts;
  enrolments: Enrolments;
  programmes: Programmes;
  regions: Regions;
  places: Places;
  menu: Menu;
}

const scope = z.custom<Scope>((value) => scopePattern.test(String(value)));
/** An operator runs the whole platform: the role exists in no smaller scope. */
const grantForm = z
  .object({ role: z.enum(roles), scope })
  .refine(({ role, scope }) => role !== 'operator' || scope === 'platform', { path: ['scope'] });

/** Roles that look after people's accounts within their scope. */
const administrators: readonly Role[] = ['operator', 'city-bureau', 'county-bureau', 'school-administrator'];

/** People within an administrator's scope; the operator also grants and revokes roles. */
export function peopleRoutes({ accounts, enrolments, programmes, regions, places, menu }: Deps): Router {
  const router = Router();
  menu.add({ label: 'core:menu.people', href: '/accounts', icon: 'users', roles: administrators, order: 80 });

  router.get('/accounts', async (request, response) => {
    const viewer = administrator(request);
    const page = paging(request.query);
    const text = String(request.query.q ?? '').trim();
    const { rows, total } = await accounts.list(within(viewer, administrators, text ? { name: text } : {}), page);
    const { t } = request;
    await response.page('core/accounts', {
      title: t('people.title'),
      people: await Promise.all(rows.map((user) => described(user, request, regions))),
      paging: pagerOf(page, total),
      filters: [{ name: 'q', label: t('people.name-hint'), value: text, type: 'search' }],
    });
  });

  router.get('/accounts/:id', async (request, response) => {
    const viewer = administrator(request);
    const user = await accounts.getWithin(request.params.id, within(viewer, administrators, {}));
    const own = await enrolments.ofLearner(user._id);
    const titles = await programmes.byIds(own.map((enrolment) => enrolment.programme));
    const { t, language } = request;
    const scopes = user.grants.map(({ scope }) => scope as Scope);
    const names = await places.names(scopes, language, t('people.scope-platform'));
    await response.page('core/person', {
      title: user.name,
      breadcrumb: [{ label: t('people.title'), href: '/accounts' }],
      person: await described(user, request, regions),
      grants: user.grants.map(({ role, scope }) => ({
        role,
        scope,
        label: t(`role.${role}`),
        place: names.get(scope as Scope),
        byHand: grantable.some((one) => one === role),
      })),
      mayGrant: isOperator(viewer),
      enrolments: own.map(({ programme, state, total }) => ({
        title: localText(titles.find((one) => one._id === programme)?.title, language),
        programme,
        state,
        total,
      })),
    });
  });

  router.get('/accounts/:id/grants', async (request, response) => {
    operator(request);
    const user = await accounts.get(request.params.id);
    const { t, language, query } = request;
    const role = grantable.find((one) => one === query.role) ?? 'school-administrator';
    const text = String(query.q ?? '').trim();
    await response.page('core/grant', {
      title: t('people.add-grant'),
      lead: user.name,
      breadcrumb: [
        { label: t('people.title'), href: '/accounts' },
        { label: user.name, href: `/accounts/${user._id}` },
      ],
      person: user._id,
      role,
      text,
      places: await places.find(role, text, language, t('people.scope-platform')),
      roleOptions: grantable.map((value) => ({ value, label: t(`role.${value}`) })),
    });
  });

  router.post('/accounts/:id/grants', async (request, response) => {
    const viewer = operator(request);
    const user = await accounts.get(request.params.id);
    await accounts.grant(user._id, parse(grantForm, request.body, request.language), viewer.id);
    response.done(`/accounts/${user._id}`, request.t('people.granted'));
  });

  router.post('/accounts/:id/grants/revoke', async (request, response) => {
    const viewer = operator(request);
    const user = await accounts.get(request.params.id);
    await accounts.revoke(user._id, parse(grantForm, request.body, request.language), viewer.id);
    response.done(`/accounts/${user._id}`, request.t('people.revoked'));
  });

  return router;
}

function administrator(request: Request): Viewer {
  const viewer = signedIn(request);
  if (!holds(viewer, administrators)) throw errors.notFound();
  return viewer;
}

function operator(request: Request): Viewer {
  const viewer = signedIn(request);
  if (!isOperator(viewer)) throw errors.notFound();
  return viewer;
}
