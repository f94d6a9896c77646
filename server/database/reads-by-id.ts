import { setTimeout as delay } from 'node:timers/promises';
import type { mongo } from 'mongoose';

interface Waiting<T> {
  resolve(found: T | undefined): void;
  reject(error: unknown): void;
}

/** Documents in one query at most. */
const MOST = 500;
/** From the beginning of one query to that of the next one at least, in milliseconds. */
const APART_MS = 10;

/**
 * Reads documents by id, and those that are asked for at the same time in one query: what is asked while one is under way
 * waits for the next, which leaves a little later where the answer was quick. So one question is answered at once, and ten
 * thousand people who come back together cost a few hundred queries: a query costs as much as reading fifty documents. A
 * document is as it was after it was asked for; several askers share it: read it, do not change it.
 */
export class ReadsById<T extends { _id: string }> {
  readonly #read: (ids: string[]) => Promise<T[]>;
  readonly #waiting = new Map<string, Waiting<T>[]>();
  #running = false;

  /** @param read those of the ids that there are */
  constructor(read: (ids: string[]) => Promise<T[]>) {
    this.#read = read;
  }

  get(id: string): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      const others = this.#waiting.get(id);
      if (others) others.push({ resolve, reject });
      else this.#waiting.set(id, [{ resolve, reject }]);
      if (this.#running) return;
      this.#running = true;
      // After everything else that this turn of the event loop asks for.
      setImmediate(() => this.#run());
    });
  }

  async #run(): Promise<void> {
    while (this.#waiting.size > 0) {
      const next = performance.now() + APART_MS;
      const asked = [...this.#waiting].slice(0, MOST);
      for (const [id] of asked) this.#waiting.delete(id);
      try {
        const found = new Map((await this.#read(asked.map(([id]) => id))).map((document) => [document._id, document]));
        for (const [id, askers] of asked) for (const { resolve } of askers) resolve(found.get(id));
      } catch (error) {
        for (const [, askers] of asked) for (const { reject } of askers) reject(error);
      }
      if (this.#waiting.size > 0) await delay(Math.max(0, next - performance.now()));
    }
    this.#running = false;
  }
}

/** The projection that leaves a document these fields and its id. */
export const projectionOf = (fields: readonly string[]): Record<string, 1> =>
  Object.fromEntries(['_id', ...fields].map((name) => [name, 1]));

/** Counts the documents of a filter whose field is a value or, where it is a list, has it; those asked for at the same time in one query. */
export function countsBy(
  collection: Pick<mongo.Collection, 'aggregate'>,
  field: string,
  filter: object,
): (value: string) => Promise<number> {
  const counts = new ReadsById<{ _id: string; count: number }>((values) => {
    const asked = { [field]: { $in: values } };
    const stages = [
      { $match: { ...filter, ...asked } },
      { $unwind: `$${field}` },
      { $match: asked },
      { $group: { _id: `$${field}`, count: { $sum: 1 } } },
    ];
    return collection.aggregate<{ _id: string; count: number }>(stages, { batchSize: values.length + 1 }).toArray();
  });
  return async (value) => (await counts.get(value))?.count ?? 0;
}

/** Reads of a collection's documents, of `fields` alone where they are named. */
export function readsFrom<T extends { _id: string }>(
  collection: Pick<mongo.Collection, 'find'>,
  fields?: readonly (keyof T & string)[],
): ReadsById<T> {
  const projection = fields && projectionOf(fields);
  return new ReadsById<T>((ids) => {
    // One more than there can be: the database closes the cursor with its first answer.
    const options = { batchSize: ids.length + 1, ...(projection && { projection }) };
    return collection.find<T>({ _id: { $in: ids as never[] } }, options).toArray();
  });
}
