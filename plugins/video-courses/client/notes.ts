import type { Page } from '#client';

const PAUSE_MS = 1_200;

/** Keeps the notes on a lesson while they are being written. */
export function startNotes(page: Page): void {
  const field = document.querySelector<HTMLTextAreaElement>('#lesson-notes');
  const state = document.getElementById('notes-state');
  const texts = JSON.parse(document.getElementById('notes-text')?.textContent ?? '{}') as Record<string, string>;
  if (!field || !state) return;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const keep = async (): Promise<void> => {
    try {
      const answer = await fetch(`/api/v1/video-courses/lessons/${field.dataset.lesson}/notes`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json', 'x-csrf-token': page.csrf },
        body: JSON.stringify({ text: field.value }),
        keepalive: true,
      });
      state.textContent = (answer.ok ? texts.kept : texts.failed) ?? '';
    } catch {
      state.textContent = texts.failed ?? '';
    }
  };
  field.addEventListener('input', () => {
    state.textContent = '';
    clearTimeout(timer);
    timer = setTimeout(() => void keep(), PAUSE_MS);
  });
  const button = field.form?.querySelector('button');
  if (button) button.hidden = true;
}
