import { type Format, format, timeOfDay } from './format.ts';
import type { Update } from './live.ts';
import type { Page } from './page.ts';

/** The part of an update that an element's key names: "event", or "event.field.field". Undefined when it is not concerned. */
export function pick(key: string, update: Pick<Update, 'event' | 'value'>): unknown {
  if (key === update.event) return update.value;
  if (!key.startsWith(`${update.event}.`)) return undefined;
  let value: unknown = update.value;
  for (const step of key.slice(update.event.length + 1).split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

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
  track.setAttribute('aria-valuenow', String(Math.min(value, max)));
  track.setAttribute('aria-valuetext', shown);
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

/** Writes one value into one live element: text by default, or a bar or ring of the partials. */
function write(element: HTMLElement, value: unknown, page: Page): void {
  const as = element.dataset.liveAs ?? 'text';
  if (as === 'text') writeText(element, value, page);
  else if (typeof value !== 'number') return;
  else if (as === 'bar') drawBar(element, value, page);
  else if (as === 'ring') drawRing(element, value, page);
}

function writeText(element: HTMLElement, value: unknown, page: Page): void {
  const whole = Number(element.dataset.whole) || 0;
  const shown = format(value, (element.dataset.format as Format | undefined) ?? 'text', page.lang, page.text, whole);
  if (element.dataset.hideZero !== undefined) element.hidden = value === 0;
  if (element.textContent === shown) return;
  element.textContent = shown;
  pulse(element);
}

/** Writes an update into every element that follows it, and moves the page's "as of" time. */
export function show(update: Update, page: Page): void {
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
