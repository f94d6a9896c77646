/** What one room is sent: the newest value of each event since the last message. */
export interface RoomUpdate {
  room: string;
  /** Epoch milliseconds at which the message was put together. */
  at: number;
  values: Record<string, unknown>;
}

type Value = unknown | (() => Promise<unknown>);

interface Room {
  name: string;
  waiting: Map<string, Value>;
  /** Epoch ms before which it is not told again. */
  quietUntil: number;
}

/**
 * Sends the first change of a quiet room at once and gathers the rest, so that a room gets at most one message per
 * interval. A value may be a function: it is called when the message is put together, so that a sum is read once.
 */
export class Coalescer {
  readonly #rooms = new Map<string, Room>();
  /** Rooms that were told, in that order, which is also the order in which they may be told again: one timer serves all. */
  #told: Room[] = [];
  #timer: NodeJS.Timeout | undefined;
  readonly #send: (update: RoomUpdate) => void;
  readonly #isWatched: (room: string) => boolean;
  readonly #failed: (error: unknown) => void;
  readonly #intervalMs: number;
  #closed = false;

  /** @param deps.isWatched whether anybody is there; what nobody hears is neither read nor sent */
  constructor(deps: {
    send(update: RoomUpdate): void;
    isWatched?(room: string): boolean;
    failed(error: unknown): void;
    intervalMs: number;
  }) {
    this.#send = deps.send;
    this.#isWatched = deps.isWatched ?? (() => true);
    this.#failed = deps.failed;
    this.#intervalMs = deps.intervalMs;
  }

  /** @returns whether anybody is told */
  publish(name: string, event: string, value: Value): boolean {
    if (this.#closed || !this.#isWatched(name)) return false;
    const known = this.#rooms.get(name);
    if (known) {
      known.waiting.set(event, value);
      return true;
    }
    const room: Room = { name, waiting: new Map([[event, value]]), quietUntil: 0 };
    this.#rooms.set(name, room);
    // Everything that is published in this turn goes into one message.
    queueMicrotask(() => this.#flush(room));
    return true;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#rooms.clear();
    this.#told = [];
  }

  #flush(room: Room): void {
    if (this.#closed) return;
    const waiting = [...room.waiting];
    room.waiting.clear();
    room.quietUntil = Date.now() + this.#intervalMs;
    this.#told.push(room);
    this.#timer ??= setTimeout(() => this.#again(), this.#intervalMs);
    this.#tell(room.name, waiting).catch((error) => {
      if (!this.#closed) this.#failed(error);
    });
  }

  /** Tells rooms again for which something came meanwhile, and forgets those for which nothing did. */
  #again(): void {
    this.#timer = undefined;
    const now = Date.now();
    const first = this.#told.findIndex(({ quietUntil }) => quietUntil > now);
    const due = this.#told.splice(0, first < 0 ? this.#told.length : first);
    const [next] = this.#told;
    if (next) this.#timer = setTimeout(() => this.#again(), next.quietUntil - now);
    for (const room of due) {
      if (room.waiting.size > 0) this.#flush(room);
      else this.#rooms.delete(room.name);
    }
  }

  async #tell(room: string, waiting: [string, Value][]): Promise<void> {
    if (!this.#isWatched(room)) return;
    const values: Record<string, unknown> = {};
    for (const [event, value] of waiting) values[event] = typeof value === 'function' ? await value() : value;
    this.#send({ room, at: Date.now(), values });
  }
}
