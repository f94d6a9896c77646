import zhWords from 'video.js/dist/lang/zh-CN.json';
import type { Page } from '#client';
import { LessonPlayer, type PlayerData } from './player.ts';

/** The part of video.js that is used here; the library is loaded before this script. */
interface VideoPlayer {
  ready(handler: () => void): void;
}
declare const videojs: ((element: Element, options: object) => VideoPlayer) & {
  addLanguage(code: string, words: object): void;
};

/** What video.js asks for under other keys than its own language file has. */
const missingWords = {
  'This is a modal window.': '这是一个弹窗。',
  'Skip Forward': '快进',
  'Skip Backward': '快退',
  'Drop shadow': '下阴影',
};

export function readPlayerData(): PlayerData | undefined {
  const text = document.getElementById('player-data')?.textContent;
  return text ? (JSON.parse(text) as PlayerData) : undefined;
}

/** Makes the lesson's video a player, and reports what is played where it is credited. */
export function startPlayer(page: Page, data: PlayerData | undefined): void {
  const element = document.querySelector<HTMLVideoElement>('video#lesson-video');
  if (!element) return;
  videojs.addLanguage('zh-CN', { ...zhWords, ...missingWords });
  videojs(element, {
    fill: true,
    language: page.lang,
    playbackRates: [0.75, 1, 1.25, 1.5, 2],
    controlBar: { pictureInPictureToggle: false },
  }).ready(() => {
    // video.js keeps the element it was given inside its own frame.
    const video = document.querySelector<HTMLVideoElement>('#lesson-video_html5_api') ?? element;
    linkChapters(video);
    if (data) new LessonPlayer(video, data, page);
  });
}

function linkChapters(video: HTMLVideoElement): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-chapter]')) {
    button.addEventListener('click', () => {
      video.currentTime = Number(button.dataset.chapter);
    });
  }
}
