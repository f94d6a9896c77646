import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express, { type RequestHandler } from 'express';
import type { Viewer } from '../../../server/accounts/scope.ts';
import { projectFolder } from '../../../server/config.ts';
import { Limits } from '../../../server/limits/limits.ts';
import { createLog } from '../../../server/log.ts';
import { Realtime } from '../../../server/realtime/realtime.ts';
import { Assets } from '../../../server/web/assets.ts';
import { createIcons } from '../../../server/web/icons.ts';
import { Locales } from '../../../server/web/locale.ts';
import { Menu } from '../../../server/web/menu.ts';
import { Pages } from '../../../server/web/pages.ts';

export interface ClientSite {
  url: string;
  realtime: Realtime;
  /** Bodies of the forms that were sent, in order. */
  sent: Record<string, unknown>[];
  /** What the home page shows as the total, in hundredths. */
  home: { total: number; state: string };
  /** Happens once after the next home page's figures have been read, before it is sent. */
  meanwhile: (() => Promise<void>) | undefined;
  stop(): Promise<void>;
}

const viewer: Viewer = { id: 'p1', name: '李文静', language: undefined, organisation: undefined, grants: [] };

/** The real layout, views, browser code and realtime around invented figures, without a database. */
export async function startClientSite(): Promise<ClientSite> {
  const log = createLog('silent');
  const locales = new Locales(new Map([['core', join(projectFolder, 'server/web/locales')]]));
  const assets = await Assets.load([]);
  const pages = new Pages({
    viewsFolder: join(projectFolder, 'views'),
    pluginFolders: new Map([['fixture', join(projectFolder, 'test/browser/fixture')]]),
    locales,
    assets,
    menu: new Menu(),
    icon: createIcons(),
    log,
    inboxCount: async () => 3,
  });
  const asViewer: RequestHandler = (request, _response, next) => {
    Object.assign(request, {
      viewer,
      language: request.query?.lang === 'en' ? 'en' : 'zh-CN',
      csrf: () => 'token',
      programmes: async () => ({ all: [], current: undefined }),
      session: {},
    });
    request.t = locales.translator(request.language);
    next();
  };
  const app = express();
  const server = createServer(app);
  const realtime = new Realtime({
    server,
    log,
    signedIn: async () => ({ viewer, ends: Number.MAX_SAFE_INTEGER }),
    used: async () => Number.MAX_SAFE_INTEGER,
    languageOf: () => 'zh-CN',
    explain: (error) => error.code,
    messagesAtOnce: 100,
    intervalMs: 50,
    limits: new Limits(0),
    provenSession: () => 'session',
    publicUrl: undefined,
    proxyHops: 0,
  });
  for (const kind of ['enrolment', 'inbox']) realtime.allow(kind, () => true);
  const sent: ClientSite['sent'] = [];
  const home = { total: 5251, state: 'studying' };
  app.use(assets.router(), asViewer, pages.middleware, express.urlencoded({ extended: true }));
  app.get('/', async (_request, response) => {
    const cards = [card(home)];
    const { meanwhile } = site;
    site.meanwhile = undefined;
    await meanwhile?.();
    await response.page('core/home', { title: '首页', rooms: ['enrolment:e1'], cards });
  });
  app.get('/form', (_request, response) => response.page('fixture/form', { title: 'form' }));
  app.post('/form', (request, response) => {
    sent.push(request.body);
    setTimeout(() => response.redirect(303, '/form?done=1'), 100);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const site: ClientSite = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    realtime,
    sent,
    home,
    meanwhile: undefined,
    stop: () => realtime.close(),
  };
  return site;
}

function card(home: ClientSite['home']): object {
  const video = {
    id: 'video',
    label: '视频学习',
    unit: '分钟',
    weight: 40,
    value: 20,
    full: 45,
    exact: { value: 20, full: 45 },
    score: 1777,
    max: 4000,
  };
  const programme = {
    programme: 'a',
    title: '高中全员培训',
    passMark: 6000,
    hours: 60,
    daysLeft: 70,
    components: [video],
  };
  return { id: 'e1', ...programme, ...home };
}
