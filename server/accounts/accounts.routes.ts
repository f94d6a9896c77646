import { Router } from 'express';
import { z } from 'zod';
import { AppError, errors } from '../errors.ts';
import { languages } from '../languages.ts';
import type { Realtime } from '../realtime/realtime.ts';
import { paging, readForm } from '../web/input.ts';
import { holds, type Menu } from '../web/menu.ts';
import type { createSessions } from '../web/sessions.ts';
import type { Accounts } from './accounts.service.ts';
import type { Audit } from './audit.ts';
import { passwordLength } from './passwords.ts';
import { type Role, within } from './scope.ts';
import type { Throttle } from './throttle.ts';

interface Deps {
  accounts: Accounts;
  sessions: ReturnType<typeof createSessions>;
  throttle: Throttle;
  audit: Audit;
  menu: Menu;
  realtime: Realtime;
  isFirstOperatorToken(token: string): boolean;
}

const password = z.string().min(passwordLength.min).max(passwordLength.max);
const signInForm = z.object({ login: z.string().trim().min(1).max(60), password: z.string().min(1).max(128) });
const activateForm = z.object({ login: z.string().trim().min(1).max(60), code: z.string().trim().length(8), password });
const operatorForm = z.object({
  token: z.string(),
  name: z.string().trim().min(1).max(60),
  account: z.string().trim().min(3).max(30),
  password,
});
const passwordForm = z.object({ current: z.string().min(1).max(128), password });

/** Roles that look after people's accounts within their scope. */
const administrators: readonly Role[] = ['operator', 'city-bureau', 'county-bureau', 'school-administrator'];

/** Pages on which people sign in and out, set their password and language, and administrators find people. */
export function accountRoutes({
  accounts,
  sessions,
  throttle,
  audit,
  menu,
  realtime,
  isFirstOperatorToken,
}: Deps): Router {
  const router = Router();
  menu.add({ label: 'core:menu.people', href: '/people', icon: 'users', roles: administrators, order: 80 });

  const plain = { layout: 'layout-plain' };

  router.get('/sign-in', (request, response) => {
    if (request.viewer) return response.redirect('/');
    return response.page('core/sign-in', {
      ...plain,
      title: request.t('sign-in.title'),
      csrf: request.csrf(),
      values: {},
      errors: {},
    });
  });

  router.post('/sign-in', async (request, response) => {
    const form = readForm(signInForm, request.body, request.language);
    const again = (problems: Record<string, string>, status: number) =>
      response.page('core/sign-in', {
        ...plain,
        status,
        title: request.t('sign-in.title'),
        csrf: request.csrf(),
        values: { login: request.body?.login ?? '' },
        errors: problems,
      });
    if (!form.ok) return again(form.errors, 422);
    try {
      const who = { login: form.value.login, address: request.ip ?? '' };
      await throttle.attempt(who, () => sessions.signIn(request, response));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return again({ form: request.t(error.messageKey, error.params) }, error.status);
    }
    const { returnTo } = request.session;
    delete request.session.returnTo;
    response.redirect(303, returnTo?.startsWith('/') && !returnTo.startsWith('//') ? returnTo : '/');
  });

  router.post('/sign-out', async (request, response) => {
    const sessionId = request.sessionID;
    await sessions.leave(request);
    if (sessionId) realtime.endSession(sessionId);
    response.redirect(303, '/sign-in');
  });

  router.get('/activate', (request, response) =>
    response.page('core/activate', {
      ...plain,
      title: request.t('activate.title'),
      csrf: request.csrf(),
      values: {},
      errors: {},
    }),
  );

  router.post('/activate', async (request, response) => {
    const form = readForm(activateForm, request.body, request.language);
    const again = (problems: Record<string, string>, status: number) =>
      response.page('core/activate', {
        ...plain,
        status,
        title: request.t('activate.title'),
        csrf: request.csrf(),
        values: { login: request.body?.login ?? '', code: request.body?.code ?? '' },
        errors: problems,
      });
    if (!form.ok) return again(form.errors, 422);
    const { login, code, password } = form.value;
    try {
      const viewer = await throttle.attempt({ login, address: request.ip ?? '' }, () =>
        accounts.activate(login, code, password),
      );
      await sessions.enter(request, viewer);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return again({ form: request.t(error.messageKey, error.params) }, error.status);
    }
    response.done('/', request.t('activate.done'));
  });

  router.get('/first-operator', async (request, response) => {
    const token = String(request.query.token ?? '');
    if (!isFirstOperatorToken(token) || (await accounts.hasOperator())) throw errors.notFound();
    await response.page('core/first-operator', {
      ...plain,
      title: request.t('first-operator.title'),
      csrf: request.csrf(),
      values: { token },
      errors: {},
    });
  });

  router.post('/first-operator', async (request, response) => {
    const form = readForm(operatorForm, request.body, request.language);
    if (!isFirstOperatorToken(String(request.body?.token)) || (await accounts.hasOperator())) throw errors.notFound();
    if (!form.ok) {
      return response.page('core/first-operator', {
        ...plain,
        status: 422,
        title: request.t('first-operator.title'),
        csrf: request.csrf(),
        values: form.values,
        errors: form.errors,
      });
    }
    const { token: _, ...person } = form.value;
    const user = await accounts.create({ ...person, grants: [{ role: 'operator', scope: 'platform' }] });
    await audit.record({ actor: user._id, action: 'operator.first', subject: user._id });
    const viewer = await accounts.viewer(user._id);
    if (viewer) await sessions.enter(request, viewer);
    response.done('/', request.t('first-operator.done'));
  });

  router.get('/language', async (request, response) => {
    const to = languages.find((language) => language === request.query.to) ?? 'zh-CN';
    const back = String(request.query.back ?? '/');
    if (request.viewer) await accounts.setLanguage(request.viewer.id, to);
    response.cookie('xf.lang', to, { maxAge: 365 * 86_400_000, sameSite: 'lax', httpOnly: true });
    response.redirect(303, back.startsWith('/') && !back.startsWith('//') ? back : '/');
  });

  router.get('/programme', (request, response) => {
    response.cookie('xf.programme', String(request.query.to ?? ''), { sameSite: 'lax', httpOnly: true });
    response.redirect(303, '/');
  });

  router.get('/account', async (request, response) => {
    if (!request.viewer) throw errors.signInRequired();
    await response.page('core/account', {
      title: request.t('account.title'),
      person: await accounts.get(request.viewer.id),
      errors: {},
    });
  });

  router.post('/account/password', async (request, response) => {
    const { viewer } = request;
    if (!viewer) throw errors.signInRequired();
    const person = await accounts.get(viewer.id);
    const again = (problems: Record<string, string>, status: number) =>
      response.page('core/account', { status, title: request.t('account.title'), person, errors: problems });
    const form = readForm(passwordForm, request.body, request.language);
    if (!form.ok) return again(form.errors, 422);
    const { current, password } = form.value;
    try {
      const who = { login: `password ${viewer.id}`, address: request.ip ?? '' };
      await throttle.attempt(who, () => accounts.checkPassword(viewer.id, current));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return again({ current: request.t(error.messageKey, error.params) }, error.status);
    }
    await accounts.setPassword(viewer.id, password);
    response.done('/account', request.t('account.password-changed'));
  });

  router.get('/people', async (request, response) => {
    const { viewer } = request;
    if (!viewer) throw errors.signInRequired();
    if (!holds(viewer, administrators)) throw errors.notFound();
    const page = paging(request.query);
    const text = String(request.query.q ?? '').trim();
    const { rows, total } = await accounts.list(within(viewer, administrators, text ? { name: text } : {}), page);
    await response.page('core/accounts', { title: request.t('people.title'), rows, total, page, text });
  });

  return router;
}
