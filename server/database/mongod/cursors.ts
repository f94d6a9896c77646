import { randomBytes } from 'node:crypto';
import { Long } from 'bson';
import { CommandError } from './errors.ts';

/** Idle cursors are closed after this many milliseconds. */
const IDLE = 10 * 60_000;
/** Documents of a first batch when the client names no size. */
const FIRST_BATCH = 101;
/** Bytes of documents in one batch. */
const MAX_BATCH_BYTES = 16 * 1024 * 1024;

export interface Cursor {
  id: bigint;
  namespace: string;
  results: Iterator<Buffer>;
  pushedBack: Buffer | undefined;
  lastUse: number;
  noTimeout: boolean;
  /** The session and transaction that opened the cursor. */
  owner: string;
}

export interface Batch {
  documents: Buffer[];
  /** Zero when the cursor is exhausted. */
  id: Long;
}

/** Results that clients fetch batch by batch. */
export class Cursors {
  private readonly cursors = new Map<bigint, Cursor>();

  /** The first batch of results; what is left waits under the batch's id. */
  open(
    namespace: string,
    results: Iterator<Buffer>,
    batchSize: number | undefined,
    settings: { singleBatch?: boolean; noTimeout?: boolean; owner?: string } = {},
  ): Batch {
    const cursor: Cursor = {
      id: 0n,
      namespace,
      results,
      pushedBack: undefined,
      lastUse: Date.now(),
      noTimeout: settings.noTimeout === true,
      owner: settings.owner ?? '',
    };
    const { documents, done } = take(cursor, batchSize ?? FIRST_BATCH);
    if (done || settings.singleBatch) {
      results.return?.();
      return { documents, id: Long.ZERO };
    }
    cursor.id = (randomBytes(8).readBigInt64LE() & 0x7fffffffffffffffn) | 1n;
    this.cursors.set(cursor.id, cursor);
    return { documents, id: Long.fromBigInt(cursor.id) };
  }

  more(id: Long, namespace: string, batchSize: number | undefined, owner: string): Batch {
    const cursor = this.cursors.get(id.toBigInt());
    if (cursor === undefined) throw new CommandError(43, 'CursorNotFound', `cursor id ${id} not found`);
    if (cursor.namespace !== namespace) {
      throw new CommandError(
        13,
        'Unauthorized',
        `Requested getMore on namespace '${namespace}', but cursor belongs to a different namespace ${cursor.namespace}`,
      );
    }
    if (cursor.owner !== owner) {
      throw new CommandError(
        50738,
        'Location50738',
        `Cannot run getMore on cursor ${id}, which was created in another session or transaction`,
      );
    }
    cursor.lastUse = Date.now();
    const { documents, done } = take(cursor, batchSize ?? Number.MAX_SAFE_INTEGER);
    if (done) this.cursors.delete(cursor.id);
    return { documents, id: done ? Long.ZERO : id };
  }

  /** Closes cursors; says which of them existed. */
  kill(ids: readonly Long[]): { killed: Long[]; missing: Long[] } {
    const killed: Long[] = [];
    const missing: Long[] = [];
    for (const id of ids) {
      const cursor = this.cursors.get(id.toBigInt());
      cursor?.results.return?.();
      (this.cursors.delete(id.toBigInt()) ? killed : missing).push(id);
    }
    return { killed, missing };
  }

  expire(now = Date.now()): void {
    for (const cursor of this.cursors.values()) {
      if (!cursor.noTimeout && now - cursor.lastUse > IDLE) this.kill([Long.fromBigInt(cursor.id)]);
    }
  }

  get size(): number {
    return this.cursors.size;
  }
}

function take(cursor: Cursor, limit: number): { documents: Buffer[]; done: boolean } {
  const documents: Buffer[] = [];
  let bytes = 0;
  for (;;) {
    if (documents.length >= limit) return { documents, done: false };
    let document = cursor.pushedBack;
    cursor.pushedBack = undefined;
    if (document === undefined) {
      const next = cursor.results.next();
      if (next.done) return { documents, done: true };
      document = next.value;
    }
    if (documents.length > 0 && bytes + document.length > MAX_BATCH_BYTES) {
      cursor.pushedBack = document;
      return { documents, done: false };
    }
    documents.push(document);
    bytes += document.length;
  }
}
