/** Lets so many go on in each turn of the event loop, in their order: what was read for all at once is not done at once. */
export class Pace {
  readonly #perTurn: number;
  readonly #waiting: (() => void)[] = [];

  constructor(perTurn: number) {
    this.#perTurn = perTurn;
  }

  /** Resolves in a turn of the event loop that has room. */
  turn(): Promise<void> {
    return new Promise((resolve) => {
      if (this.#waiting.push(resolve) === 1) setImmediate(() => this.#goOn());
    });
  }

  #goOn(): void {
    for (const goOn of this.#waiting.splice(0, this.#perTurn)) goOn();
    if (this.#waiting.length > 0) setImmediate(() => this.#goOn());
  }
}
