import { format, type Page } from '#client';
import type { Standing } from './messages.ts';

/** Draws what is credited, played and open, and what was credited today, after every answer. */
export function drawStanding(standing: Standing, length: number, page: Page): void {
  const coverage = document.getElementById('lesson-coverage');
  if (coverage) drawCoverage(coverage, standing, length, page);
  const today = document.querySelector<HTMLElement>('.lesson-today');
  if (today) drawToday(today, standing, page);
  const complete = document.getElementById('lesson-complete');
  if (complete) complete.hidden = !standing.complete;
}

function drawCoverage(place: HTMLElement, standing: Standing, length: number, page: Page): void {
  const spans = [...spansOf(standing.covered, 'credited', length), ...spansOf(standing.played, 'played', length)];
  place.querySelector('.coverage-track')?.replaceChildren(...spans);
  const played = lengthOf(standing.played);
  write(place, 'credited', standing.credited, page);
  write(place, 'played', played, page);
  write(place, 'open', Math.max(0, length - standing.credited - played), page);
}

function drawToday(place: HTMLElement, { dayCredited, dayCap }: Standing, page: Page): void {
  const value = place.querySelector<HTMLElement>('.bar-value');
  if (value) value.style.width = `${Math.min(100, (dayCredited / dayCap) * 100).toFixed(1)}%`;
  const track = place.querySelector('.bar-track');
  const text = place.querySelector('.bar-text');
  const template = place.dataset.text ?? '';
  const shown = template.replace('%n', format(dayCredited, 'duration', page.lang, page.text));
  track?.setAttribute('aria-valuenow', String(Math.min(dayCredited, dayCap)));
  track?.setAttribute('aria-valuetext', shown);
  if (text) text.textContent = shown;
}

function spansOf(ranges: number[], kind: string, length: number): HTMLElement[] {
  const spans: HTMLElement[] = [];
  for (let index = 0; index < ranges.length; index += 2) {
    const [from = 0, to = 0] = [ranges[index], ranges[index + 1]];
    const span = document.createElement('span');
    span.className = `coverage-${kind}`;
    span.style.left = `${((from / length) * 100).toFixed(2)}%`;
    span.style.width = `${(((to - from) / length) * 100).toFixed(2)}%`;
    spans.push(span);
  }
  return spans;
}

function write(place: HTMLElement, name: string, seconds: number, page: Page): void {
  const element = place.querySelector(`[data-coverage="${name}"]`);
  if (element) element.textContent = format(seconds, 'duration', page.lang, page.text);
}

function lengthOf(ranges: number[]): number {
  return ranges.reduce((sum, edge, index) => sum + (index % 2 === 0 ? -edge : edge), 0);
}
