/** How long it is remembered that a room was told something, in milliseconds; twice that at most. */
const rememberedMs = 30_000;

/**
 * When each room was told something last, whether anybody was there or not: a page that comes into a room learns whether it
 * has missed something since it was made.
 */
export class Told {
  #rooms = new Map<string, number>();
  #before = new Map<string, number>();
  #begun: number;
  /** What was told before is not known. */
  #born: number;
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
    this.#begun = now();
    this.#born = this.#begun;
  }

  note(room: string): void {
    const now = this.#now();
    if (now - this.#begun >= rememberedMs) {
      this.#before = now - this.#begun < 2 * rememberedMs ? this.#rooms : new Map();
      this.#rooms = new Map();
      this.#begun = now;
    }
    this.#rooms.set(room, now);
  }

  /** Forgets: from here on is known what is told, not before. */
  forget(): void {
    this.#born = this.#now();
  }

  /** Whether a room was told something at a moment (epoch ms) or later, or may have been, because that is too long ago. */
  since(room: string, moment: number): boolean {
    if (moment < this.#born) return true;
    const at = this.#rooms.get(room) ?? this.#before.get(room) ?? this.#now() - rememberedMs;
    return at >= moment;
  }
}
