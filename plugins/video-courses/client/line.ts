/** The line that says how the learner's time stands; in full screen it lies over the picture. */
export class StatusLine {
  readonly #place = document.getElementById('player-says');
  readonly #line = document.getElementById('player-line');
  readonly #home = this.#place?.nextSibling ?? null;
  readonly #parent = this.#place?.parentElement;
  #said = { text: '', warning: false };
  #buffering: string | undefined;

  constructor() {
    document.addEventListener('fullscreenchange', () => this.#move());
  }

  say(text: string, warning: boolean): void {
    this.#said = { text, warning };
    this.#draw();
  }

  /** Says that the picture stands still until it is told otherwise; a warning is more important. */
  buffering(text: string | undefined): void {
    this.#buffering = text;
    this.#draw();
  }

  #draw(): void {
    if (!this.#line) return;
    const { text, warning } = this.#said;
    const shown = warning ? text : (this.#buffering ?? text);
    if (this.#line.textContent !== shown) this.#line.textContent = shown;
    this.#line.classList.toggle('is-warning', warning);
  }

  #move(): void {
    if (!this.#place) return;
    const full = document.fullscreenElement;
    this.#place.classList.toggle('is-over', full !== null);
    if (full) full.append(this.#place);
    else this.#parent?.insertBefore(this.#place, this.#home);
  }
}
