interface Deps {
  /** Notes that a session is used; when it ends now, epoch ms, or undefined where it has ended. */
  used(session: string): Promise<number | undefined>;
  /** When the session ends as its other requests have left it, epoch ms, or undefined where it has ended. */
  ends(session: string): Promise<number | undefined>;
  /** Ends the session's connections to this process. */
  end(session: string): void;
  failed(error: unknown): void;
}

interface Open {
  ends: number;
  notedAt: number;
  sockets: number;
}

/** Use over connections is noted so often, and ends are looked at so often, in milliseconds. */
const [noteEveryMs, lookEveryMs] = [60_000, 5_000];

/** Ends connections with the session that they were made in, and lets messages that people cause prolong it. */
export class SessionWatch {
  readonly #deps: Deps;
  readonly #open = new Map<string, Open>();
  readonly #timer = setInterval(() => void this.#look(), lookEveryMs);

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#timer.unref();
  }

  /** A socket of the session has come. */
  enter(session: string, ends: number): void {
    const known = this.#open.get(session) ?? { ends, notedAt: 0, sockets: 0 };
    known.sockets += 1;
    known.ends = ends;
    this.#open.set(session, known);
  }

  leave(session: string): void {
    const known = this.#open.get(session);
    if (!known) return;
    known.sockets -= 1;
    if (known.sockets === 0) this.#open.delete(session);
  }

  /** A message of the session has come that somebody's doing has caused. */
  use(session: string): void {
    const known = this.#open.get(session);
    const now = Date.now();
    if (!known || now - known.notedAt < noteEveryMs) return;
    known.notedAt = now;
    this.#deps.used(session).then((ends) => {
      known.ends = ends ?? 0;
    }, this.#deps.failed);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const now = Date.now();
    const due = [...this.#open].filter(([, { ends }]) => ends <= now);
    await Promise.all(
      due.map(async ([session, known]) => {
        try {
          const ends = await this.#deps.ends(session);
          if (ends !== undefined && ends > now) known.ends = ends;
          else this.#deps.end(session);
        } catch (error) {
          this.#deps.failed(error);
        }
      }),
    );
  }
}
