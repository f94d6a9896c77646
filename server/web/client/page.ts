import type { UiText } from './format.ts';

/** What the page says about itself: language, words, the CSRF token and its age. */
export interface Page {
  lang: string;
  text: UiText;
  csrf: string;
  /** Server's epoch ms from which on a change may not be in the page; absent where nothing in it moves. */
  madeAt: number | undefined;
}

/** Reads the page's own facts; called once at start. */
export function readPage(): Page {
  const words = document.getElementById('ui-text')?.textContent ?? '{}';
  return {
    lang: document.documentElement.lang || 'zh-CN',
    text: JSON.parse(words) as UiText,
    csrf: document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content ?? '',
    madeAt: Number(document.body.dataset.madeAt) || undefined,
  };
}

/** Shows a short line that goes away by itself; a bad one stays until it is closed. */
export function toast(text: string, kind: 'ok' | 'bad' = 'ok', closeLabel = ''): void {
  const place = document.getElementById('toasts');
  if (!place) return;
  const line = document.createElement('div');
  line.className = kind === 'bad' ? 'toast-line is-bad' : 'toast-line';
  const words = document.createElement('span');
  words.textContent = text;
  const close = document.createElement('button');
  close.type = 'button';
  close.textContent = '×';
  close.setAttribute('aria-label', closeLabel);
  close.addEventListener('click', () => line.remove());
  line.append(words, close);
  place.append(line);
  if (kind === 'ok') setTimeout(() => line.remove(), 6000);
}
