import type { LivePlaying } from './live-playing.ts';
import type { PlayingStore } from './playing.store.ts';

/** Sessions of people who have gone are forgotten after this; the database keeps them. */
const KEPT_MS = 5 * 60_000;
/** How far apart the clocks of server processes may be without one missing what another started. */
const LOOK_BACK_MS = 3_000;

interface Kept {
  live: LivePlaying;
  readAt: number;
  /** The network address that it was heard from last, and what stands for it in the ledger. */
  from?: { address: string; hash: string };
}

/** The playing sessions that this server process has in hand, by learner; times in epoch ms. */
export class KeptSessions {
  readonly #store: PlayingStore;
  readonly #kept = new Map<string, Kept>();

  constructor(store: PlayingStore) {
    this.#store = store;
  }

  get(learner: string): Kept | undefined {
    return this.#kept.get(learner);
  }

  /** Whether a token is that of the session in hand, or of the one that it took over from. */
  holds(learner: string, token: string): boolean {
    const live = this.#kept.get(learner)?.live;
    return live?.playing.token === token || live?.before?.playing.token === token;
  }

  keep(live: LivePlaying, now: number): void {
    const kept = this.#kept.get(live.learner);
    if (kept) Object.assign(kept, { live, readAt: now });
    else this.#kept.set(live.learner, { live, readAt: now });
  }

  /** What stands for a session's network address, made once while it is the same. */
  addressHash(learner: string, address: string, hash: () => string): string {
    const kept = this.#kept.get(learner);
    if (kept?.from?.address === address) return kept.from.hash;
    const from = { address, hash: hash() };
    if (kept) kept.from = from;
    return from.hash;
  }

  /** Forgets a person's session, so that the next message reads it and the enrolment again. */
  forget(learner: string): void {
    this.#kept.delete(learner);
  }

  /** Forgets the sessions of people who have gone. */
  sweep(now: number): void {
    for (const [learner, { live, readAt }] of this.#kept) {
      if (now - Math.max(readAt, live.playing.lastAt) > KEPT_MS) this.#kept.delete(learner);
    }
  }

  /**
   * Forgets the sessions that other server processes have replaced lately.
   * @returns those, each with the public name of the session that replaced it
   */
  async replaced(now: number): Promise<{ lost: LivePlaying; by: string }[]> {
    if (this.#kept.size === 0) return [];
    const started = await this.#store.startedSince(now - LOOK_BACK_MS);
    const lost: { lost: LivePlaying; by: string }[] = [];
    for (const { learner, rev, session } of started) {
      const live = this.#kept.get(learner)?.live;
      if (!live || live.session === session || rev <= live.rev) continue;
      this.forget(learner);
      lost.push({ lost: live, by: session });
    }
    return lost;
  }
}
