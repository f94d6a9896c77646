/**
 * What was read lately, kept for a while: whoever asks meanwhile shares one read. A read that fails is forgotten, and so is
 * everything once `most` keys are kept.
 */
export class Kept<V> {
  readonly #keptMs: number;
  readonly #most: number;
  readonly #entries = new Map<string, { until: number; value: Promise<V> }>();

  constructor(keptMs: number, most = 10_000) {
    this.#keptMs = keptMs;
    this.#most = most;
  }

  get(key: string, read: () => Promise<V>): Promise<V> {
    const kept = this.#entries.get(key);
    if (kept && kept.until > Date.now()) return kept.value;
    if (this.#entries.size >= this.#most) this.#entries.clear();
    const entry = { until: Date.now() + this.#keptMs, value: read() };
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
