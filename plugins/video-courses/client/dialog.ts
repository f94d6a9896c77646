/** A modal dialog keeps the focus: Tab goes round within it. */
export function keepFocus(dialog: HTMLElement): void {
  dialog.addEventListener('keydown', (event) => {
    if (event.key !== 'Tab') return;
    const stops = [...dialog.querySelectorAll<HTMLButtonElement>('button')].filter((button) => !button.hidden);
    const at = stops.indexOf(document.activeElement as HTMLButtonElement);
    event.preventDefault();
    stops[(at + (event.shiftKey ? stops.length - 1 : 1)) % stops.length]?.focus();
  });
}

/** Gives the focus back to the player when a dialog over it closes. */
export function focusPlayer(): void {
  const play = document.querySelector<HTMLElement>('.vjs-play-control');
  (play ?? document.getElementById('player-frame'))?.focus();
}

/** The question whether to go on here, where the person is playing elsewhere. Escape leaves it there. */
export class ElsewhereDialog {
  readonly #place = document.getElementById('elsewhere');
  readonly #lesson = document.getElementById('elsewhere-lesson');

  constructor(takeOver: () => void) {
    if (this.#place) keepFocus(this.#place);
    document.getElementById('take-over')?.addEventListener('click', () => {
      this.hide();
      takeOver();
    });
    document.getElementById('leave-there')?.addEventListener('click', () => this.hide());
    this.#place?.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.hide();
    });
  }

  get open(): boolean {
    return this.#place?.hidden === false;
  }

  show(lesson: string): void {
    if (this.#lesson) this.#lesson.textContent = lesson;
    if (this.open) return;
    if (this.#place) this.#place.hidden = false;
    document.getElementById('take-over')?.focus();
  }

  hide(): void {
    if (this.#place) this.#place.hidden = true;
    focusPlayer();
  }
}
