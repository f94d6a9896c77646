import { createHmac, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Request, RequestHandler, Response } from 'express';
import session from 'express-session';
import type { Connection } from 'mongoose';
import { Passport } from 'passport';
import { Strategy } from 'passport-local';
import type { Accounts } from '../accounts/accounts.service.ts';
import type { Viewer } from '../accounts/scope.ts';
import { AppError, errors } from '../errors.ts';
import { isSameSecret } from '../secrets.ts';
import { isForeign } from './origin.ts';
import { SessionStore } from './session-store.ts';

interface SessionDeps {
  connection: Connection;
  accounts: Accounts;
  secret: string;
  secure: boolean;
}

const dayMs = 86_400_000;

/** Signed-in sessions in the database: `middleware` puts `request.viewer` on pages and API calls. */
export function createSessions({ connection, accounts, secret, secure }: SessionDeps) {
  const passport = new Passport();
  passport.use(
    new Strategy({ usernameField: 'login', passwordField: 'password' }, (login, password, done) => {
      accounts.authenticate(login, password).then(
        (viewer) => done(null, viewer),
        (error) => (error instanceof AppError ? done(null, false) : done(error)),
      );
    }),
  );
  passport.serializeUser((user, done) => done(null, (user as Viewer).id));
  passport.deserializeUser((id, done) => {
    accounts.viewer(String(id)).then(
      (viewer) => done(null, viewer ?? false),
      (error) => done(error),
    );
  });
  const store = new SessionStore(connection, {
    collectionName: 'sessions',
    ttl: (14 * dayMs) / 1000,
    touchAfter: 3600,
  });
  const middleware: RequestHandler[] = [
    session({
      name: 'xf.sid',
      secret,
      store,
      resave: false,
      saveUninitialized: false,
      cookie: { httpOnly: true, sameSite: 'lax', secure, maxAge: 14 * dayMs },
    }),
    passport.session(),
    (request, response, next) => {
      request.viewer = request.user as Viewer | undefined;
      response.redirect = redirectOnceStored as Response['redirect'];
      next();
    },
  ];

  /** Checks the login and the password in the body, and makes this request's session theirs. @throws core:wrong-credentials */
  const signIn = (request: Request, response: Response): Promise<Viewer> =>
    new Promise((resolve, reject) => {
      passport.authenticate('local', (error: unknown, viewer: Viewer | false) => {
        if (error) return reject(error);
        if (!viewer) return reject(errors.wrongCredentials());
        enter(request, viewer).then(resolve, reject);
      })(request, response, reject);
    });

  /** Ends this person's other sessions, as after a new password: who knew the old one is out. */
  const leaveOthers = async (viewer: Viewer, sessionId: string): Promise<void> => {
    const others = { 'session.passport.user': viewer.id, _id: { $ne: sessionId as never } };
    await connection.collection('sessions').deleteMany(others);
  };

  /** The id in the session cookie where its signature is ours (express-session's), without looking it up. */
  const proven = ({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined => {
    const [, id = '', signature = ''] = /(?:^|; )xf\.sid=s(?::|%3A)([^;.]+)\.([^;]+)/i.exec(headers.cookie ?? '') ?? [];
    if (id === '') return undefined;
    const wanted = createHmac('sha256', secret).update(id).digest('base64').replace(/=+$/, '');
    return isSameSecret(decoded(signature), wanted) ? id : undefined;
  };

  /** Whom a session stands for, for connections: they need nothing else of it. */
  const viewerOf = async (sessionId: string): Promise<Viewer | undefined> => {
    const person = await store.personOf(sessionId);
    return person === undefined ? undefined : accounts.viewer(person);
  };

  return { proven, viewerOf, middleware, signIn, enter, leave, leaveOthers };
}

/**
 * Express's redirect without its body. express-session sends headers ahead with the body and stores the session meanwhile: a
 * browser that follows at once would meet the session as it was. It holds back an answer that has no body.
 */
function redirectOnceStored(this: Response, ...to: [href: string] | [status: number, href: string]): void {
  const [status, href] = to.length === 1 ? [302, to[0]] : to;
  this.status(status).location(href).end();
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

/** Signs this viewer in under a new session id, against session fixation. */
function enter(request: Request, viewer: Viewer): Promise<Viewer> {
  const { returnTo } = request.session;
  return new Promise((resolve, reject) => {
    request.logIn(viewer, (error) => {
      if (error) return reject(error);
      if (returnTo) request.session.returnTo = returnTo;
      request.viewer = viewer;
      resolve(viewer);
    });
  });
}

function leave(request: Request): Promise<void> {
  return new Promise((resolve, reject) => {
    request.session.destroy((error) => (error ? reject(error) : resolve()));
  });
}

/** Synchroniser token per session (OWASP CSRF Prevention Cheat Sheet); made when a page first needs it. */
export function csrfToken(request: Request): string {
  request.session.csrfToken ??= randomBytes(24).toString('base64url');
  return request.session.csrfToken;
}

const safeMethods = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses changes that a browser sends for another site, and those without the session's token in the field `_csrf`, the
 * header `X-CSRF-Token` or the query.
 */
export const checkCsrf =
  (publicUrl: string | undefined): RequestHandler =>
  (request, _response, next) => {
    if (safeMethods.has(request.method)) return next();
    if (isForeign(request, publicUrl)) return next(errors.csrf());
    const given = String(request.get('x-csrf-token') ?? request.body?._csrf ?? request.query._csrf ?? '');
    const expected = request.session.csrfToken ?? '';
    if (expected === '' || !isSameSecret(given, expected)) return next(errors.csrf());
    if (request.body?._csrf) delete request.body._csrf;
    next();
  };
