/** Prints one line per stage, with how long it took, when the next one begins. */
export class Stages {
  readonly #print: (line: string) => void;
  readonly #begun = performance.now();
  #current: { name: string; at: number } | undefined;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  begin(name: string): void {
    this.end();
    this.#current = { name, at: performance.now() };
  }

  end(): void {
    if (!this.#current) return;
    const { name, at } = this.#current;
    this.#print(`  ${name.padEnd(44)} ${seconds(performance.now() - at)}`);
    this.#current = undefined;
  }

  /** Since the process began, with what Node and npm took before. */
  total(): string {
    return seconds(performance.now()).trim();
  }

  /** Since this object was made. */
  elapsed(): string {
    return seconds(performance.now() - this.#begun).trim();
  }
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1).padStart(5)} s`;
