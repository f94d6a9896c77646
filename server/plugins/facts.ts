import type { Model } from 'mongoose';
import { trusted } from 'mongoose';
import type { Logger } from 'pino';
import type { Facts } from './contract.ts';

interface OutboxEntry {
  _id: string;
  fact: string;
  value: unknown;
  done: string[];
  attempts: number;
  nextAt: Date;
  lastError?: string | null;
}

type Handler = (value: never) => void | Promise<void>;

/** A claim on an outbox entry lasts this long before another process may try, in milliseconds. */
const claimMs = 30_000;
const slowMs = 1_000;
/** Entries handled at the same time: where hundreds qualify at once, people's requests still get their turn. */
const atOnce = 4;
const longestDelayMs = 10 * 60_000;

/** Announces what has happened: at once to plain handlers, and from the outbox until done to durable ones. */
export class FactBus {
  readonly #log: Logger;
  readonly #outbox: Model<OutboxEntry>;
  readonly #handlers = new Map<string, { plugin: string; handler: Handler }[]>();
  readonly #durable = new Map<string, { plugin: string; handler: Handler }[]>();
  readonly #running = new Set<Promise<void>>();
  #waiting: string[] = [];
  #lanes = 0;
  #closed = false;

  constructor(deps: { log: Logger; outbox: Model<OutboxEntry> }) {
    this.#log = deps.log;
    this.#outbox = deps.outbox;
  }

  on<K extends keyof Facts>(plugin: string, fact: K, handler: (value: Facts[K]) => void | Promise<void>): void {
    push(this.#handlers, fact, { plugin, handler: handler as Handler });
  }

  onDurable<K extends keyof Facts>(plugin: string, fact: K, handler: (value: Facts[K]) => Promise<void>): void {
    push(this.#durable, fact, { plugin, handler: handler as Handler });
  }

  /** Tells every plain handler; a failing or slow one is logged and keeps nobody waiting. */
  emit<K extends keyof Facts>(fact: K, value: Facts[K]): void {
    for (const { plugin, handler } of this.#handlers.get(fact) ?? []) {
      this.#track(
        async () => {
          const start = performance.now();
          await handler(value as never);
          const took = performance.now() - start;
          if (took > slowMs) this.#log.warn({ fact, plugin, took: Math.round(took) }, 'slow fact handler');
        },
        { fact, plugin },
      );
    }
  }

  /** Tries an outbox entry soon, unless another process holds it. */
  deliver(id: string): void {
    if (this.#closed) return;
    this.#waiting.push(id);
    if (this.#lanes >= atOnce) return;
    this.#lanes += 1;
    this.#track(() => this.#lane(), {});
  }

  /** Tries what an earlier process left, in the background. */
  resume(): void {
    this.#track(() => this.sweep(), {});
  }

  /** Tries every entry that is due; resolves when they have been tried. */
  async sweep(): Promise<void> {
    const due = await this.#outbox
      .find({ nextAt: trusted({ $lte: new Date() }) })
      .sort({ nextAt: 1, _id: 1 })
      .limit(200)
      .lean();
    for (const entry of due) if (!this.#closed) await this.#deliver({ _id: entry._id });
  }

  /** How many entries are not done yet, on all server processes. */
  /** Whether an entry waits whose next attempt should have been this many milliseconds ago. */
  async isLate(ms: number): Promise<boolean> {
    return (await this.#outbox.exists({ nextAt: trusted({ $lt: new Date(Date.now() - ms) }) })) !== null;
  }

  waiting(): Promise<number> {
    return this.#outbox.countDocuments();
  }

  /** Resolves when no handler is running any more. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Lets handlers end that are running; what waits stays in the outbox for the next start. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting = [];
    await this.settled();
  }

  async #lane(): Promise<void> {
    for (let id = this.#waiting.shift(); id !== undefined; id = this.#waiting.shift()) {
      await this.#deliver({ _id: id }).catch((error) => this.#log.error({ err: error, outbox: id }, 'delivery failed'));
    }
    this.#lanes -= 1;
  }

  async #deliver(filter: { _id: string }): Promise<void> {
    const now = new Date();
    const entry = await this.#outbox
      .findOneAndUpdate(
        { ...filter, nextAt: trusted({ $lte: now }) },
        { $set: { nextAt: new Date(now.getTime() + claimMs) }, $inc: { attempts: 1 } },
        { returnDocument: 'after' },
      )
      .lean();
    if (!entry) return;
    const handlers = (this.#durable.get(entry.fact) ?? []).filter(({ plugin }) => !entry.done.includes(plugin));
    let failure: unknown;
    for (const { plugin, handler } of handlers) {
      try {
        await handler(entry.value as never);
        await this.#outbox.updateOne({ _id: entry._id }, { $addToSet: { done: plugin } });
      } catch (error) {
        failure = error;
        this.#log.warn({ err: error, fact: entry.fact, plugin }, 'durable fact not handled yet');
      }
    }
    if (failure === undefined) {
      await this.#outbox.deleteOne({ _id: entry._id });
      return;
    }
    const delay = Math.min(1_000 * 2 ** entry.attempts, longestDelayMs);
    const lastError = failure instanceof Error ? failure.message : String(failure);
    await this.#outbox.updateOne({ _id: entry._id }, { $set: { nextAt: new Date(now.getTime() + delay), lastError } });
  }

  #track(work: () => Promise<void>, about: object): void {
    const running = work()
      .catch((error) => this.#log.error({ err: error, ...about }, 'fact handler failed'))
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }
}

function push<T>(map: Map<string, T[]>, key: string, item: T): void {
  const list = map.get(key);
  if (list) list.push(item);
  else map.set(key, [item]);
}
