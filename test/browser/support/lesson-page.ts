import type { Page } from 'playwright-core';
import { untilInPage } from './visitor.ts';

const video = `document.querySelector('#lesson-video_html5_api')`;

/** As a press of the button; the page may pause again before the first frame, to ask who plays. */
export const play = (page: Page): Promise<unknown> =>
  page.evaluate(`${video}.play().catch((error) => {
    if (error.name !== 'AbortError') throw error;
  })`);

/** Where the video stands, in media seconds. */
export const position = async (page: Page): Promise<number> => (await page.evaluate(`${video}.currentTime`)) as number;

export const playedUpTo = (page: Page, seconds: number): Promise<void> =>
  untilInPage(page, `${video}.currentTime >= ${seconds}`, 40_000);

/** The stretches of the video that were played on this page, in media seconds. */
export const stretches = (page: Page): Promise<[from: number, to: number][]> =>
  page.evaluate(
    `Array.from(${video}.played, (_, at) => [${video}.played.start(at), ${video}.played.end(at)])`,
  ) as Promise<[number, number][]>;

/** Seeks as a learner does. @returns where the video stood, and where it stands after the page has had its say */
export const seek = (page: Page, to: number): Promise<[from: number, reached: number]> =>
  page.evaluate(`new Promise((resolve) => {
    const from = ${video}.currentTime;
    ${video}.addEventListener('seeked', () => resolve([from, ${video}.currentTime]), { once: true });
    ${video}.currentTime = ${to};
  })`) as Promise<[number, number]>;

/** Waits for what the player says, in the page, where nothing that is said for some seconds only is missed. */
export const line = (page: Page, text: string): Promise<void> =>
  untilInPage(page, `document.querySelector('#player-line').textContent.includes('${text}')`, 30_000);

/** The page's own clock, ms. */
export const clockOf = async (page: Page): Promise<number> => (await page.evaluate('performance.now()')) as number;
