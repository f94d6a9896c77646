import './desk.css';
import { ago, live, readPage, refreshRegions, type Update } from '#client';
import { needOf, type Standing } from '../behind.ts';
import { deskFigures } from '../desk-figures.ts';
import type { FeedLine } from '../feed.ts';
import type { MemberUpdate } from '../live.ts';

/** How often the figures are worked out without news: “studying now” ends by time alone. */
const recountMs = 10_000;
const linesShown = 20;

const page = readPage();
let source: Element | null = null;
let standings = new Map<string, Standing>();
let expected = 0;

/** The members as the page was written; read again when a region of the page was. */
function members(): Map<string, Standing> {
  const written = document.getElementById('desk-standings');
  if (!written || written === source) return standings;
  source = written;
  expected = Number(document.getElementById('desk-figures')?.dataset.expected ?? 0);
  const rows = JSON.parse(written.textContent ?? '[]') as [string, Standing['state'], number, number][];
  standings = new Map(rows.map(([id, state, total, lastAt]) => [id, { state, total, lastAt: lastAt || undefined }]));
  return standings;
}

function recount(): void {
  const figures = deskFigures(members().values(), expected, Date.now());
  for (const [name, value] of Object.entries(figures)) {
    const element = document.querySelector(`[data-live="desk.${name}"]`);
    const shown = new Intl.NumberFormat(page.lang).format(value);
    if (element && element.textContent !== shown) element.textContent = shown;
  }
}

/** A copy of what stands in a template of the page. */
function copyOf(selector: string): DocumentFragment | undefined {
  const template = document.querySelector<HTMLTemplateElement>(`template${selector}`);
  return template?.content.cloneNode(true) as DocumentFragment | undefined;
}

function setTime(root: ParentNode, at: number): void {
  const time = root.querySelector('time');
  if (!time) return;
  const date = new Date(at);
  time.dateTime = date.toISOString();
  time.textContent = ago(at, Date.now(), page.lang) ?? time.textContent;
  time.title = new Intl.DateTimeFormat(page.lang, {
    dateStyle: 'long',
    timeStyle: 'short',
    hour12: false,
    timeZone: 'Asia/Shanghai',
  }).format(date);
}

function showMember(id: string, { total, state, lastAt }: MemberUpdate): void {
  const standing: Standing = { total, state, lastAt };
  members().set(id, standing);
  const need = needOf(standing, expected);
  const word = need === 'on-track' ? state : need;
  const badge = copyOf(`[data-badge="${word}"]`);
  const place = document.querySelector(`[data-state-of="${CSS.escape(id)}"]`);
  if (badge && place && place.textContent?.trim() !== badge.textContent?.trim()) {
    place.replaceChildren(badge);
    place.closest('tr')?.classList.toggle('row-warn', need === 'behind');
  }
  const seen = lastAt && copyOf('[data-seen]');
  if (!seen) return;
  setTime(seen, lastAt);
  document.querySelector(`[data-seen-of="${CSS.escape(id)}"]`)?.replaceChildren(seen);
}

function showLine(line: FeedLine): void {
  const list = document.querySelector('[data-feed]');
  const base = document.getElementById('desk-feed')?.dataset.base ?? '';
  const made = copyOf(`[data-feed-kind="${line.kind}"]`)?.querySelector('li');
  if (!list || !made) return;
  made.dataset.line = line.key;
  const name = made.querySelector<HTMLAnchorElement>('[data-part="name"]');
  if (name) {
    name.textContent = line.name;
    name.href = `${base}/members/${line.enrolment}`;
  }
  const what = made.querySelector('[data-part="what"]');
  if (what) what.textContent = (page.lang === 'en' && line.title?.en) || line.title?.zh || '';
  setTime(made, line.at);
  document.querySelector('#desk-feed .empty-state')?.remove();
  for (const old of list.querySelectorAll<HTMLElement>('[data-line]')) if (old.dataset.line === line.key) old.remove();
  const older = [...list.children].find((one) => Date.parse(one.querySelector('time')?.dateTime ?? '') <= line.at);
  list.insertBefore(made, older ?? null);
  while (list.children.length > linesShown) list.lastElementChild?.remove();
}

function heard({ event, value }: Update): void {
  if (event.startsWith('member/')) {
    showMember(event.slice('member/'.length), value as MemberUpdate);
    recount();
  } else if (event === 'feed') {
    for (const line of value as FeedLine[]) showLine(line);
  } else if (event === 'membership' && !document.querySelector('input[name="member"]:checked')) {
    void refreshRegions();
  }
}

const room = document.body.dataset.live?.split(',').find((name) => name.startsWith('workshop:'));
if (room) {
  members();
  live().follow(room, heard);
  setInterval(recount, recountMs);
}
