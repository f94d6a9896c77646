import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { Accounts } from './accounts/accounts.service.ts';
import { Audit } from './accounts/audit.ts';
import { firstOperatorLink, isFirstOperatorToken } from './accounts/first-operator.ts';
import { IdVault } from './accounts/id-vault.ts';
import { steadyClock } from './clock.ts';
import { type Config, projectFolder } from './config.ts';
import { type Database, openDatabase } from './database/index.ts';
import { proveSecret } from './database/secret-proof.ts';
import { Workbooks } from './files/workbooks.ts';
import { Jobs } from './jobs/jobs.ts';
import { bodyInTime, limitRequests } from './limits/limit-requests.ts';
import { Limits } from './limits/limits.ts';
import { addCoreFigures, watchCommits } from './metrics/core-figures.ts';
import { Health } from './metrics/health.ts';
import { type NamedRoute, routesOf } from './metrics/http-figures.ts';
import { Metrics } from './metrics/metrics.ts';
import { addProcessFigures } from './metrics/process-figures.ts';
import { coreMigrations } from './migrations.ts';
import { coreModels } from './models.ts';
import type { Host } from './plugins/contract.ts';
import { discoverPlugins, type FoundPlugin } from './plugins/discover.ts';
import { FactBus } from './plugins/facts.ts';
import { FilterChain } from './plugins/filters.ts';
import type { Rooms } from './plugins/host.ts';
import { type LoadedPlugins, loadPlugins, orderPlugins } from './plugins/loader.ts';
import { EnrolmentAccess } from './programmes/enrolment-access.ts';
import { Enrolments } from './programmes/enrolments.service.ts';
import { Programmes } from './programmes/programmes.service.ts';
import { announce } from './progress/announce.ts';
import type { CommittedChange } from './progress/commit.ts';
import { Measures } from './progress/measures.ts';
import { Progress } from './progress/progress.service.ts';
import { Recorder } from './progress/recorder.ts';
import { progressOf, Rescorings } from './progress/rescorings.service.ts';
import { partsOf } from './progress/roll-up-writes.ts';
import { RollUps } from './progress/roll-ups.service.ts';
import { joinThroughPrimary } from './realtime/cluster.ts';
import { Realtime } from './realtime/realtime.ts';
import { joinThroughRedis } from './realtime/redis.ts';
import { Regions } from './regions/regions.service.ts';
import { fingerprint } from './secrets.ts';
import { Api } from './web/api.ts';
import { Assets } from './web/assets.ts';
import { Cookies } from './web/cookies.ts';
import { coreRoutes } from './web/core-routes.ts';
import { createIcons } from './web/icons.ts';
import { Locales } from './web/locale.ts';
import { Menu } from './web/menu.ts';
import { Pages } from './web/pages.ts';
import { createSessions } from './web/sessions.ts';
import { askedLanguage, createWeb } from './web/web.ts';
import type { Seat } from './workers/seat.ts';

export interface PlatformOptions {
  config: Config;
  log: Logger;
  /** Plugins to load; without them the folders of `plugins/` that the configuration names. */
  plugins?: FoundPlugin[];
  /** The clock that time is credited by, epoch ms; the machine's where nothing is said. */
  now?: () => number;
  /** Told what the start is doing, one line per stage. */
  stage?: (name: string) => void;
  /** The place of this process where several workers share the port. */
  seat?: Seat | undefined;
}

export interface Platform {
  /** Where it listens, `http://HOST:PORT`. */
  url: string;
  server: Server;
  /** A plugin's host, for command-line tools and tests. */
  host(id: string): Host;
  rooms: Omit<Rooms, 'env'>;
  database: Database;
  /** Every route with its whole pattern, for checks that visit them all. */
  routes: NamedRoute[];
  /** Ends requests, jobs and commits under way, then the database. */
  stop(): Promise<void>;
}

/** Connections that may wait to be taken, as far as the system's own limit allows: when everybody comes back at once. */
const backlog = 8_192;
/** Enrolments in one commit at most. */
const largestCommit = 1_000;

/** The plugins that the configuration names; else those in `plugins/` that are wanted here. */
async function pluginsOf({ plugins, env }: Config): Promise<FoundPlugin[]> {
  const found = await discoverPlugins(join(projectFolder, 'plugins'), plugins);
  return plugins ? found : found.filter(({ definition: { wanted } }) => wanted?.(env) ?? true);
}

/** Wires the rooms of the core, loads the plugins, and listens. */
export async function startPlatform({
  config,
  log,
  plugins,
  now = steadyClock(),
  stage = () => {},
  seat,
}: PlatformOptions): Promise<Platform> {
  const metrics = new Metrics(log, seat);
  const limits = new Limits(config.requestsPerSecond);
  const found = orderPlugins(plugins ?? (await pluginsOf(config)));
  stage('database');
  const database = await openDatabase({
    uri: config.mongodbUri,
    dataDir: config.dataDir,
    mongodBinary: config.mongodBinary,
    log,
  });
  const { connection, transaction } = database;
  await proveSecret(connection.db as never, config).catch(async (error) => {
    await database.close();
    throw error;
  });
  const models = coreModels(connection);

  const audit = new Audit(models.audit as never);
  const regions = new Regions(models as never);
  const vault = new IdVault(config.secret);
  const accounts = new Accounts({
    models: models as never,
    transaction,
    regions,
    vault,
    audit,
    async revoked(person) {
      try {
        await realtime.recheck(person, await accounts.viewer(person));
      } catch (error) {
        log.error({ err: error, person }, 'open connections of somebody who lost a grant were not checked');
      }
    },
  });
  const programmes = new Programmes({ programmes: models.programmes as never, regions, audit });
  const enrolments = new Enrolments(models.enrolments as never);
  const facts = new FactBus({ log, outbox: models.outbox as never });
  const filters = new FilterChain();
  const measures = new Measures();
  const rollUps = new RollUps(models as never);
  const committed = (changes: CommittedChange[]) => {
    facts.emit('progress.committed', changes);
    announce(changes, rollUps, (room, event, value) => realtime.publish(room, event, value));
  };
  const parts = partsOf(seat?.number);
  const recorder = new Recorder({
    models: models as never,
    transaction,
    schemesOf: (programme, seen) => programmes.schemesOf(programme, seen),
    measureOf: measures.measureOf,
    observe: watchCommits(metrics),
    windowMs: 15,
    parts,
    groupSize: largestCommit,
    committed(changes, qualified) {
      committed(changes);
      for (const { _id } of qualified) facts.deliver(_id);
    },
  });
  const rescorings = new Rescorings({
    models: models as never,
    rescorings: models.rescorings as never,
    transaction,
    programmes,
    rollUps,
    audit,
    committed,
    qualified(outbox) {
      for (const id of outbox) facts.deliver(id);
    },
    progressed: (rescoring) =>
      realtime.publish(`tasks:${rescoring.programme}`, `rescoring/${rescoring._id}`, progressOf(rescoring)),
    failed: (err, rescoring) => log.error({ err, rescoring }, 'a rescoring stopped and is taken up again'),
  });
  const progress = new Progress({ measures, rollUps, rescorings, recorder, programmes });
  const services = new Map<string, unknown>();
  const workbooks = new Workbooks();

  stage('pages');
  const folders = new Map(found.map(({ definition, folder }) => [definition.id, folder]));
  const locales = new Locales(
    new Map([
      ['core', join(projectFolder, 'server/web/locales')],
      ...[...folders].map(([id, folder]): [string, string] => [id, join(folder, 'locales')]),
    ]),
  );
  const menu = new Menu();
  const api = new Api('1.0.0');
  const assets = await Assets.load([...folders].map(([id, folder]) => ({ id, folder })));
  const pages = new Pages({
    viewsFolder: join(projectFolder, 'views'),
    pluginFolders: folders,
    locales,
    assets,
    menu,
    icon: createIcons(),
    log,
    inboxCount: async ({ viewer }) =>
      viewer && filters.has('inbox.count') ? filters.apply('inbox.count', 0, { viewer }) : undefined,
  });
  const cookies = new Cookies(config.isHttps);
  const sessions = createSessions({
    connection,
    accounts,
    secret: config.secret.toString('base64'),
    cookies,
    lives: config.sessionLives,
  });

  // An upload may take long; headers, and bodies that are no upload (limit-requests.ts), may not.
  // Before socket.io, which passes on what is not its own; what comes later would answer its requests a second time.
  let serve: RequestListener = (_request, response) => response.writeHead(503).end();
  const server = createServer(
    { headersTimeout: 15_000, requestTimeout: 3_600_000, connectionsCheckingInterval: 5_000 },
    (request, response) => serve(request, response),
  );
  const cluster = config.redisUrl
    ? await joinThroughRedis(config.redisUrl, log)
    : seat && joinThroughPrimary(seat.number, config.workers);
  const realtime = new Realtime({
    server,
    log,
    explain: (error, viewer) =>
      locales.translator(viewer.language === 'en' ? 'en' : 'zh-CN')(error.messageKey, error.params),
    intervalMs: 1_000,
    // The largest commits being written, and one being judged.
    messagesAtOnce: (parts.length + 1) * largestCommit,
    limits,
    provenSession: sessions.proven,
    signedIn: sessions.signedIn,
    used: sessions.use,
    languageOf: (request, viewer) => askedLanguage(cookies, request, viewer?.language),
    publicUrl: config.publicUrl,
    proxyHops: config.proxyHops,
    cluster,
    websocketOnly: seat !== undefined,
  });
  const access = new EnrolmentAccess(enrolments);
  realtime.allow('enrolment', (viewer, id) => access.mayRead(viewer, id));
  realtime.allow('tasks', async (viewer, id) => programmes.manages(viewer, await programmes.get(id)));
  realtime.allow('region', (viewer, id) => access.mayWatch(viewer, id, regions));
  const jobs = new Jobs({ connection, log });
  jobs.define('core.outbox', () => facts.sweep(), '15 seconds');
  jobs.define('core.rescoring', () => rescorings.resume(), '5 seconds');

  let url = '';
  const publicUrl = () => config.publicUrl ?? url;
  const rooms: Rooms = {
    now,
    env: config.env,
    dataDir: config.dataDir,
    publicUrl,
    fingerprint: (text) => fingerprint(config.secret, text),
    log,
    connection,
    accounts,
    audit,
    regions,
    programmes,
    enrolments,
    progress,
    transaction,
    workbooks,
    facts,
    filters,
    services,
    realtime,
    jobs,
    pages,
    menu,
    api,
    locales,
    metrics,
  };
  stage('plugins');
  const hosts = new Map<string, Host>();
  const loaded: LoadedPlugins = await loadPlugins(found, rooms, measures, hosts);
  addCoreFigures(metrics, {
    turnedAway: limits.refused,
    socketsOpen: () => realtime.io.engine.clientsCount,
    outboxWaiting: () => facts.waiting(),
    jobsFailed: jobs.failed,
    jobs: jobs.names,
  });
  const health = new Health({
    log,
    dataDir: config.dataDir,
    pingDatabase: async () => connection.db?.command({ ping: 1 }),
    isJoined: () => cluster?.link?.isJoined(),
    jobsLate: (ms) => jobs.isLate(ms),
    outboxLate: (ms) => facts.isLate(ms),
    outboxWaiting: () => facts.waiting(),
  });
  const core = coreRoutes(rooms, {
    health,
    sessions,
    access,
    measures,
    rescorings,
    plugins: loaded.versions,
    isFirstOperatorToken: (token) => isFirstOperatorToken(token, config.secret),
    secret: config.secret,
  });
  const routes = [
    ...core.map((router) => ({ at: '', router })),
    ...[...loaded.routes].map(([id, router]) => ({ at: `/${id}`, router })),
    { at: '/api/v1', router: api.router },
  ];
  const gate = limitRequests({
    limits,
    provenSession: sessions.proven,
    proxyHops: config.proxyHops,
    explain: (request, messageKey) => locales.translator(askedLanguage(cookies, request))(messageKey),
  });
  const web = createWeb(
    {
      log,
      metrics,
      metricsToken: config.metricsToken,
      health,
      assets,
      sessions: sessions.middleware,
      limits: [gate.after, bodyInTime],
      locales,
      pages,
      programmes,
      enrolments,
      cookies,
      secret: config.secret.toString('base64'),
      publicUrl: config.publicUrl,
      proxyHops: config.proxyHops,
    },
    routes,
  );
  serve = gate.before(web);

  stage('indexes and migrations');
  await database.deploy([
    ...coreMigrations,
    ...found.flatMap(({ definition: { id, migrations = [] } }) => migrations.map((one) => ({ plugin: id, ...one }))),
  ]);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: config.port, host: config.host, backlog }, resolve);
  });
  const { port } = server.address() as AddressInfo;
  url = `http://${config.host}:${port}`;
  const stopWatching = addProcessFigures(metrics);
  await loaded.start();
  facts.resume();
  await rescorings.resume();
  await jobs.start();
  const isFirst = seat === undefined || seat.number === 1;
  if (isFirst && !(await accounts.hasOperator()))
    log.warn(`no operator yet: ${firstOperatorLink(publicUrl(), config.secret)}`);

  return {
    url,
    server,
    host: (id) => hosts.get(id) as Host,
    rooms,
    database,
    routes: routesOf(routes),
    async stop() {
      stopWatching();
      await realtime.close();
      await cluster?.close();
      server.closeAllConnections();
      await jobs.stop();
      await rescorings.close();
      await loaded.stop();
      await workbooks.stop();
      await progress.drain();
      await facts.close();
      await database.close();
    },
  };
}
