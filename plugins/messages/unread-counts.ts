interface Kept {
  until: number;
  count: Promise<number>;
}

interface Deps {
  /** Counts in the database; a promise that is read many times, so no mongoose query. */
  read(user: string): Promise<number>;
  /** How long a count may be used, in milliseconds: the bound of what another process can change unseen. */
  keptMs: number;
  /** People kept at most. */
  most: number;
  now?: () => number;
}

/**
 * Unread messages per person, asked for on every page: kept for a moment and forgotten when this process changes them.
 * A count that was being read while it changed is not kept either.
 */
export class UnreadCounts {
  readonly #kept = new Map<string, Kept>();
  readonly #deps: Deps;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  of(user: string): Promise<number> {
    const now = this.#deps.now?.() ?? Date.now();
    const kept = this.#kept.get(user);
    if (kept && kept.until > now) return kept.count;
    const count = this.#deps.read(user);
    if (this.#kept.size >= this.#deps.most) this.#kept.clear();
    this.#kept.set(user, { until: now + this.#deps.keptMs, count });
    count.catch(() => this.forget(user));
    return count;
  }

  forget(user: string): void {
    this.#kept.delete(user);
  }
}
