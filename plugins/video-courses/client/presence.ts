import { focusPlayer, keepFocus } from './dialog.ts';
import type { PresenceCheck } from './messages.ts';

export interface PresenceText {
  secondsLeft: string;
  checkMissed: string;
  checkLeft: string;
  checkTitle: string;
}

interface Deps {
  answer(token: string): Promise<boolean>;
  extend(): Promise<PresenceCheck | undefined>;
  text: PresenceText;
}

/** Seconds left at which a screen reader hears them: every second would talk over everything. */
const SPOKEN = new Set([120, 60, 30, 10]);

/** The presence check over the video: counts down, takes Enter, Space or a tap. */
export class PresenceOverlay {
  readonly #deps: Deps;
  readonly #place = document.getElementById('check');
  readonly #left = document.getElementById('check-left');
  readonly #answer = document.getElementById('check-answer') as HTMLButtonElement | null;
  readonly #extend = document.getElementById('check-extend') as HTMLButtonElement | null;
  readonly #text = document.getElementById('check-text');
  readonly #spoken = document.getElementById('check-spoken');
  readonly #title = document.title;
  readonly #question = this.#text?.textContent ?? '';
  #check: PresenceCheck | undefined;
  #until = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#answer?.addEventListener('click', () => void this.#answered());
    this.#extend?.addEventListener('click', () => void this.#extended());
    if (this.#place) keepFocus(this.#place);
  }

  get open(): boolean {
    return this.#check !== undefined;
  }

  show(check: PresenceCheck): void {
    const isNew = this.#check?.token !== check.token;
    this.#check = check;
    this.#until = Date.now() + check.secondsLeft * 1000;
    if (this.#extend) this.#extend.hidden = check.extensionsLeft === 0;
    if (!isNew || !this.#place) return;
    if (this.#text) this.#text.textContent = this.#question;
    this.#place.hidden = false;
    document.title = `● ${this.#deps.text.checkTitle}`;
    this.#answer?.focus();
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
    this.#place.hidden = true;
    focusPlayer();
  }

  #count(): void {
    const left = Math.max(0, Math.ceil((this.#until - Date.now()) / 1000));
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

  async #answered(): Promise<void> {
    if (this.#check && (await this.#deps.answer(this.#check.token))) this.hide();
  }

  async #extended(): Promise<void> {
    const check = await this.#deps.extend();
    if (check) this.show(check);
    this.#answer?.focus();
  }
}
