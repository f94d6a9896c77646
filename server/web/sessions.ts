import { createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import session from 'express-session';
import type { Connection } from 'mongoose';
import { Passport } from 'passport';
import { Strategy } from 'passport-local';
import type { Accounts } from '../accounts/accounts.service.ts';
import type { Viewer } from '../accounts/scope.ts';
import { AppError, errors } from '../errors.ts';
import { isSameSecret } from '../secrets.ts';
import type { Cookies } from './cookies.ts';
import { endOf, lifeOf, type SessionLives } from './session-ends.ts';
import { SessionStore } from './session-store.ts';

interface SessionDeps {
  connection: Connection;
  accounts: Accounts;
  secret: string;
  cookies: Cookies;
  lives: SessionLives;
}

const sessionCookie = 'xf.sid';
/** Uses of a session within this time are noted once, in seconds; a sign-in ends so much too early at most. */
const noteEvery = 300;

/** Signed-in sessions in the database: `middleware` puts `request.viewer` on pages and API calls. */
export function createSessions({ connection, accounts, secret, cookies, lives }: SessionDeps) {
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
    touchAfter: Math.min(
      noteEvery,
      lives.learner.idleMs / 10_000,
      lives.staff.idleMs / 10_000,
      lives.operator.idleMs / 10_000,
    ),
  });

  /** Lets a used sign-in go on, and ends one that has lasted its whole time whatever was done with it. */
  const goOn = (request: Request, response: Response, next: NextFunction): void => {
    response.redirect = redirectOnceStored as Response['redirect'];
    const viewer = request.user as Viewer | undefined;
    if (!viewer) {
      next();
      return;
    }
    const now = Date.now();
    const { cookie, signedInAt } = request.session;
    const ends = endOf(signedInAt, now, lifeOf(viewer.grants, lives));
    if (ends <= now) {
      request.user = undefined;
      request.session.regenerate((error) => next(error));
      return;
    }
    // A page that reads itself again for its figures is not somebody who is there.
    cookie.maxAge = request.get('x-refresh') ? Number(cookie.maxAge) : ends - now;
    request.viewer = viewer;
    next();
  };

  const middleware: RequestHandler[] = [
    session({
      name: cookies.named(sessionCookie),
      secret,
      store,
      resave: false,
      saveUninitialized: false,
      rolling: true,
      cookie: { path: '/', httpOnly: true, sameSite: 'lax', secure: cookies.secure },
    }),
    passport.session(),
    goOn,
  ];

  /** Signs this viewer in under a new session id, against session fixation. */
  const enter = (request: Request, viewer: Viewer): Promise<Viewer> =>
    new Promise((resolve, reject) => {
      request.logIn(viewer, (error) => {
        if (error) return reject(error);
        const now = Date.now();
        request.session.signedInAt = now;
        request.session.cookie.maxAge = endOf(now, now, lifeOf(viewer.grants, lives)) - now;
        request.viewer = viewer;
        resolve(viewer);
      });
    });

  /** Signs out; the browser forgets what it keeps of the pages, so that Back shows none of them. */
  const leave = (request: Request, response: Response): Promise<void> => {
    cookies.clear(response, sessionCookie);
    response.set('Clear-Site-Data', '"cache"');
    return new Promise((resolve, reject) => {
      request.session.destroy((error) => (error ? reject(error) : resolve()));
    });
  };

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
    const [, id = '', signature = ''] = /^s:([^.]+)\.(.+)$/.exec(cookies.read({ headers }, sessionCookie) ?? '') ?? [];
    if (id === '') return undefined;
    const wanted = createHmac('sha256', secret).update(id).digest('base64').replace(/=+$/, '');
    return isSameSecret(signature, wanted) ? id : undefined;
  };

  /** Whom a session stands for and until when, epoch ms, for connections: they need nothing else of it. */
  const signedIn = async (sessionId: string): Promise<{ viewer: Viewer; ends: number } | undefined> => {
    const stored = await store.valid(sessionId);
    const person = stored?.session.passport?.user;
    const viewer = person === undefined ? undefined : await accounts.viewer(person);
    return viewer && { viewer, ends: stored?.expires?.getTime() ?? 0 };
  };

  /** Notes that a session is used over a connection. @returns its new end, epoch ms; undefined where it has ended */
  const use = async (sessionId: string): Promise<number | undefined> => {
    const stored = await store.valid(sessionId);
    const person = stored?.session.passport?.user;
    const viewer = person === undefined ? undefined : await accounts.viewer(person);
    if (!viewer) return undefined;
    const now = Date.now();
    const ends = endOf(stored?.session.signedInAt, now, lifeOf(viewer.grants, lives));
    await store.extend(sessionId, new Date(ends));
    return ends > now ? ends : undefined;
  };

  return { cookies, proven, signedIn, use, middleware, signIn, enter, leave, leaveOthers };
}

/**
 * Express's redirect without its body. express-session sends headers ahead with the body and stores the session meanwhile: a
 * browser that follows at once would meet the session as it was. It holds back an answer that has no body.
 */
function redirectOnceStored(this: Response, ...to: [href: string] | [status: number, href: string]): void {
  const [status, href] = to.length === 1 ? [302, to[0]] : to;
  this.status(status).location(href).end();
}
