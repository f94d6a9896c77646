import { randomBytes } from 'node:crypto';
import compression from 'compression';
import express, { type Express, type Request, type RequestHandler } from 'express';
import helmet from 'helmet';
import type { Logger } from 'pino';
import { roles } from '../accounts/scope.ts';
import type { Language } from '../languages.ts';
import { healthRoutes } from '../metrics/health.routes.ts';
import type { Health } from '../metrics/health.ts';
import { countRequests, type Mounted } from '../metrics/http-figures.ts';
import { metricsRoutes } from '../metrics/metrics.routes.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Enrolments } from '../programmes/enrolments.service.ts';
import { isInTerm, type Programmes } from '../programmes/programmes.service.ts';
import type { Assets } from './assets.ts';
import { failures, notFound } from './failures.ts';
import { chooseLanguage, type Locales } from './locale.ts';
import type { Pages } from './pages.ts';
import { checkCsrf, csrfToken } from './sessions.ts';
import './request.ts';

interface WebDeps {
  log: Logger;
  metrics: Metrics;
  metricsToken: string;
  health: Health;
  assets: Assets;
  sessions: RequestHandler[];
  limits: RequestHandler[];
  locales: Locales;
  pages: Pages;
  programmes: Programmes;
  enrolments: Enrolments;
  /** Where people reach the platform, if that is configured. */
  publicUrl: string | undefined;
  behindProxy: boolean;
}

/** Everything around the routes: figures, headers, assets, session, language, CSRF before them; 404 and errors after. */
export function createWeb(deps: WebDeps, routes: readonly Mounted[]): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  // Elsewhere express shows its readers the stack of what its own last handler gets.
  app.set('env', 'production');
  app.set('query parser', 'simple');
  if (deps.behindProxy) app.set('trust proxy', 1);
  const outside = [deps.assets.router(), metricsRoutes(deps.metrics, deps.metricsToken), healthRoutes(deps.health)];
  app.use(countRequests(deps.metrics, [...outside.map((router) => ({ at: '', router })), ...routes]));
  app.use(securityHeaders(deps.behindProxy));
  app.use(...outside);
  app.use(compression({ level: 1 }));
  app.use((request, _response, next) => {
    request.reference = randomBytes(5).toString('hex');
    next();
  });
  // What is refused, or fails, before it is known who asks is told on a page as well.
  app.use(languageOf(deps.locales), requestContext(deps), deps.pages.middleware, ...deps.limits);
  app.use(...deps.sessions, languageOf(deps.locales));
  app.use(
    express.json({ limit: '256kb' }),
    express.urlencoded({ extended: true, limit: '256kb' }),
    checkCsrf(deps.publicUrl),
  );
  for (const { at, router } of routes) app.use(at || '/', router);
  app.use(notFound);
  app.use(failures(deps.log));
  return app;
}

/** The reader's language on the request, from the cookie of the language switch, the account or the browser. */
function languageOf(locales: Locales): RequestHandler {
  return (request, _response, next) => {
    request.language = askedLanguage(request, request.viewer?.language);
    request.t = locales.translator(request.language);
    next();
  };
}

/** The language that a request asks for, where nothing is known of an account. */
export function askedLanguage({ headers }: Pick<Request, 'headers'>, account?: string): Language {
  return chooseLanguage(cookie({ headers }, 'xf.lang'), account, headers['accept-language']);
}

function requestContext({ programmes, enrolments }: WebDeps): RequestHandler {
  return (request, _response, next) => {
    request.csrf = () => csrfToken(request);
    request.enrolments = once(() => (request.viewer ? enrolments.ofLearner(request.viewer.id) : Promise.resolve([])));
    request.programmes = once(async () => {
      const all = await concerning(request, programmes);
      const chosen = String(request.query.programme ?? cookie(request, 'xf.programme') ?? '');
      const inTerm = all.find((programme) => isInTerm(programme, Date.now()));
      return { all, current: all.find((programme) => programme._id === chosen) ?? inTerm ?? all[0] };
    });
    next();
  };
}

const staff = roles.filter((role) => role !== 'learner');

async function concerning(request: Request, programmes: Programmes) {
  const { viewer } = request;
  if (!viewer) return [];
  if (viewer.grants.some((grant) => grant.role !== 'learner')) return programmes.visibleTo(viewer, staff);
  const own = await request.enrolments();
  return Promise.all(own.map((enrolment) => programmes.get(enrolment.programme)));
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined;
  return () => {
    result ??= work();
    return result;
  };
}

function cookie(request: { headers: { cookie?: string | undefined } }, name: string): string | undefined {
  const found = new RegExp(`(?:^|; )${name.replace('.', '\\.')}=([^;]*)`).exec(request.headers.cookie ?? '');
  try {
    return found?.[1] && decodeURIComponent(found[1]);
  } catch {
    return undefined;
  }
}

function securityHeaders(secure: boolean): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        styleSrcAttr: ["'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        mediaSrc: ["'self'", 'blob:'],
        fontSrc: ["'self'", 'data:'],
        connectSrc: ["'self'", 'ws:', 'wss:'],
        objectSrc: ["'none'"],
        frameAncestors: ["'self'"],
        upgradeInsecureRequests: secure ? [] : null,
      },
    },
    strictTransportSecurity: secure,
    crossOriginEmbedderPolicy: false,
  });
}
