import type { Chapter } from './catalogue.service.ts';

const line = /^(?:(\d+):)?(\d{1,3}):([0-5]\d)\s+(\S.*)$/;

/**
 * Chapters as authors type them, one a line: `1:05 标题` or `1:02:03 标题 | English title`.
 * @returns the chapters in the order of time, and the lines that are none
 */
export function parseChapters(text: string): { chapters: Chapter[]; wrong: string[] } {
  const wrong: string[] = [];
  const chapters: Chapter[] = [];
  for (const typed of text.split(/\r?\n/).map((one) => one.trim())) {
    if (typed === '') continue;
    const [, hours = '0', minutes, seconds, title] = line.exec(typed) ?? [];
    if (title === undefined) {
      wrong.push(typed);
      continue;
    }
    const [zh = '', en] = title.split('|').map((part) => part.trim());
    const at = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
    chapters.push({ at, title: { zh, ...(en ? { en } : {}) } });
  }
  return { chapters: chapters.sort((a, b) => a.at - b.at), wrong };
}

/** The chapters as `parseChapters` reads them. */
export function writeChapters(chapters: readonly Chapter[]): string {
  return chapters.map(({ at, title }) => `${clock(at)} ${title.zh}${title.en ? ` | ${title.en}` : ''}`).join('\n');
}

/** Media seconds as 1:05 or 1:02:03. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const pad = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  return hours > 0 ? `${hours}:${pad(minutes)}:${pad(rest)}` : `${minutes}:${pad(rest)}`;
}
