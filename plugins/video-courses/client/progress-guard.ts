interface Rules {
  length: number;
  furthest: number;
  seekLock: boolean;
  text: Record<string, string> & { reasons?: unknown };
}

/** Key frames and rounding let a seek land a little beyond where it was aimed. */
const TOLERANCE = 1;

/** Keeps a first viewing in order and at normal speed; what was reached before is free. */
export class ProgressGuard {
  readonly #video: HTMLVideoElement;
  readonly #rules: Rules;
  #furthest: number;

  constructor(video: HTMLVideoElement, rules: Rules, say: (text: string) => void) {
    this.#video = video;
    this.#rules = rules;
    this.#furthest = rules.furthest;
    video.addEventListener('seeking', () => {
      if (!rules.seekLock || video.currentTime <= this.#furthest + TOLERANCE) return;
      video.currentTime = this.#furthest;
      say((rules.text.seekLocked ?? '').replace('%n', clock(this.#furthest)));
    });
    for (const name of ['ratechange', 'timeupdate'] as const) {
      video.addEventListener(name, () => {
        if (video.playbackRate <= 1 || video.currentTime < this.#furthest - TOLERANCE) return;
        if (this.#furthest >= rules.length - TOLERANCE) return;
        video.playbackRate = 1;
        say(rules.text.rateLocked ?? '');
      });
    }
    this.#markChapters();
  }

  /** Media that was just played in order. */
  played(at: number): void {
    if (at <= this.#furthest + TOLERANCE * 3) this.reached(at);
  }

  /** The server or this page knows that a viewing came this far. */
  reached(seconds: number): void {
    if (seconds <= this.#furthest) return;
    this.#furthest = Math.min(seconds, this.#rules.length);
    this.#markChapters();
  }

  #markChapters(): void {
    const at = this.#video.currentTime;
    const buttons = [...document.querySelectorAll<HTMLButtonElement>('[data-chapter]')];
    for (const button of buttons) {
      const locked = this.#rules.seekLock && Number(button.dataset.chapter) > this.#furthest + TOLERANCE;
      if (locked) button.setAttribute('aria-disabled', 'true');
      else button.removeAttribute('aria-disabled');
      button.removeAttribute('aria-current');
    }
    const current = buttons.filter((button) => Number(button.dataset.chapter) <= at).at(-1);
    current?.setAttribute('aria-current', 'true');
  }
}

/** Media seconds as minutes and seconds. */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
