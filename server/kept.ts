/**
 * What was read lately, kept for a while: whoever asks meanwhile shares one read. A read that fails is forgotten, and so is
 * everything once `most` keys are kept. What is forgotten while it is read is not kept either.
 */
export class Kept<V> {
  readonly #keptMs: number;
  readonly #most: number;
  readonly #now: () => number;
  readonly #entries = new Map<string, { until: number; value: Promise<V> }>();

  /** @param keptMs milliseconds, the bound of what another process can change unseen */
  constructor(keptMs: number, most = 10_000, now = Date.now) {
    this.#keptMs = keptMs;
    this.#most = most;
    this.#now = now;
  }

  get(key: string, read: () => Promise<V>): Promise<V> {
    const kept = this.#entries.get(key);
    if (kept && kept.until > this.#now()) return kept.value;
    if (this.#entries.size >= this.#most) this.#entries.clear();
    const entry = { until: this.#now() + this.#keptMs, value: read() };
    this.#entries.set(key, entry);
    entry.value.catch(() => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    });
    return entry.value;
  }

  forget(key: string): void {
    this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }
}
