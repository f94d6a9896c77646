import { formFor } from '../plural.ts';
import { type Format, format, timeOfDay } from './format.ts';
import type { Update } from './live.ts';
import type { Page } from './page.ts';
import { pick } from './pick.ts';
import { refreshRegions } from './refresh.ts';

function pulse(element: Element): void {
  element.classList.remove('is-pulsing');
  void (element as HTMLElement).offsetWidth;
  element.classList.add('is-pulsing');
}

function drawBar(track: HTMLElement, value: number, page: Page): void {
  const max = Number(track.dataset.max) || 1;
  const bar = track.querySelector<HTMLElement>('.bar-value');
  if (bar) bar.style.width = `${Math.max(0, Math.min(100, (value / max) * 100))}%`;
  const shown = format(value, (track.dataset.format as Format | undefined) ?? 'percent', page.lang, page.text, max);
  if (track.hasAttribute('role')) {
    track.setAttribute('aria-valuenow', String(Math.min(value, max)));
    track.setAttribute('aria-valuetext', shown);
  }
  const beside = track.parentElement?.querySelector('.bar-text');
  if (beside) beside.textContent = shown;
}

function drawRing(ring: HTMLElement, value: number, page: Page): void {
  const max = Number(ring.dataset.max) || 1;
  const circle = ring.querySelector<SVGCircleElement>('.ring-value');
  const length = Number(circle?.getAttribute('stroke-dasharray') ?? 0);
  const part = Math.max(0, Math.min(1, value / max));
  circle?.setAttribute('stroke-dashoffset', String(length * (1 - part)));
  const figure = ring.querySelector('.ring-figure');
  if (figure) {
    figure.textContent = format(
      value,
      (ring.dataset.format as Format | undefined) ?? 'score',
      page.lang,
      page.text,
      max,
    );
  }
  const pass = ring.dataset.pass;
  if (pass !== undefined) ring.classList.toggle('is-passed', value >= Number(pass));
}

/** Writes one value into one live element, as its data-live-as says: text, a bar or ring of the partials, or refresh. */
function write(element: HTMLElement, value: unknown, page: Page): void {
  const as = element.dataset.liveAs ?? 'text';
  if (as === 'refresh') refreshOnChange(element, value);
  else if (as === 'text') writeText(element, value, page);
  else if (typeof value !== 'number') return;
  else if (as === 'bar') drawBar(element, value, page);
  else if (as === 'ring') drawRing(element, value, page);
}

/** A change that text cannot show, such as a new state: the regions of the page are read again. */
function refreshOnChange(element: HTMLElement, value: unknown): void {
  if (element.dataset.value === String(value)) return;
  element.dataset.value = String(value);
  void refreshRegions();
}

function writeText(element: HTMLElement, value: unknown, page: Page): void {
  const whole = Number(element.dataset.whole) || 0;
  const unit = Number(element.dataset.divide) || 1;
  const scaled = typeof value === 'number' && unit !== 1 ? Math.floor((value * 10) / unit) / 10 : value;
  const shown = format(scaled, (element.dataset.format as Format | undefined) ?? 'text', page.lang, page.text, whole);
  if (element.dataset.hideZero !== undefined) element.hidden = value === 0;
  if (element.textContent === shown) return;
  element.textContent = shown;
  const beside = element.parentElement?.querySelector<HTMLElement>('[data-forms]');
  if (beside) beside.textContent = formFor(shown, beside.dataset.forms ?? '');
  pulse(element);
}

/** Shows updates, and once more those that came while a region of the page was being read: what was read may be older. */
export function showing(page: Page): (update: Update) => void {
  const newest = new Map<string, { update: Update; heardAt: number }>();
  document.addEventListener('xf:refreshed', (event) => {
    const { begun } = (event as CustomEvent<{ begun: number }>).detail;
    for (const { update, heardAt } of newest.values()) if (heardAt >= begun) show(update, page);
  });
  return (update) => {
    newest.set(`${update.room} ${update.event}`, { update, heardAt: performance.now() });
    show(update, page);
  };
}

/** Writes an update into every element that follows it, and moves the page's "as of" time. */
function show(update: Update, page: Page): void {
  for (const element of document.querySelectorAll<HTMLElement>('[data-live]:not(body)')) {
    const room = element.closest<HTMLElement>('[data-room]')?.dataset.room;
    if (room !== undefined && room !== update.room) continue;
    const value = pick(element.dataset.live ?? '', update);
    if (value !== undefined) write(element, value, page);
  }
  for (const time of document.querySelectorAll<HTMLTimeElement>('time[data-as-of]')) {
    time.dateTime = new Date(update.at).toISOString();
    time.textContent = page.text.asOf.replace('%n', timeOfDay(update.at));
  }
}
