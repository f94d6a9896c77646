import { failure, writeConflict } from '../errors.ts';
import { beforeDeadline, checkTime } from '../pauses.ts';
import type { Catalog, Collection } from './catalog.ts';
import type { Target } from './documents.ts';
import { Overlay } from './overlay.ts';
import type { Store } from './store.ts';

/** Longest life of a transaction in milliseconds; then it is aborted, as it holds old pages and locks. */
const LIFETIME = 60_000;

/** A multi-document transaction: reads a snapshot, keeps its writes to itself, holds what it wrote. */
export class Transaction {
  /** The connection that its last statement came over. */
  connection = 0;
  readonly view: Overlay;
  readonly group: number;
  readonly started = Date.now();
  readonly claimed = new Set<string>();
  /** Collections that exist for this transaction only, until it commits. */
  readonly created = new Map<string, Collection>();
  readonly counts = new Map<Collection, { documents: number; bytes: number }>();
  /** Resolves when the transaction has ended and its locks are free. */
  readonly ended: Promise<void>;
  readonly finish: () => void;
  state: 'open' | 'committing' | 'ended' = 'open';

  constructor(view: Overlay, group: number) {
    this.view = view;
    this.group = group;
    let finish = () => {};
    this.ended = new Promise((resolve) => {
      finish = resolve;
    });
    this.finish = finish;
  }
}

/** Thrown where a single write meets a key that an open transaction holds: it waits and tries again. */
class Locked extends Error {
  readonly holder: Transaction;

  constructor(holder: Transaction) {
    super('held by a transaction');
    this.holder = holder;
  }
}

/** Conflict detection between transactions, and the way into the store's groups. */
export class Transactions {
  private readonly store: Store;
  private readonly catalog: Catalog;
  private readonly locks = new Map<string, Transaction>();
  private readonly lastWrites = new Map<string, number>();
  private readonly open = new Set<Transaction>();
  private readonly live: Target;

  constructor(store: Store, catalog: Catalog) {
    this.store = store;
    this.catalog = catalog;
    this.live = {
      view: store,
      catalog,
      claim: (key) => {
        const holder = this.locks.get(key);
        if (holder !== undefined) throw new Locked(holder);
        this.lastWrites.set(key, store.currentGroup);
      },
      count: (collection, documents, bytes) => this.addCount(collection, documents, bytes),
    };
  }

  private addCount(collection: Collection, documents: number, bytes: number): void {
    collection.count += documents;
    collection.size += bytes;
    this.catalog.touch(collection);
  }

  /** To be called when a group is visible: what was written before no longer matters if nobody reads older state. */
  clearLastWrites(): void {
    if (this.open.size === 0) this.lastWrites.clear();
  }

  begin(): Transaction {
    const snapshot = this.store.snapshot();
    const transaction = new Transaction(new Overlay(snapshot), snapshot.group);
    this.open.add(transaction);
    return transaction;
  }

  /** Where a transaction's own writes go. @throws CommandError 251 when it has ended, or is being committed */
  target(transaction: Transaction): Target {
    if (transaction.state !== 'open') throw noSuchTransaction();
    return {
      view: transaction.view,
      catalog: this.catalog,
      claim: (key) => this.claim(transaction, key),
      count: (collection, documents, bytes) => {
        const sum = transaction.counts.get(collection) ?? { documents: 0, bytes: 0 };
        transaction.counts.set(collection, { documents: sum.documents + documents, bytes: sum.bytes + bytes });
      },
    };
  }

  private claim(transaction: Transaction, key: string): void {
    if (transaction.claimed.has(key)) return;
    if (this.locks.has(key) || (this.lastWrites.get(key) ?? 0) > transaction.group) throw writeConflict();
    this.locks.set(key, transaction);
    transaction.claimed.add(key);
  }

  /**
   * Runs a write in the next group. It may be called again from the start when it meets a key that a transaction holds,
   * so it must continue where it stopped; a document's keys are claimed before it is written.
   * @param deadline when it has to have begun, on the clock of `performance`
   */
  async write(job: (target: Target) => void, deadline?: number): Promise<void> {
    for (;;) {
      try {
        await this.store.write(() => {
          checkTime(deadline);
          job(this.live);
        });
        return;
      } catch (error) {
        if (!(error instanceof Locked)) throw error;
        await beforeDeadline(error.holder.ended, deadline);
      }
    }
  }

  /**
   * Makes an open transaction's writes durable and visible, all at once; `also` runs in the same group.
   * @throws CommandError 112 when a collection that it wrote to has been dropped, or one that it made exists by now
   */
  async commit(transaction: Transaction, also: (target: Target) => void): Promise<void> {
    transaction.state = 'committing';
    try {
      await this.store.write(() => {
        for (const collection of transaction.created.values()) {
          if (this.catalog.get(collection.database, collection.name) !== undefined) throw writeConflict();
        }
        for (const collection of transaction.counts.keys()) if (collection.dropped) throw writeConflict();
        for (const collection of transaction.created.values()) {
          collection.since = this.store.currentGroup;
          this.catalog.add(this.store, collection);
        }
        transaction.view.apply(this.store);
        for (const key of transaction.claimed) this.lastWrites.set(key, this.store.currentGroup);
        for (const [collection, sum] of transaction.counts) this.addCount(collection, sum.documents, sum.bytes);
        also(this.live);
        this.end(transaction);
      });
    } finally {
      this.end(transaction);
    }
  }

  abort(transaction: Transaction): void {
    if (transaction.state === 'open') this.end(transaction);
  }

  private end(transaction: Transaction): void {
    if (transaction.state === 'ended') return;
    transaction.state = 'ended';
    for (const key of transaction.claimed) this.locks.delete(key);
    this.open.delete(transaction);
    transaction.view.release();
    transaction.finish();
  }

  /** What ends with the open transactions that have written keys which begin like this. */
  endOfWriters(prefix: Buffer): Promise<unknown> | undefined {
    const text = prefix.latin1Slice(0, prefix.length);
    const writers = [...this.open].filter(({ claimed }) => [...claimed].some((key) => key.startsWith(text)));
    return writers.length === 0 ? undefined : Promise.all(writers.map(({ ended }) => ended));
  }

  /** Whether some transaction has read the state of this moment or an older one. */
  get isBusy(): boolean {
    return this.open.size > 0;
  }

  /**
   * Aborts what the last statement over a connection left open, once that is closed and no other has gone on with it: the
   * client is gone. Otherwise everybody would wait for a killed process's locks until its transactions are too old.
   */
  abortOf(connection: number): void {
    for (const transaction of this.open) if (transaction.connection === connection) this.abort(transaction);
  }

  /** Aborts transactions that live too long. */
  expire(now = Date.now()): void {
    for (const transaction of this.open) if (now - transaction.started > LIFETIME) this.abort(transaction);
  }
}

export const noSuchTransaction = (txnNumber?: number) =>
  failure(
    251,
    `Given transaction number ${txnNumber ?? ''} does not match any in-progress transactions. The active transaction number is -1`,
    {},
    ['TransientTransactionError'],
  );
