import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
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
import type { Cookies } from './cookies.ts';
import { createCsrf } from './csrf.ts';
import { failures, notFound } from './failures.ts';
import { chooseLanguage, type Locales } from './locale.ts';
import type { Pages } from './pages.ts';
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
  cookies: Cookies;
  /** Key of the forms' tokens. */
  secret: string;
  /** Where people reach the platform, if that is configured. */
  publicUrl: string | undefined;
  proxyHops: number;
}

/** Everything around the routes: figures, headers, assets, session, language, CSRF before them; 404 and errors after. */
export function createWeb(deps: WebDeps, routes: readonly Mounted[]): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  // Elsewhere express shows its readers the stack of what its own last handler gets.
  app.set('env', 'production');
  app.set('query parser', 'simple');
  app.set('trust proxy', deps.proxyHops);
  // Whatever a proxy says, people see https: else express-session would send no cookie.
  if (deps.cookies.secure) Object.defineProperty(app.request, 'protocol', { value: 'https' });
  const csrf = createCsrf(deps);
  const outside = [deps.assets.router(), metricsRoutes(deps.metrics, deps.metricsToken), healthRoutes(deps.health)];
  app.use(countRequests(deps.metrics, [...outside.map((router) => ({ at: '', router })), ...routes]));
  app.use(securityHeaders(deps.cookies.secure, deps.publicUrl));
  app.use(...outside);
  app.use(compression({ level: 1 }));
  app.use((request, _response, next) => {
    request.reference = randomBytes(5).toString('hex');
    next();
  });
  // What is refused, or fails, before it is known who asks is told on a page as well.
  app.use(languageOf(deps), requestContext(deps, csrf), deps.pages.middleware, ...deps.limits);
  app.use(...deps.sessions, languageOf(deps), keepNothing);
  app.use(readBody(), csrf.check);
  for (const { at, router } of routes) app.use(at || '/', router);
  app.use(notFound);
  app.use(failures(deps.log));
  return app;
}

/** Parses JSON and forms: up to 4 MB from staff, who send captions of hours, and 256 KB from everybody else. */
function readBody(): RequestHandler {
  const upTo = (limit: string) =>
    express.Router().use(express.json({ limit }), express.urlencoded({ extended: true, limit }));
  const [everybody, staff] = [upTo('256kb'), upTo('4mb')];
  return (request, response, next) => {
    const isStaff = request.viewer?.grants.some(({ role }) => role !== 'learner');
    return (isStaff ? staff : everybody)(request, response, next);
  };
}

/** The reader's language on the request, from the cookie of the language switch, the account or the browser. */
function languageOf({ locales, cookies }: WebDeps): RequestHandler {
  return (request, _response, next) => {
    request.language = askedLanguage(cookies, request, request.viewer?.language);
    request.t = locales.translator(request.language);
    next();
  };
}

/** The language that a request asks for, where nothing is known of an account. */
export function askedLanguage(cookies: Cookies, request: Pick<Request, 'headers'>, account?: string): Language {
  return chooseLanguage(cookies.read(request, 'xf.lang'), account, request.headers['accept-language']);
}

/** What somebody sees who is signed in is theirs: nothing between here and them keeps it, unless its route says how long. */
const keepNothing: RequestHandler = (request, response, next) => {
  if (request.viewer) response.set('Cache-Control', 'no-store');
  next();
};

function requestContext(
  { programmes, enrolments, cookies }: WebDeps,
  csrf: ReturnType<typeof createCsrf>,
): RequestHandler {
  return (request, response, next) => {
    request.csrf = () => csrf.token(request, response);
    request.enrolments = once(() => (request.viewer ? enrolments.ofLearner(request.viewer.id) : Promise.resolve([])));
    request.programmes = once(async () => {
      const all = await concerning(request, programmes);
      const chosen = String(request.query.programme ?? cookies.read(request, 'xf.programme') ?? '');
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

/** The platform's own address for sockets: `'self'` alone does not cover them in every browser. */
function socketSource(request: IncomingMessage, secure: boolean, publicUrl: string | undefined): string {
  const host = publicUrl ? new URL(publicUrl).host : (request.headers.host ?? '');
  return /^[\w.:[\]-]{1,255}$/.test(host) ? `${secure ? 'wss' : 'ws'}://${host}` : "'self'";
}

function securityHeaders(secure: boolean, publicUrl: string | undefined): RequestHandler {
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
        connectSrc: ["'self'", (request) => socketSource(request, secure, publicUrl)],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        objectSrc: ["'none'"],
        frameAncestors: ["'self'"],
        upgradeInsecureRequests: secure ? [] : null,
      },
    },
    strictTransportSecurity: secure,
    crossOriginEmbedderPolicy: false,
  });
}
