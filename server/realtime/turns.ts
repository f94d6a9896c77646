/** Pieces of work that begin in one turn of the event loop: what the others wait for comes in between. */
const AT_ONCE = 64;

/**
 * Lets so many pieces of work go on at the same time; the others wait for their turn, first come, first served. Where more
 * comes than can be done, what waits has cost next to nothing yet, and what goes on does not wait for all of it.
 */
export class Turns {
  readonly #most: number;
  #waiting: (() => void)[] = [];
  /** Those of `#waiting` that have had their turn. */
  #begun = 0;
  #taken = 0;
  #planned = false;

  constructor(most: number) {
    this.#most = most;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#taken < this.#most && this.#waiting.length === 0) this.#taken += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      this.#taken -= 1;
      this.#plan();
    }
  }

  #plan(): void {
    if (this.#planned || this.#waiting.length === 0 || this.#taken >= this.#most) return;
    this.#planned = true;
    setImmediate(() => this.#begin());
  }

  #begin(): void {
    this.#planned = false;
    const until = Math.min(this.#waiting.length, this.#begun + Math.min(AT_ONCE, this.#most - this.#taken));
    this.#taken += until - this.#begun;
    while (this.#begun < until) this.#waiting[this.#begun++]!();
    if (this.#begun * 2 >= this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#begun);
      this.#begun = 0;
    }
    this.#plan();
  }
}
