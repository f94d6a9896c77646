import { randomBytes } from 'node:crypto';
import { Long } from 'bson';
import { failure } from './errors.ts';
import { type Limits, Scheduler, Slices, type Step } from './pauses.ts';

/** Idle cursors are closed after this many milliseconds. */
const IDLE = 10 * 60_000;
/** Documents of a first batch when the client names no size. */
const FIRST_BATCH = 101;
/** Bytes of documents in one batch. */
const MAX_BATCH_BYTES = 16 * 1024 * 1024;

interface Cursor {
  id: Long;
  namespace: string;
  results: Iterator<Step<Buffer>>;
  /** A result that did not fit into the batch before. */
  pushedBack?: Buffer | undefined;
  lastUse: number;
  noTimeout: boolean;
  /** The session and transaction that opened the cursor. */
  owner: string;
  /** What ends its computations: as long as a batch is taken, its deadline is that of the batch. */
  limits: Limits;
  /** Whether a batch is being taken. */
  busy: boolean;
  /** Milliseconds that the batches to come may take together: what maxTimeMS of the first command has left. */
  time?: number;
}

export interface Batch {
  documents: Buffer[];
  /** Zero when the cursor is exhausted. */
  id: Long;
}

/** Results that clients fetch batch by batch. */
export class Cursors {
  private readonly cursors = new Map<string, Cursor>();
  private readonly scheduler: Scheduler;

  constructor(scheduler: Scheduler = new Scheduler()) {
    this.scheduler = scheduler;
  }

  /** The first batch of results; what is left waits under the batch's id, with what is left of the time. */
  async open(
    namespace: string,
    results: Iterator<Step<Buffer>>,
    batchSize: number | undefined,
    settings: { singleBatch?: boolean; noTimeout?: boolean; owner?: string; limits?: Limits } = {},
  ): Promise<Batch> {
    const { singleBatch = false, noTimeout = false, owner = '', limits = {} } = settings;
    const id = Long.fromBigInt((randomBytes(8).readBigInt64LE() & 0x7fffffffffffffffn) | 1n);
    const cursor: Cursor = { id, namespace, results, lastUse: 0, noTimeout, owner, limits, busy: false };
    const batch = await this.take(cursor, batchSize ?? FIRST_BATCH);
    if (batch.id.isZero()) return batch;
    if (!singleBatch) {
      this.cursors.set(String(id), cursor);
      return batch;
    }
    results.return?.();
    return { ...batch, id: Long.ZERO };
  }

  async more(
    id: Long,
    namespace: string,
    batchSize: number | undefined,
    owner: string,
    connection?: Limits['connection'],
  ): Promise<Batch> {
    const cursor = this.cursors.get(String(id));
    if (cursor === undefined) throw failure(43, `cursor id ${id} not found`);
    if (cursor.namespace !== namespace)
      throw failure(13, `cursor id ${id} belongs to a different namespace than ${namespace}`);
    if (cursor.owner !== owner) throw failure(50738, `cursor id ${id} belongs to another session or transaction`);
    if (cursor.busy) throw failure(12051, `cursor id ${id} is already in use`);
    cursor.limits.connection = connection;
    if (cursor.time !== undefined) cursor.limits.deadline = performance.now() + cursor.time;
    return this.take(cursor, batchSize ?? Number.MAX_SAFE_INTEGER);
  }

  /** Takes a batch; forgets a cursor that is exhausted, or has failed. */
  private async take(cursor: Cursor, most: number): Promise<Batch> {
    const { id, limits, results } = cursor;
    cursor.busy = true;
    try {
      const { documents, done } = await take(cursor, most, new Slices(this.scheduler, limits));
      if (done) this.cursors.delete(String(id));
      return { documents, id: done ? Long.ZERO : id };
    } catch (error) {
      this.cursors.delete(String(id));
      results.return?.();
      throw error;
    } finally {
      cursor.busy = false;
      cursor.lastUse = Date.now();
      if (limits.deadline !== undefined) cursor.time = Math.max(0, limits.deadline - performance.now());
      limits.deadline = undefined;
    }
  }

  /** Closes cursors, also those from which a batch is being taken; says which of them existed. */
  kill(ids: readonly Long[]): { killed: Long[]; missing: Long[] } {
    const killed: Long[] = [];
    const missing: Long[] = [];
    for (const id of ids) {
      const cursor = this.cursors.get(String(id));
      if (cursor?.busy) cursor.limits.killed = true;
      else cursor?.results.return?.();
      (this.cursors.delete(String(id)) ? killed : missing).push(id);
    }
    return { killed, missing };
  }

  expire(now = Date.now()): void {
    for (const { id, noTimeout, busy, lastUse } of this.cursors.values())
      if (!noTimeout && !busy && now - lastUse > IDLE) this.kill([id]);
  }

  get size(): number {
    return this.cursors.size;
  }
}

async function take(cursor: Cursor, limit: number, slices: Slices): Promise<{ documents: Buffer[]; done: boolean }> {
  const documents: Buffer[] = [];
  let bytes = 0;
  while (documents.length < limit) {
    let document = cursor.pushedBack;
    cursor.pushedBack = undefined;
    if (document === undefined) {
      const next = cursor.results.next();
      if (next.done) return { documents, done: true };
      document = next.value;
      if (document === undefined) {
        if (slices.isOver) await slices.pause();
        continue;
      }
    }
    if (documents.length > 0 && bytes + document.length > MAX_BATCH_BYTES) {
      cursor.pushedBack = document;
      return { documents, done: false };
    }
    documents.push(document);
    bytes += document.length;
  }
  return { documents, done: false };
}
