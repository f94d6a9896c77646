import { live, type Update } from '#client';
import { ElsewhereDialog } from './dialog.ts';

/** How long after the learner pressed play the page may still start by itself. */
const PATIENCE_MS = 60_000;

/** The place where the person is playing already. */
interface Place {
  session: string;
  enrolment: string;
}

/**
 * Asks whether to go on here while the person plays elsewhere, and takes the question back when that place ends: nobody is
 * asked about a place that is gone.
 */
export class Elsewhere {
  readonly #dialog: ElsewhereDialog;
  readonly #start: (takeover: boolean) => void;
  readonly #followed = new Set<string>();
  /** The session that was heard to have ended last: its word may be faster than the answer that names it. */
  #ended: string | undefined;
  #pressedAt = 0;

  /** @param enrolment whose room tells of the other place, as far as that plays for the same one */
  constructor(enrolment: string, start: (takeover: boolean) => void) {
    this.#start = start;
    this.#dialog = new ElsewhereDialog(() => start(true));
    this.#follow(enrolment);
  }

  /** The learner has pressed play. */
  pressed(): void {
    this.close();
    this.#pressedAt = performance.now();
  }

  hasEnded({ session }: Place): boolean {
    return session === this.#ended;
  }

  ask({ enrolment }: Place, text: string): void {
    this.#dialog.show(text);
    this.#follow(enrolment);
  }

  close(): void {
    if (this.#dialog.open) this.#dialog.hide();
  }

  #follow(enrolment: string): void {
    if (this.#followed.has(enrolment)) return;
    this.#followed.add(enrolment);
    live().follow(
      `enrolment:${enrolment}`,
      (update) => this.#heard(update),
      // The word may have come before.
      () => this.#askAgain(),
    );
  }

  #heard({ event, value }: Update): void {
    if (event !== 'playing-ended') return;
    this.#ended = (value as { session: string }).session;
    if (!this.#dialog.open) return;
    if (this.#isAwaited()) this.#start(false);
    else this.close();
  }

  #askAgain(): void {
    if (this.#dialog.open && this.#isAwaited()) this.#start(false);
  }

  /** A page must not begin to play for somebody who has turned to something else. */
  #isAwaited(): boolean {
    return document.visibilityState === 'visible' && performance.now() - this.#pressedAt < PATIENCE_MS;
  }
}
