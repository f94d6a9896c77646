import { type Request, type Response, Router } from 'express';
import { z } from 'zod';
import { AppError, errors } from '../errors.ts';
import { languages } from '../languages.ts';
import { normalisePhone } from '../normalise/phone.ts';
import type { Regions } from '../regions/regions.service.ts';
import { readForm } from '../web/input.ts';
import type { createSessions } from '../web/sessions.ts';
import { sitePath } from '../web/site-path.ts';
import { type Accounts, refuseWeak } from './accounts.service.ts';
import type { Audit } from './audit.ts';
import type { Departures } from './departures.ts';
import { weaknessOf } from './password-strength.ts';
import { passwordLength } from './passwords.ts';
import { described, signedIn } from './person.ts';
import type { Proofs } from './proofs.ts';

interface Deps {
  accounts: Accounts;
  sessions: ReturnType<typeof createSessions>;
  proofs: Proofs;
  audit: Audit;
  departures: Departures;
  regions: Regions;
  isFirstOperatorToken(token: string): boolean;
}

const password = z.string().min(passwordLength.min).max(passwordLength.max);
const given = z.string().min(1).max(passwordLength.max);
const login = z.string().trim().min(1).max(60);
export const signInForm = z.object({ login, password: given });
const activateForm = z.object({ login, code: z.string().trim().length(8), password });
const operatorForm = z.object({
  token: z.string(),
  name: z.string().trim().min(1).max(60),
  account: z.string().trim().min(3).max(30),
  password,
});
const passwordForm = z.object({ current: given, password });

const profileForm = z.object({
  phone: z
    .string()
    .max(40)
    .transform((text) => (text.trim() === '' ? '' : (normalisePhone(text) ?? text)))
    .pipe(z.literal('').or(z.string().regex(/^1\d{10}$/))),
  language: z.enum(languages),
  /** The password, where the phone changes: it is what people sign in with. */
  current: given.or(z.literal('')).optional(),
});
const yearMs = 365 * 86_400_000;
const plain = { layout: 'layout-plain', narrow: true };

/** Pages on which people sign in and out and set their password, phone and language. */
export function accountRoutes(deps: Deps): Router {
  const { accounts, sessions, proofs, audit, departures, regions, isFirstOperatorToken } = deps;
  const router = Router();

  router.get('/sign-in', async (request, response) => {
    const back = sitePath(String(request.query.back ?? '/'));
    if (request.viewer) return response.redirect(back);
    return response.page('core/sign-in', {
      ...plain,
      back,
      isNew: !(await accounts.hasOperator()),
      title: request.t('sign-in.title'),
      csrf: request.csrf(),
    });
  });

  router.post('/sign-in', async (request, response) => {
    const form = readForm(signInForm, request.body, request.language);
    const back = sitePath(String(request.body?.back ?? '/'));
    const again = (problems: Record<string, string>, status: number) =>
      response.page('core/sign-in', {
        ...plain,
        status,
        back,
        title: request.t('sign-in.title'),
        csrf: request.csrf(),
        values: { login: request.body?.login ?? '' },
        errors: problems,
      });
    if (!form.ok) return again(form.errors, 422);
    try {
      await proofs.signIn(request, response, form.value.login, () => sessions.signIn(request, response));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return again({ '': request.t(error.messageKey, error.params) }, error.status);
    }
    response.redirect(303, back);
  });

  router.post('/sign-out', async (request, response) => {
    const { viewer, sessionID = '' } = request;
    await sessions.leave(request, response);
    if (viewer) {
      departures.of(viewer.id, sessionID);
      await proofs.signedOut(request, viewer);
    }
    response.redirect(303, '/sign-in');
  });

  router.get('/activate', (request, response) =>
    response.page('core/activate', {
      ...plain,
      title: request.t('activate.title'),
      csrf: request.csrf(),
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
      // Before the attempt: a weak password is no guess.
      refuseWeak(password, [login]);
      const viewer = await proofs.signIn(request, response, login, () => accounts.activate(login, code, password));
      await sessions.enter(request, viewer);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const field = error.code.startsWith('core:password-') ? 'password' : '';
      return again({ [field]: request.t(error.messageKey, error.params) }, error.status);
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
      path: request.originalUrl,
    });
  });

  router.post('/first-operator', async (request, response) => {
    const form = readForm(operatorForm, request.body, request.language);
    if (!isFirstOperatorToken(String(request.body?.token)) || (await accounts.hasOperator())) throw errors.notFound();
    const again = (values: object, problems: Record<string, string>) =>
      response.page('core/first-operator', {
        ...plain,
        status: 422,
        title: request.t('first-operator.title'),
        csrf: request.csrf(),
        values,
        errors: problems,
        path: `/first-operator?token=${request.body.token}`,
      });
    if (!form.ok) return again(form.values, form.errors);
    const { token: _, ...person } = form.value;
    const weakness = weaknessOf(person.password, [person.account, person.name]);
    if (weakness) return again({ ...person, password: '' }, { password: request.t(`error.password-${weakness}`) });
    const user = await accounts.create({ ...person, grants: [{ role: 'operator', scope: 'platform' }] });
    await audit.record({ actor: user._id, action: 'operator.first', subject: user._id });
    const viewer = await accounts.viewer(user._id);
    if (viewer) await sessions.enter(request, viewer);
    response.done('/', request.t('first-operator.done'));
  });

  router.get('/language', async (request, response) => {
    const to = languages.find((language) => language === request.query.to) ?? 'zh-CN';
    if (request.viewer) await accounts.setLanguage(request.viewer.id, to);
    sessions.cookies.set(response, 'xf.lang', to, yearMs);
    response.redirect(303, sitePath(String(request.query.back ?? '/')));
  });

  router.get('/programme', (request, response) => {
    sessions.cookies.set(response, 'xf.programme', String(request.query.to ?? ''));
    response.redirect(303, '/');
  });

  router.get('/account', async (request, response) => {
    await accountPage(request, response, {});
  });

  router.post('/account', async (request, response) => {
    const viewer = signedIn(request);
    const form = readForm(profileForm, request.body, request.language);
    if (!form.ok) return accountPage(request, response, { status: 422, which: 'profile', ...form });
    const { current, ...profile } = form.value;
    const refuse = (status: number, errors: Record<string, string>) =>
      accountPage(request, response, { status, which: 'profile', errors, values: profile });
    let field = 'phone';
    try {
      if (profile.phone !== ((await accounts.get(viewer.id)).phone ?? '')) {
        field = 'current';
        if (!current) return refuse(422, { current: request.t('account.password-for-phone') });
        await proofs.again(request, viewer, current);
        field = 'phone';
      }
      await accounts.setProfile(viewer.id, profile);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      return refuse(error.status, { [field]: request.t(error.messageKey, error.params) });
    }
    sessions.cookies.set(response, 'xf.lang', form.value.language, yearMs);
    response.done('/account', request.t('account.saved'));
  });

  router.post('/account/password', async (request, response) => {
    const viewer = signedIn(request);
    const form = readForm(passwordForm, request.body, request.language);
    if (!form.ok) return accountPage(request, response, { status: 422, which: 'password', errors: form.errors });
    const { current, password } = form.value;
    try {
      await proofs.again(request, viewer, current);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const problem = { current: request.t(error.messageKey, error.params) };
      return accountPage(request, response, { status: error.status, which: 'password', errors: problem });
    }
    try {
      await accounts.setPassword(viewer.id, password);
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const problem = { password: request.t(error.messageKey, error.params) };
      return accountPage(request, response, { status: error.status, which: 'password', errors: problem });
    }
    const { sessionID = '' } = request;
    await sessions.leaveOthers(viewer, sessionID);
    departures.ofOthers(viewer.id, sessionID);
    response.done('/account', request.t('account.password-changed'));
  });

  async function accountPage(request: Request, response: Response, locals: object): Promise<void> {
    const user = await accounts.get(signedIn(request).id);
    await response.page('core/account', {
      title: request.t('account.title'),
      person: await described(user, request, regions),
      ...locals,
    });
  }

  return router;
}
