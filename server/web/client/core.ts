import { createLive } from './connection.ts';
import { showing } from './figures.ts';
import { ago } from './format.ts';
import { enhanceForms } from './forms.ts';
import type { Live } from './live.ts';
import { type Page, readPage, toast } from './page.ts';
import { refreshRegions } from './refresh.ts';

declare global {
  interface Window {
    xuefang?: { live: Live };
    /** Read by video.js: it must not inject a <style>, which the content security policy forbids. */
    VIDEOJS_NO_DYNAMIC_STYLE?: boolean;
  }
}

/** Says that the connection is lost and dims what may be old; takes both back when it returns. */
function tellConnection(page: Page): Pick<Parameters<typeof createLive>[0], 'status' | 'missed'> {
  const place = document.getElementById('connection');
  let timer: ReturnType<typeof setTimeout> | undefined;
  const say = (text: string, restored: boolean): void => {
    const line = document.createElement('span');
    line.textContent = text;
    line.classList.toggle('is-restored', restored);
    place?.replaceChildren(line);
  };
  return {
    status(state, reason) {
      clearTimeout(timer);
      document.body.classList.toggle('is-stale', state !== 'back');
      if (state !== 'back') {
        const { lost, alone, refused } = page.text;
        say(reason ?? (state === 'lost' ? lost : state === 'alone' ? alone : refused), false);
        return;
      }
      say(page.text.restored, true);
      timer = setTimeout(() => place?.replaceChildren(), 4000);
    },
    missed() {
      document.dispatchEvent(new CustomEvent('xf:catch-up'));
      refreshRegions().catch(() => say(page.text.refused, false));
    },
  };
}

function followRooms(live: Live, page: Page): void {
  const named = document.body.dataset.live?.split(',') ?? [];
  const show = showing(page);
  const nested = [...document.querySelectorAll<HTMLElement>('[data-room]')].map((place) => place.dataset.room ?? '');
  for (const room of new Set([...named, ...nested].filter((name) => name !== ''))) {
    live.follow(room, (update) => {
      show(update);
      document.dispatchEvent(new CustomEvent('xf:update', { detail: update }));
    });
  }
}

function keepTimesFresh(page: Page): void {
  const refresh = (): void => {
    for (const time of document.querySelectorAll<HTMLTimeElement>('time[data-ago]')) {
      const text = ago(Date.parse(time.dateTime), Date.now(), page.lang);
      if (text !== undefined) time.textContent = text;
    }
  };
  setInterval(refresh, 30_000);
}

/** Opened menus close on Escape and on a press elsewhere; without scripts they close by their own button. */
function closeMenus(): void {
  const open = (): HTMLDetailsElement[] => [
    ...document.querySelectorAll<HTMLDetailsElement>('details[data-menu][open]'),
  ];
  document.addEventListener('click', (event) => {
    for (const menu of open()) if (!menu.contains(event.target as Node)) menu.open = false;
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    for (const menu of open()) {
      menu.open = false;
      menu.querySelector('summary')?.focus();
    }
  });
}

function helpHtmx(page: Page): void {
  document.addEventListener('htmx:configRequest', (event) => {
    (event as CustomEvent<{ headers: Record<string, string> }>).detail.headers['x-csrf-token'] = page.csrf;
  });
  for (const name of ['htmx:responseError', 'htmx:sendError']) {
    document.addEventListener(name, () => toast(page.text.failed, 'bad', page.text.close));
  }
}

window.VIDEOJS_NO_DYNAMIC_STYLE = true;
document.documentElement.classList.add('scripted');
const page = readPage();
const live = createLive({ madeAt: page.madeAt, ...tellConnection(page) });
window.xuefang = { live };
enhanceForms(page);
closeMenus();
keepTimesFresh(page);
helpHtmx(page);
followRooms(live, page);
