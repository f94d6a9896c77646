import { chart, type Update } from '#client';
import './monitoring.css';

/** What the charts of a board draw, printed by views/board-body.ejs. */
interface BoardData {
  passMark: number;
  histogram: number[];
  days: { day: string; active: number; minutes: number }[];
  words: {
    active: string;
    minutes: string;
    people: string;
    passMark: string;
    units: Record<'people' | 'minutes' | 'points', string>;
  };
}

/** Two readings at least this far apart: a room tells changes once a second, and figures have to show within two. */
const restMs = 700;

// The latest week is the one that people come for; it stands at the end.
for (const frame of document.querySelectorAll('.heat-frame')) frame.scrollLeft = frame.scrollWidth;

const board = document.getElementById('board');
if (board) follow(board);

function follow(place: HTMLElement): void {
  const draw = charts(place);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let readAt = 0;
  let reading = false;
  let changedMeanwhile = false;
  const read = async (): Promise<void> => {
    timer = undefined;
    reading = true;
    readAt = Date.now();
    try {
      const answer = await fetch(place.dataset.liveAddress ?? '', { headers: { accept: 'text/html' } });
      if (answer.ok && !answer.redirected) {
        const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
        take(place, fresh);
        draw(dataOf(fresh));
      }
    } finally {
      reading = false;
      if (changedMeanwhile) soon();
    }
  };
  const soon = (): void => {
    changedMeanwhile = reading;
    if (reading) return;
    if (!timer) timer = setTimeout(() => void read().catch(() => {}), Math.max(0, readAt + restMs - Date.now()));
  };
  document.addEventListener('xf:update', (event) => {
    const { event: name } = (event as CustomEvent<Update>).detail;
    if (name === `roll-up/${place.dataset.programme}`) soon();
  });
  document.addEventListener('xf:catch-up', soon);
}

/** Moves every figure, bar and list of the page to what the fresh body says; what did not change is left alone. */
function take(place: HTMLElement, fresh: Document): void {
  each(place, fresh, 'value', (here, now) => {
    if (here.textContent === now.textContent) return;
    here.textContent = now.textContent;
    pulse(here);
  });
  each(place, fresh, 'width', (here, now) => {
    here.style.width = now.style.width;
  });
  each(place, fresh, 'tone', (here, now) => {
    here.className = now.className;
  });
  each(place, fresh, 'now', (here, now) => {
    here.setAttribute('aria-valuenow', now.getAttribute('aria-valuenow') ?? '0');
  });
  each(place, fresh, 'swap', (here, now) => {
    if (here.innerHTML !== now.innerHTML && !here.contains(document.activeElement)) here.innerHTML = now.innerHTML;
  });
}

/** Calls `act` with each element that carries `data-<kind>` and its counterpart in the fresh body. */
function each(
  place: HTMLElement,
  fresh: Document,
  kind: string,
  act: (here: HTMLElement, now: HTMLElement) => void,
): void {
  for (const here of place.querySelectorAll<HTMLElement>(`[data-${kind}]`)) {
    const now = fresh.querySelector<HTMLElement>(`[data-${kind}="${CSS.escape(here.dataset[kind] ?? '')}"]`);
    if (now) act(here, now);
  }
}

function pulse(element: HTMLElement): void {
  element.classList.remove('is-pulsing');
  void element.offsetWidth;
  element.classList.add('is-pulsing');
}

function dataOf(root: ParentNode): BoardData {
  return JSON.parse(root.querySelector('#board-data')?.textContent ?? '{}') as BoardData;
}

/** Draws both charts, and returns what draws them again. */
function charts(place: HTMLElement): (data: BoardData) => void {
  const first = dataOf(document);
  const trend = place.querySelector<HTMLElement>('[data-chart="trend"]');
  const distribution = place.querySelector<HTMLElement>('[data-chart="distribution"]');
  const drawnTrend = trend && chart(trend, trendOf(first));
  const drawnDistribution = distribution && chart(distribution, distributionOf(first));
  return (data) => {
    drawnTrend?.setOption(trendOf(data));
    drawnDistribution?.setOption(distributionOf(data));
  };
}

function trendOf({ days, words }: BoardData): object {
  return {
    tooltip: { trigger: 'axis' },
    legend: { top: 0, data: [words.active, words.minutes] },
    xAxis: { type: 'category', data: days.map(({ day }) => day) },
    yAxis: [
      { type: 'value', name: words.units.people, minInterval: 1, splitNumber: 3 },
      { type: 'value', name: words.units.minutes, minInterval: 1, splitNumber: 3, splitLine: { show: false } },
    ],
    series: [
      { name: words.active, type: 'bar', data: days.map(({ active }) => active), barMaxWidth: 14 },
      {
        name: words.minutes,
        type: 'line',
        yAxisIndex: 1,
        symbol: 'none',
        data: days.map(({ minutes }) => minutes),
      },
    ],
  };
}

function distributionOf({ histogram, passMark, words }: BoardData): object {
  const bucket = Math.floor(passMark / 500);
  const dark = document.documentElement.dataset.bsTheme === 'dark';
  return {
    tooltip: { trigger: 'axis' },
    grid: { bottom: 24 },
    xAxis: {
      type: 'category',
      name: words.units.points,
      nameLocation: 'middle',
      nameGap: 24,
      data: histogram.map((_, index) => String(index * 5)),
    },
    yAxis: { type: 'value', name: words.units.people, minInterval: 1, splitNumber: 3 },
    series: [
      {
        name: words.people,
        type: 'bar',
        barCategoryGap: '12%',
        data: histogram.map((value, index) => ({
          value,
          itemStyle: { color: index >= bucket ? '#27985a' : '#8fa3bf' },
        })),
        markLine: {
          symbol: 'none',
          silent: true,
          label: { formatter: words.passMark, position: 'end', color: 'inherit', textBorderWidth: 0 },
          lineStyle: { color: dark ? '#ff9a90' : '#b3261e', type: 'dashed' },
          data: [{ xAxis: bucket }],
        },
      },
    ],
  };
}
