import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Request, RequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import type { SlotPart } from '../plugins/contract.ts';
import type { Assets } from './assets.ts';
import { formattersOf } from './format.ts';
import type { createIcons } from './icons.ts';
import type { Locales } from './locale.ts';
import type { Menu } from './menu.ts';
import { signOf } from './state-signs.ts';
import { type Locals, Views } from './views.ts';

interface PagesDeps {
  viewsFolder: string;
  /** plugin id → folder */
  pluginFolders: Map<string, string>;
  locales: Locales;
  assets: Assets;
  menu: Menu;
  icon: ReturnType<typeof createIcons>;
  log: Logger;
  /** Unread messages; undefined where no plugin keeps an inbox. */
  inboxCount(request: Request): Promise<number | undefined>;
}

/** Renders EJS views inside the layout, and the parts that plugins add to places in pages. */
export class Pages {
  readonly #deps: PagesDeps;
  readonly #views: Views;
  readonly #slots = new Map<string, { plugin: string; part: SlotPart }[]>();

  constructor(deps: PagesDeps) {
    this.#deps = deps;
    this.#views = new Views(deps.viewsFolder);
  }

  addSlot(plugin: string, place: string, part: SlotPart): void {
    const parts = this.#slots.get(place) ?? [];
    parts.push({ plugin, part });
    parts.sort((a, b) => (a.part.order ?? 100) - (b.part.order ?? 100));
    this.#slots.set(place, parts);
  }

  /** Puts `page`, `fragment` and `done` on every response. */
  readonly middleware: RequestHandler = (request, response, next) => {
    // Before anything of the page is read.
    const madeAt = Date.now();
    response.page = async (view, { layout = 'layout', status = 200, parts = {}, ...locals }) => {
      const [shared, slots] = await Promise.all([this.#shared(request), this.#parts(request, parts as object)]);
      const all = { ...shared, slots, status, madeAt, ...locals };
      const body = this.#render(view, all);
      // A page's own `programmes` or `menu` is not the layout's; its notice is, where the last action left none.
      const notice = shared.notice ?? locals.notice;
      const html = this.#views.render(join(this.#deps.viewsFolder, `${layout}.ejs`), {
        ...all,
        ...shared,
        notice,
        body,
      });
      sendHtml(request, response.status(Number(status)), html);
    };
    response.fragment = async (view, locals = {}) => {
      sendHtml(request, response, this.#render(view, { ...this.#basic(request), ...locals }));
    };
    response.done = (href, text, kind = 'success') => {
      if (text) request.session.notice = { kind, text };
      response.redirect(303, href);
    };
    next();
  };

  /** The view's `slots(place)`: plugins' parts of each place in `parts`, which says what the page is about there. */
  async #parts(request: Request, parts: object): Promise<(place: string) => string> {
    const entries = Object.entries(parts).map(
      async ([place, subject]) => [place, await this.#slot(request, place, subject)] as const,
    );
    const html = new Map(await Promise.all(entries));
    return (place) => html.get(place) ?? '';
  }

  /**
   * The HTML of everything that plugins add to a place. A part that fails is left out and logged, so that one plugin
   * cannot take the page down.
   */
  async #slot(request: Request, place: string, subject: Locals): Promise<string> {
    const parts = this.#slots.get(place) ?? [];
    const { viewer, language } = request;
    const html = parts.map(async ({ plugin, part }) => {
      try {
        const t = this.#deps.locales.translator(language, plugin);
        const data = await part.data({ viewer, language, t, subject });
        return data ? this.#render(`${plugin}/${part.view}`, { ...this.#basic(request), ...data }) : '';
      } catch (error) {
        this.#deps.log.error({ err: error, plugin, place }, 'a part of a page failed');
        return '';
      }
    });
    return (await Promise.all(html)).join('');
  }

  #render(view: string, locals: Locals): string {
    const [namespace = '', ...rest] = view.split('/');
    const folder = this.#deps.pluginFolders.get(namespace);
    const file = folder
      ? join(folder, 'views', `${rest.join('/')}.ejs`)
      : join(this.#deps.viewsFolder, 'pages', `${rest.join('/')}.ejs`);
    const t = folder && this.#deps.locales.translator(locals.lang as 'en', namespace);
    return this.#views.render(file, t ? { ...locals, t } : locals);
  }

  #basic(request: Request): Locals {
    const { assets, icon } = this.#deps;
    return {
      t: request.t,
      lang: request.language,
      fmt: formattersOf(request.language),
      viewer: request.viewer,
      csrf: request.viewer ? request.csrf() : '',
      asset: assets.url,
      icon,
      signOf,
      path: request.originalUrl,
      now: new Date(),
    };
  }

  async #shared(request: Request): Promise<Locals> {
    const { viewer, t } = request;
    const footer = this.#deps.menu.footer.map(({ label, href }) => ({ label: t(label), href }));
    const basic = { ...this.#basic(request), footer };
    const notice = takeNotice(request);
    if (!viewer) return { ...basic, notice, menu: [], programmes: [], roles: [] };
    const [inboxCount, programmes] = await Promise.all([this.#deps.inboxCount(request), request.programmes()]);
    const menu = this.#deps.menu.for(viewer);
    const here = hereOf(menu, request.baseUrl + request.path);
    return {
      ...basic,
      notice,
      inboxCount,
      roles: [...new Set(viewer.grants.map((grant) => grant.role))],
      menu: menu.map((entry) => ({
        label: t(entry.label),
        href: entry.href,
        icon: entry.icon,
        active: entry.href === here,
      })),
      programmes: programmes.all.map((programme) => ({
        id: programme._id,
        title: request.language === 'en' ? (programme.title.en ?? programme.title.zh) : programme.title.zh,
        active: programme._id === programmes.current?._id,
      })),
    };
  }
}

/** Compresses a page in one piece: a compressing stream for each costs three times as much. */
function sendHtml(request: Request, response: Response, html: string): void {
  response.type('html').vary('Accept-Encoding');
  if (request.acceptsEncodings('gzip') !== 'gzip') {
    response.send(html);
    return;
  }
  response.set('Content-Encoding', 'gzip').send(gzipSync(html, { level: 3 }));
}

/** The entry that a page belongs to: the longest whose address the page's begins with. */
function hereOf(menu: readonly { href: string }[], path: string): string | undefined {
  const fitting = menu.filter(({ href }) => path === href || (href !== '/' && path.startsWith(`${href}/`)));
  return fitting.sort((a, b) => b.href.length - a.href.length)[0]?.href;
}

/** What the last action came to, told once; not to a page that is read again for its figures. */
function takeNotice(request: Request): { kind: string; text: string } | undefined {
  if (request.get('x-refresh')) return undefined;
  const notice = request.session?.notice;
  if (notice) delete request.session.notice;
  return notice;
}
