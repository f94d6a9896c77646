import zhWords from 'video.js/dist/lang/zh-CN.json';
import { live, type Page } from '#client';
import { Beats } from './beats.ts';
import { Channel, Refused } from './channel.ts';
import { PlayedStretches } from './measure.ts';
import type { PresenceCheck, ReportReply, Standing, StartReply } from './messages.ts';
import { PresenceOverlay } from './presence.ts';
import { ProgressGuard } from './progress-guard.ts';
import { readResume, writeResume } from './resume.ts';
import { drawStanding } from './standing.ts';

/** What the page says of the lesson (learn.routes.ts); absent where nothing is credited. */
interface PlayerData {
  lesson: string;
  enrolment: string;
  length: number;
  position: number;
  furthest: number;
  complete: boolean;
  seekLock: boolean;
  inTerm: boolean;
  text: Record<string, string> & { reasons: Record<string, string> };
}

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
const BEAT_MS = 5_000;
const LEASE_MINUTES = 10;
/** Seconds before the end at which a lesson starts from its beginning again. */
const NEARLY_OVER = 3;
/** Seconds that a check may have cost: what was played between the question and the pause. */
const STEP_BACK = 10;

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

class LessonPlayer {
  readonly #video: HTMLVideoElement;
  readonly #data: PlayerData;
  readonly #page: Page;
  readonly #channel: Channel;
  readonly #stretches = new PlayedStretches();
  readonly #presence: PresenceOverlay;
  readonly #guard: ProgressGuard;
  #beats: Beats | undefined;
  #standing: Standing | undefined;
  #starting = false;
  /** Where the media stood before it was played without a session, in seconds. */
  #stoodAt = 0;
  #offline = false;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(video: HTMLVideoElement, data: PlayerData, page: Page) {
    this.#video = video;
    this.#data = data;
    this.#page = page;
    this.#channel = new Channel(page);
    this.#channel.onReconnect(() => void this.#beats?.flush());
    this.#guard = new ProgressGuard(video, data, (text) => this.#say(text, true));
    this.#presence = new PresenceOverlay({
      text: { secondsLeft: data.text.secondsLeft ?? '', checkMissed: data.text.checkMissed ?? '' },
      answer: (token) => this.#answerCheck(token),
      extend: () => this.#extendCheck(),
    });
    this.#listen();
    this.#goToPosition();
    live().follow(`enrolment:${data.enrolment}`, ({ event, value }) => {
      const { session } = (value ?? {}) as { session?: string };
      if (event === 'playing' && this.#beats && session !== this.#beats.session.session) this.#takenOver();
    });
  }

  #listen(): void {
    const video = this.#video;
    const end = () => {
      if (!video.seeking) this.#measure();
      this.#stretches.close();
    };
    video.addEventListener('play', () => void this.#onPlay());
    for (const name of ['playing', 'timeupdate', 'seeked']) {
      video.addEventListener(name, () => {
        if (!video.paused) this.#measure();
        else if (!this.#beats && !this.#starting) this.#stoodAt = video.currentTime;
      });
    }
    video.addEventListener('seeking', () => this.#stretches.close());
    for (const name of ['waiting', 'stalled', 'emptied', 'error']) video.addEventListener(name, end);
    for (const name of ['pause', 'ended']) {
      video.addEventListener(name, () => {
        end();
        this.#beat(true);
      });
    }
    video.addEventListener('ratechange', () => this.#beat(false));
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'hidden') this.#hidden();
    });
    window.addEventListener('pagehide', () => this.#leave());
    document.getElementById('take-over')?.addEventListener('click', () => void this.#takeOver());
    document.getElementById('leave-there')?.addEventListener('click', () => this.#hideElsewhere());
    document.getElementById('elsewhere')?.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.#hideElsewhere();
    });
  }

  #goToPosition(): void {
    const { position, length, complete } = this.#data;
    if (position < 1 || position > length - NEARLY_OVER || (complete && position < 1)) return;
    const go = () => {
      this.#video.currentTime = position;
    };
    if (this.#video.readyState >= 1) go();
    else this.#video.addEventListener('loadedmetadata', go, { once: true });
  }

  /** Playing waits for the session, so that the server's clock runs before the media does. */
  async #onPlay(): Promise<void> {
    if (this.#presence.open) {
      this.#video.pause();
      return;
    }
    if (this.#beats) this.#measure();
    if (this.#beats || this.#starting) return;
    this.#starting = true;
    this.#video.pause();
    await this.#start(false);
  }

  async #start(takeover: boolean): Promise<void> {
    this.#starting = true;
    try {
      const { lesson } = this.#data;
      const resume = readResume();
      const wish = { lesson, sentAt: Date.now(), ...(takeover && { takeover }), ...(resume && { resume }) };
      const reply = await this.#channel.send<StartReply>('start', wish);
      if (reply.state === 'elsewhere') {
        this.#showElsewhere(reply.title);
        return;
      }
      this.#stretches.take();
      this.#stretches.close();
      this.#beats = new Beats(
        { session: reply.session, token: reply.token, enrolment: reply.enrolment, lesson },
        {
          channel: this.#channel,
          position: () => this.#video.currentTime,
          replied: (answer) => this.#replied(answer),
          waiting: (kept) => this.#waiting(kept),
          refused: (error) => this.#stop(error.message),
        },
      );
      this.#draw(reply.standing);
      this.#say(this.#data.inTerm ? this.#data.text.saving : this.#data.text.outsideTerm, !this.#data.inTerm);
      this.#timer = setInterval(() => this.#beat(false), BEAT_MS);
      // The first moments were played before there was a session.
      const early = this.#video.currentTime - this.#stoodAt;
      if (early > 0 && early < 1) this.#video.currentTime = this.#stoodAt;
      await this.#video.play();
    } catch (error) {
      if (!this.#beats) this.#say(error instanceof Refused ? error.message : this.#data.text.startFailed, true);
    } finally {
      this.#starting = false;
    }
  }

  #measure(): void {
    if (!this.#beats || this.#video.seeking || this.#video.readyState < 2) return;
    this.#stretches.advance(this.#video.currentTime);
    this.#guard.played(this.#video.currentTime);
  }

  #beat(final: boolean): void {
    if (!this.#beats) return;
    if (!this.#video.paused) this.#measure();
    const ranges = this.#stretches.take();
    if (this.#video.paused) this.#stretches.close();
    if (ranges.length > 0) this.#beats.add(ranges, this.#video.playbackRate, final);
    void this.#beats.flush();
  }

  #replied(reply: ReportReply): void {
    if (reply.state === 'taken-over') {
      this.#takenOver();
      return;
    }
    if (reply.state === 'ended') {
      this.#stop(this.#data.text.ended);
      return;
    }
    if (reply.standing) this.#draw(reply.standing);
    if (reply.presence) this.#ask(reply.presence);
    else if (this.#presence.open) this.#presence.hide();
    this.#explain(reply);
  }

  #explain({ state, reasons, standing }: ReportReply): void {
    const { text } = this.#data;
    const worst = reasons.filter(({ seconds }) => seconds >= 1).sort((a, b) => b.seconds - a.seconds)[0];
    const why = worst && text.reasons[worst.reason];
    if (state === 'outside-term') this.#say(text.outsideTerm, true);
    else if (why) this.#say(why, worst.reason !== 'already-credited');
    else this.#say(standing?.complete ? text.complete : text.saved, false);
  }

  #draw(standing: Standing): void {
    this.#standing = standing;
    this.#guard.reached(standing.furthest);
    drawStanding(standing, this.#data.length, this.#page);
  }

  #ask(check: PresenceCheck): void {
    this.#video.pause();
    if (document.fullscreenElement) void document.exitFullscreen();
    this.#presence.show(check);
  }

  async #answerCheck(presence: string): Promise<boolean> {
    const token = this.#beats?.session.token;
    if (!token) return true;
    try {
      const { answer } = await this.#channel.send<{ answer: string }>('answer', { token, presence });
      if (answer === 'taken-over') this.#takenOver();
      if (answer === 'wrong') return false;
    } catch {
      this.#say(this.#data.text.startFailed, true);
      return false;
    }
    this.#presence.hide();
    const credited = this.#standing && lastCredited(this.#standing.covered, this.#video.currentTime);
    if (credited !== undefined) this.#video.currentTime = credited;
    void this.#video.play();
    return true;
  }

  async #extendCheck(): Promise<PresenceCheck | undefined> {
    const token = this.#beats?.session.token;
    const reply =
      token && (await this.#channel.send<{ presence?: PresenceCheck }>('extend', { token }).catch(() => {}));
    return reply ? reply.presence : undefined;
  }

  #waiting(kept: boolean): void {
    if (kept) this.#say(this.#data.text.offline?.replace('%n', String(LEASE_MINUTES)), true);
    else if (this.#offline) this.#say(this.#data.text.resent, false);
    this.#offline = kept;
  }

  #showElsewhere(title: string): void {
    const line = document.getElementById('elsewhere-lesson');
    if (line) line.textContent = this.#data.text.elsewhere?.replace('%n', title) ?? '';
    const place = document.getElementById('elsewhere');
    if (place) place.hidden = false;
    document.getElementById('take-over')?.focus();
  }

  #hideElsewhere(): void {
    const place = document.getElementById('elsewhere');
    if (place) place.hidden = true;
  }

  async #takeOver(): Promise<void> {
    this.#hideElsewhere();
    await this.#start(true);
  }

  #takenOver(): void {
    this.#stop(this.#data.text.takenOver);
  }

  /** The session is over; pressing play starts another. */
  #stop(text: string | undefined): void {
    clearInterval(this.#timer);
    this.#beats = undefined;
    this.#presence.hide();
    this.#video.pause();
    this.#say(text, true);
  }

  #hidden(): void {
    this.#beat(false);
  }

  #leave(): void {
    if (!this.#beats) return;
    if (!this.#video.paused) this.#measure();
    const ranges = this.#stretches.take();
    if (ranges.length > 0) this.#beats.add(ranges, this.#video.playbackRate, true);
    this.#beats.beacon(true);
    writeResume(this.#beats.session.token);
    clearInterval(this.#timer);
    this.#beats = undefined;
    this.#video.pause();
  }

  #say(text: string | undefined, warning: boolean): void {
    const line = document.getElementById('player-line');
    if (!line || text === undefined || line.textContent === text) return;
    line.textContent = text;
    line.classList.toggle('is-warning', warning);
  }
}

/** The end of what is credited shortly before a position, where playing goes on after a check. */
function lastCredited(covered: number[], at: number): number | undefined {
  return covered.filter((edge, index) => index % 2 === 1 && edge < at && at - edge < STEP_BACK).at(-1);
}
