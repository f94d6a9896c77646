interface Bucket {
  tokens: number;
  /** Milliseconds on the buckets' own clock. */
  at: number;
}

/** Buckets that are full again are forgotten once there are more than these. */
const mostIdle = 1_000;

/**
 * One token bucket for each key, in memory: `perSecond` on average, `burst` at once. Costs the same for a refusal as for a
 * pass, about a microsecond.
 */
export class TokenBuckets {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();
  #sweepAt = mostIdle;

  /** @param now a clock that never goes back, in milliseconds */
  constructor({ perSecond, burst }: { perSecond: number; burst: number }, now: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#now = now;
  }

  /** Takes `cost` tokens, a cost above the burst counting as the burst. @returns false, taking none, where they are not there */
  take(key: string, cost = 1): boolean {
    const bucket = this.#filled(key);
    const price = Math.min(cost, this.#burst);
    if (bucket.tokens < price) return false;
    bucket.tokens -= price;
    return true;
  }

  /**
   * Takes tokens that need not be there, down to one burst of debt: for what has turned out to be worse than it looked. A
   * cost below 0 gives back.
   */
  charge(key: string, cost: number): void {
    const bucket = this.#filled(key);
    bucket.tokens = Math.min(this.#burst, Math.max(-this.#burst, bucket.tokens - cost));
  }

  get size(): number {
    return this.#buckets.size;
  }

  #filled(key: string): Bucket {
    const now = this.#now();
    const known = this.#buckets.get(key);
    if (known) {
      known.tokens = this.#level(known, now);
      known.at = now;
      return known;
    }
    if (this.#buckets.size >= this.#sweepAt) this.#sweep(now);
    const made = { tokens: this.#burst, at: now };
    this.#buckets.set(key, made);
    return made;
  }

  #level({ tokens, at }: Bucket, now: number): number {
    return Math.min(this.#burst, tokens + ((now - at) / 1000) * this.#perSecond);
  }

  #sweep(now: number): void {
    for (const [key, bucket] of this.#buckets) if (this.#level(bucket, now) >= this.#burst) this.#buckets.delete(key);
    this.#sweepAt = Math.max(mostIdle, 2 * this.#buckets.size);
  }
}
