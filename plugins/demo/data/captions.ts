import { readFileSync } from 'node:fs';
import type { MediaFile } from '../media/index.ts';

/** Narration begins so many seconds into a chapter, after its heading, and a sentence takes its share of the chapter. */
const LEAD = 1;

/**
 * A demonstration video's captions as WebVTT, from the script that its voice reads: each chapter's sentences one after the
 * other, by their length.
 */
export function captionsOf({ id, chapters, seconds }: MediaFile): string {
  const script = readFileSync(new URL(`../media/scripts/${id}.txt`, import.meta.url), 'utf8');
  const narrations = script.split('\n').flatMap((line) => (line.startsWith('> ') ? [line.slice(2)] : []));
  const cues = chapters.flatMap(({ at }, index) => {
    const sentences = narrations[index]?.match(/[^。！？]+[。！？]?/g) ?? [];
    const from = at + LEAD;
    const spoken = (chapters[index + 1]?.at ?? seconds) - from;
    const all = sentences.join('').length;
    let said = 0;
    return sentences.map((sentence) => {
      const start = from + (spoken * said) / all;
      said += sentence.length;
      return `${clock(start)} --> ${clock(from + (spoken * said) / all)}\n${sentence}`;
    });
  });
  return `WEBVTT\n\n${cues.join('\n\n')}\n`;
}

/** Seconds as 01:02.500. */
function clock(at: number): string {
  const ms = Math.floor(at * 1000);
  const pad = (value: number, digits: number) => String(value).padStart(digits, '0');
  return `${pad(Math.floor(ms / 60_000), 2)}:${pad(Math.floor(ms / 1000) % 60, 2)}.${pad(ms % 1000, 3)}`;
}
