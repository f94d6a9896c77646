import type { PresenceCheck } from './messages.ts';

interface Deps {
  answer(token: string): Promise<boolean>;
  extend(): Promise<PresenceCheck | undefined>;
  text: { secondsLeft: string; checkMissed: string };
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
  readonly #question = this.#text?.textContent ?? '';
  #check: PresenceCheck | undefined;
  #until = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#answer?.addEventListener('click', () => void this.#answered());
    this.#extend?.addEventListener('click', () => void this.#extended());
    this.#place?.addEventListener('keydown', (event) => this.#keepFocus(event));
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
    this.#answer?.focus();
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#count(), 500);
    this.#count();
  }

  hide(): void {
    this.#check = undefined;
    clearInterval(this.#timer);
    if (this.#place) this.#place.hidden = true;
  }

  #count(): void {
    const left = Math.max(0, Math.ceil((this.#until - Date.now()) / 1000));
    if (this.#left) {
      this.#left.textContent = this.#deps.text.secondsLeft.replace('%n', String(left));
      this.#left.setAttribute('aria-live', SPOKEN.has(left) ? 'assertive' : 'off');
    }
    if (left > 0) return;
    clearInterval(this.#timer);
    if (this.#text) this.#text.textContent = this.#deps.text.checkMissed;
    if (this.#extend) this.#extend.hidden = true;
  }

  async #answered(): Promise<void> {
    if (this.#check && (await this.#deps.answer(this.#check.token))) this.hide();
  }

  async #extended(): Promise<void> {
    const check = await this.#deps.extend();
    if (check) this.show(check);
    this.#answer?.focus();
  }

  /** A modal dialog keeps the focus: Tab goes round within it. */
  #keepFocus(event: KeyboardEvent): void {
    if (event.key !== 'Tab') return;
    const stops = [this.#answer, this.#extend].filter((button) => button && !button.hidden) as HTMLButtonElement[];
    const at = stops.indexOf(document.activeElement as HTMLButtonElement);
    event.preventDefault();
    stops[(at + (event.shiftKey ? stops.length - 1 : 1)) % stops.length]?.focus();
  }
}
