/** What one room is sent: the newest value of each event since the last message. */
export interface RoomUpdate {
  room: string;
  /** Epoch milliseconds at which the message was put together. */
  at: number;
  values: Record<string, unknown>;
}

type Value = unknown | (() => Promise<unknown>);

interface Room {
  waiting: Map<string, Value>;
  sentAt: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * Sends the first change of a quiet room at once and gathers the rest, so that a room gets at most one message per
 * interval. A value may be a function: it is called when the message is put together, so that a sum is read once.
 */
export class Coalescer {
  readonly #rooms = new Map<string, Room>();
  readonly #send: (update: RoomUpdate) => void;
  readonly #isWatched: (room: string) => boolean | Promise<boolean>;
  readonly #failed: (error: unknown) => void;
  readonly #intervalMs: number;
  #closed = false;

  /** @param deps.isWatched whether anybody is there; what nobody hears is neither read nor sent */
  constructor(deps: {
    send(update: RoomUpdate): void;
    isWatched?(room: string): boolean | Promise<boolean>;
    failed(error: unknown): void;
    intervalMs: number;
  }) {
    this.#send = deps.send;
    this.#isWatched = deps.isWatched ?? (() => true);
    this.#failed = deps.failed;
    this.#intervalMs = deps.intervalMs;
  }

  publish(name: string, event: string, value: Value): void {
    if (this.#closed) return;
    let room = this.#rooms.get(name);
    if (!room) {
      room = { waiting: new Map(), sentAt: 0, timer: undefined };
      this.#rooms.set(name, room);
    }
    room.waiting.set(event, value);
    const delay = Math.max(0, room.sentAt + this.#intervalMs - Date.now());
    room.timer ??= setTimeout(() => this.#flush(name), delay);
  }

  close(): void {
    this.#closed = true;
    for (const room of this.#rooms.values()) clearTimeout(room.timer);
    this.#rooms.clear();
  }

  #flush(name: string): void {
    const room = this.#rooms.get(name);
    if (!room) return;
    room.timer = undefined;
    if (room.waiting.size === 0) {
      this.#rooms.delete(name);
      return;
    }
    const waiting = [...room.waiting];
    room.waiting.clear();
    room.sentAt = Date.now();
    room.timer = setTimeout(() => this.#flush(name), this.#intervalMs);
    this.#tell(name, waiting).catch((error) => {
      if (!this.#closed) this.#failed(error);
    });
  }

  async #tell(room: string, waiting: [string, Value][]): Promise<void> {
    if (!(await this.#isWatched(room))) return;
    const values = await Promise.all(
      waiting.map(async ([event, value]) => [event, typeof value === 'function' ? await value() : value] as const),
    );
    this.#send({ room, at: Date.now(), values: Object.fromEntries(values) });
  }
}
