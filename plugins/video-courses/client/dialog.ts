/** How long keys rest after a dialog has taken the focus, ms: whoever was typing did not mean it. */
const REST_MS = 1_500;

let composing = false;
document.addEventListener('compositionstart', () => {
  composing = true;
});
document.addEventListener('compositionend', () => {
  composing = false;
});

/**
 * The focus of a dialog over the player: it comes when the dialog opens, goes round within it, and goes back to where it was.
 * A dialog may open while somebody writes a note. An input method finishes its word first; keys that come in the first
 * moment answer nothing, and what they write goes where it was meant to.
 */
export class DialogFocus {
  readonly #dialog: HTMLElement | null;
  #before: HTMLElement | undefined;
  #restsUntil = 0;
  /** Keys that went down in the dialog after the rest: only those do something as they come up. */
  readonly #down = new Set<string>();

  constructor(dialog: HTMLElement | null) {
    this.#dialog = dialog;
    dialog?.addEventListener('keydown', (event) => this.#pressed(event), { capture: true });
    dialog?.addEventListener('keyup', (event) => this.#released(event), { capture: true });
  }

  /**
   * Takes the focus for one of the dialog's buttons.
   * @param asked the person has just asked for what the dialog is about: keys rest only where they write nevertheless
   */
  take(first: HTMLElement | null, asked = false): void {
    const active = document.activeElement;
    this.#before = active instanceof HTMLElement && active !== document.body ? active : undefined;
    this.#down.clear();
    const restMs = asked && !isField(this.#before) ? 0 : REST_MS;
    const focus = () => this.#focus(first, restMs);
    if (composing) document.addEventListener('compositionend', () => setTimeout(focus), { once: true });
    else focus();
  }

  /** Gives the focus back. */
  give(): void {
    const { activeElement } = document;
    // Somebody who has gone elsewhere meanwhile stays there.
    if (activeElement !== document.body && !this.#dialog?.contains(activeElement)) return;
    const play = document.querySelector<HTMLElement>('.vjs-play-control');
    const to = this.#before?.isConnected && this.#before.checkVisibility() ? this.#before : play;
    (to ?? document.getElementById('player-frame'))?.focus();
  }

  #focus(first: HTMLElement | null, restMs: number): void {
    if (this.#dialog?.hidden !== false) return;
    this.#restsUntil = performance.now() + restMs;
    first?.focus();
  }

  #pressed(event: KeyboardEvent): void {
    if (event.key === 'Tab') {
      this.#next(event);
      return;
    }
    if (performance.now() >= this.#restsUntil && !event.repeat) {
      this.#down.add(event.code);
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    if (performance.now() < this.#restsUntil) write(this.#before, event);
  }

  #released(event: KeyboardEvent): void {
    if (this.#down.delete(event.code) || event.key === 'Tab') return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Tab goes round within the dialog. */
  #next(event: KeyboardEvent): void {
    const buttons = [...(this.#dialog?.querySelectorAll<HTMLButtonElement>('button') ?? [])];
    const stops = buttons.filter((button) => !button.hidden);
    const at = stops.indexOf(document.activeElement as HTMLButtonElement);
    event.preventDefault();
    stops[(at + (event.shiftKey ? stops.length - 1 : 1)) % stops.length]?.focus();
  }
}

function isField(element: HTMLElement | undefined): element is HTMLTextAreaElement | HTMLInputElement {
  return element instanceof HTMLTextAreaElement || element instanceof HTMLInputElement;
}

/** Writes a key where somebody was writing, as if the dialog had not come between. */
function write(field: HTMLElement | undefined, { key, ctrlKey, metaKey, altKey }: KeyboardEvent): void {
  if (!isField(field)) return;
  if (ctrlKey || metaKey || altKey) return;
  const text = key === 'Enter' && field instanceof HTMLTextAreaElement ? '\n' : key;
  if (text.length !== 1 || field.selectionStart === null || field.selectionEnd === null) return;
  field.setRangeText(text, field.selectionStart, field.selectionEnd, 'end');
  field.dispatchEvent(new Event('input', { bubbles: true }));
}

/** The question whether to go on here, where the person is playing elsewhere. Escape leaves it there. */
export class ElsewhereDialog {
  readonly #place = document.getElementById('elsewhere');
  readonly #lesson = document.getElementById('elsewhere-lesson');
  readonly #focus = new DialogFocus(this.#place);

  constructor(takeOver: () => void) {
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
    this.#focus.take(document.getElementById('take-over'), true);
  }

  hide(): void {
    if (!this.open) return;
    this.#focus.give();
    if (this.#place) this.#place.hidden = true;
  }
}
