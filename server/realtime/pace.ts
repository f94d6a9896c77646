/**
 * Runs a few pieces of work at a time, the others waiting in their order, and lets those that end at the same time go on in
 * turns of the event loop of their own: when everybody comes back at once, those who are there are still served.
 */
export class Pace {
  readonly #atOnce: number;
  readonly #perTurn: number;
  readonly #waiting: (() => void)[] = [];
  readonly #ended: (() => void)[] = [];
  #running = 0;

  /** @param perTurn how many go on in one turn of the event loop */
  constructor(atOnce: number, perTurn: number) {
    this.#atOnce = atOnce;
    this.#perTurn = perTurn;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#atOnce) this.#running += 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      await new Promise<void>((resolve) => {
        if (this.#ended.push(resolve) === 1) setImmediate(() => this.#goOn());
      });
      this.#leave();
    }
  }

  #goOn(): void {
    for (const goOn of this.#ended.splice(0, this.#perTurn)) goOn();
    if (this.#ended.length > 0) setImmediate(() => this.#goOn());
  }

  /** Hands the place on, or gives it up. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#running -= 1;
  }
}
