import { DialogFocus } from './dialog.ts';
import type { PresenceCheck } from './messages.ts';

export interface PresenceText {
  secondsLeft: string;
  checkMissed: string;
  checkLeft: string;
  checkTitle: string;
}

interface Deps {
  /** Takes the answer to a check that was shown for so many ms; it need not have reached the server. */
  answer(token: string, shownMs: number): void;
  extend(): Promise<PresenceCheck | undefined>;
  text: PresenceText;
}

/** Seconds left at which a screen reader hears them: every second would talk over everything. */
const SPOKEN = new Set([120, 60, 30, 10]);

/** The presence check over the video: counts down from when it is shown, takes Enter, Space or a tap. */
export class PresenceOverlay {
  readonly #deps: Deps;
  readonly #place = document.getElementById('check');
  readonly #focus = new DialogFocus(this.#place);
  readonly #left = document.getElementById('check-left');
  readonly #answer = document.getElementById('check-answer') as HTMLButtonElement | null;
  readonly #extend = document.getElementById('check-extend') as HTMLButtonElement | null;
  readonly #text = document.getElementById('check-text');
  readonly #spoken = document.getElementById('check-spoken');
  readonly #title = document.title;
  readonly #question = this.#text?.textContent ?? '';
  #check: PresenceCheck | undefined;
  /** When it was shown, or given its full time again, in ms of the page's clock. */
  #shownAt = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#answer?.addEventListener('click', () => this.#answered());
    this.#extend?.addEventListener('click', () => void this.#extended());
  }

  get open(): boolean {
    return this.#check !== undefined;
  }

  /** Shows a check; what the server says again of one that is shown changes nothing, unless it was given more time. */
  show(check: PresenceCheck): void {
    const isNew = this.#check?.token !== check.token;
    if (!isNew && this.#check?.extensionsLeft === check.extensionsLeft) return;
    this.#check = check;
    this.#shownAt = performance.now();
    if (this.#extend) this.#extend.hidden = check.extensionsLeft === 0;
    if (!isNew || !this.#place) return;
    if (this.#text) this.#text.textContent = this.#question;
    this.#place.hidden = false;
    document.title = `● ${this.#deps.text.checkTitle}`;
    this.#focus.take(this.#answer);
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#count(), 500);
    this.#count();
  }

  hide(): void {
    this.#check = undefined;
    clearInterval(this.#timer);
    document.title = this.#title;
    if (this.#spoken) this.#spoken.textContent = '';
    if (!this.#place || this.#place.hidden) return;
    this.#focus.give();
    this.#place.hidden = true;
  }

  #count(): void {
    const until = this.#shownAt + (this.#check?.secondsLeft ?? 0) * 1000;
    const left = Math.max(0, Math.ceil((until - performance.now()) / 1000));
    const shown = this.#deps.text.secondsLeft.replace('%n', String(left));
    if (this.#left) this.#left.textContent = shown;
    if (SPOKEN.has(left)) this.#say(`${this.#deps.text.checkLeft} ${shown}`);
    if (left > 0) return;
    clearInterval(this.#timer);
    this.#say(this.#deps.text.checkMissed);
    if (this.#text) this.#text.textContent = this.#deps.text.checkMissed;
    if (this.#extend) this.#extend.hidden = true;
    if (document.activeElement === document.body) this.#answer?.focus();
  }

  /** To a screen reader; the same words twice are said once. */
  #say(text: string): void {
    if (this.#spoken && this.#spoken.textContent !== text) this.#spoken.textContent = text;
  }

  #answered(): void {
    if (this.#check) this.#deps.answer(this.#check.token, Math.round(performance.now() - this.#shownAt));
  }

  async #extended(): Promise<void> {
    const check = await this.#deps.extend();
    if (check) this.show(check);
    this.#answer?.focus();
  }
}
