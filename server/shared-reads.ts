/**
 * Reads that several ask for at the same time, done once: what is asked while the same is being read waits for the next
 * read of it. So nobody gets what is older than their question, and what everybody looks at is read once after the other,
 * however many they are. They share what was read: read it, do not change it.
 */
export class SharedReads<V> {
  /** By key: the read that has not begun, which whoever asks now may join, and the one under way. */
  readonly #waiting = new Map<string, Promise<V>>();
  readonly #running = new Map<string, Promise<V>>();

  /** @param key names the whole question, with the scope of whoever asks it */
  get(key: string, read: () => Promise<V>): Promise<V> {
    const waiting = this.#waiting.get(key);
    if (waiting) return waiting;
    const next = this.#next(key, read);
    this.#waiting.set(key, next);
    return next;
  }

  async #next(key: string, read: () => Promise<V>): Promise<V> {
    // After everything else that this turn of the event loop asks for.
    await new Promise((resolve) => setImmediate(resolve));
    await this.#running.get(key)?.catch(() => {});
    const running = read();
    this.#waiting.delete(key);
    this.#running.set(key, running);
    try {
      return await running;
    } finally {
      if (this.#running.get(key) === running) this.#running.delete(key);
    }
  }
}
