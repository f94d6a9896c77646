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
  /** The newest value of each event since it was told last. */
  waiting: Record<string, Value> | undefined;
  /** Epoch ms before which it is not told again. */
  quietUntil: number;
}

/**
 * Sends the first change of a quiet room at once and gathers the rest, so that a room gets at most one message per
 * interval. A value may be a function: it is called when the message is put together, so that a sum is read once.
 */
export class Coalescer {
  readonly #rooms = new Map<string, Room>();
  /** Quiet rooms that are told when this turn ends: everything that is published in it goes into one message. */
  #woken: Room[] = [];
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
      known.waiting ??= {};
      known.waiting[event] = value;
      return true;
    }
    const room: Room = { name, waiting: { [event]: value }, quietUntil: 0 };
    this.#rooms.set(name, room);
    if (this.#woken.length === 0) queueMicrotask(() => this.#wake());
    this.#woken.push(room);
    return true;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#rooms.clear();
    this.#told = [];
    this.#woken = [];
  }

  #wake(): void {
    const woken = this.#woken;
    this.#woken = [];
    for (const room of woken) this.#flush(room);
  }

  #flush(room: Room): void {
    const values = room.waiting ?? {};
    room.waiting = undefined;
    const at = Date.now();
    room.quietUntil = at + this.#intervalMs;
    this.#told.push(room);
    this.#timer ??= setTimeout(() => this.#again(), this.#intervalMs);
    if (!this.#isWatched(room.name)) return;
    if (Object.values(values).some(isFunction)) {
      this.#read(room.name, values).catch((error) => this.#fail(error));
      return;
    }
    try {
      this.#send({ room: room.name, at, values });
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (!this.#closed) this.#failed(error);
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
      if (room.waiting) this.#flush(room);
      else this.#rooms.delete(room.name);
    }
  }

  async #read(room: string, waiting: Record<string, Value>): Promise<void> {
    const values: Record<string, unknown> = {};
    for (const event in waiting) {
      const value = waiting[event];
      values[event] = isFunction(value) ? await value() : value;
    }
    this.#send({ room, at: Date.now(), values });
  }
}

const isFunction = (value: Value): value is () => Promise<unknown> => typeof value === 'function';
