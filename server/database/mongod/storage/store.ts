import type { EventEmitter } from 'node:events';
import type { Database, RootDatabase, Transaction } from 'lmdb';
import { CommandError, failure } from '../errors.ts';
import { openDataFile } from './data-file.ts';
import { DiskSpace } from './disk-space.ts';

export interface Entry {
  key: Buffer;
  value: Buffer;
}

/** A half-open range of keys, `low` ≤ key < `high`. */
export interface Range {
  low: Buffer;
  high: Buffer;
}

/** The number of keys that were counted in a range. */
export interface Counted {
  keys: number;
  /** The key after them; undefined where there is none. */
  next: Buffer | undefined;
}

/** Reading and writing keys: the database itself, or what one transaction sees of it. */
export interface KeyValue {
  /** The group whose state a snapshot shows; undefined for the latest state. */
  readonly snapshotGroup?: number;
  /** Another number whenever what is read here may have changed. */
  readonly version: number;
  get(key: Buffer): Buffer | undefined;
  put(key: Buffer, value: Buffer): void;
  remove(key: Buffer): void;
  /** Up to `limit` entries of the range in key order, or from its end when `reverse`. */
  entries(range: Range, limit: number, reverse: boolean): Entry[];
  /** Counts the keys of the range, up to `most`, from its end when `reverse`. */
  count(range: Range, most?: number, reverse?: boolean): Counted;
}

type Job = () => void;

/** One write that waits for its group commit. */
interface Pending {
  job: Job;
  resolve(): void;
  reject(error: unknown): void;
}

const MAX_GROUP_MILLISECONDS = 20;

/** Keys that are listed when they are counted: for these it takes one call. */
const LISTED = 8;

/** Reads the latest state of lmdb's database, or that of one of its read transactions. */
abstract class Reader {
  protected readonly data: Database<Buffer, Buffer>;

  constructor(data: Database<Buffer, Buffer>) {
    this.data = data;
  }

  /** What lmdb is asked with, beside a range. */
  protected abstract get options(): { transaction?: Transaction };

  private boundsOf({ low, high }: Range, reverse: boolean) {
    return reverse
      ? { start: high, end: low, reverse, exclusiveStart: true, inclusiveEnd: true, ...this.options }
      : { start: low, end: high, ...this.options };
  }

  entries(range: Range, limit: number, reverse: boolean): Entry[] {
    const entries: Entry[] = [];
    for (const entry of this.data.getRange({ ...this.boundsOf(range, reverse), limit })) entries.push(entry as Entry);
    return entries;
  }

  /**
   * Counts in strides. lmdb passes over as many keys as it is told before it looks for the end of the range, so a stride is at
   * most three times as long as what has been counted.
   */
  count(range: Range, most = Number.POSITIVE_INFINITY, reverse = false): Counted {
    const { data } = this;
    const bounds = this.boundsOf(range, reverse);
    if (most === Number.POSITIVE_INFINITY) return { keys: data.getKeysCount(bounds), next: undefined };
    const listed = Math.min(LISTED, most);
    const first = [...data.getKeys({ ...bounds, limit: listed + 1 })];
    let next = first[listed];
    if (next === undefined) return { keys: first.length, next };
    let keys = listed;
    while (keys < most) {
      const stride = Math.min(3 * keys, most - keys);
      const rest = { ...bounds, start: next, exclusiveStart: false };
      [next] = data.getKeys({ ...rest, limit: 1, offset: stride });
      if (next === undefined) return { keys: keys + data.getKeysCount(rest), next };
      keys += stride;
    }
    return { keys, next };
  }
}

const LATEST = {};

/**
 * One LMDB environment. Writes are jobs: all that wait run in one LMDB transaction, whose commit and fsync happen on
 * lmdb's own thread while the next ones gather, so that concurrent writers share a sync. Readers see a group only when it is
 * on disk.
 */
export class Store extends Reader implements KeyValue {
  protected readonly options = LATEST;
  private readonly root: RootDatabase<Buffer, Buffer>;
  private waiting: Pending[] = [];
  private running = false;
  private closing = false;
  private readonly space: DiskSpace;
  /** The commit of the group that was begun last. */
  private commit: Promise<unknown> = Promise.resolve();
  private group = 0;
  private committed = 0;
  /** How often readers have gone over to another state while a group was running. */
  private renewals = 0;
  private readonly onGroupEnd: () => void;
  private readonly onCommit: () => void;

  /**
   * @param onGroupEnd runs inside the transaction after the last job of a group
   * @param onCommit runs when a group is on disk and readers see it
   */
  constructor(path: string, hooks: { onGroupEnd: () => void; onCommit: () => void }) {
    const { root, data } = openDataFile(path);
    super(data);
    this.root = root;
    this.space = new DiskSpace(path);
    // lmdb reads one state until it begins another read; a group that is running may be in that one already.
    (data as unknown as EventEmitter).addListener('begin-transaction', () => {
      if (this.running) this.renewals++;
    });
    this.onGroupEnd = hooks.onGroupEnd;
    this.onCommit = hooks.onCommit;
  }

  get(key: Buffer): Buffer | undefined {
    return this.data.getBinary(key);
  }

  put(key: Buffer, value: Buffer): void {
    this.data.putSync(key, value);
  }

  remove(key: Buffer): void {
    this.data.removeSync(key);
  }

  /** Whether a key of the range has so many bytes or more. */
  hasLongKey(range: Range, bytes: number): boolean {
    for (const key of this.data.getKeys({ start: range.low, end: range.high })) if (key.length >= bytes) return true;
    return false;
  }

  /** What a transaction reads: the state now, kept until `release` is called. */
  snapshot(): Snapshot {
    this.root.resetReadTxn();
    return new Snapshot(this.data, this.data.useReadTransaction(), this.committed);
  }

  /** The number of the group that is running, or of the last one. */
  get currentGroup(): number {
    return this.group;
  }

  get version(): number {
    return this.committed + this.renewals;
  }

  get committedGroup(): number {
    return this.committed;
  }

  /** Resolves when the group that is running, if any, is on disk. */
  async settled(): Promise<void> {
    await this.commit;
  }

  /**
   * Runs a job in the next group; resolves when it is on disk. A job that throws takes nothing back: it must check first
   * and write afterwards. A CommandError is reported after the group's sync too, as others' writes may be its reason.
   */
  write(job: Job): Promise<void> {
    if (this.closing) return Promise.reject(new Error('the store is closed'));
    return new Promise((resolve, reject) => {
      this.waiting.push({ job, resolve, reject });
      if (!this.running) this.start();
    });
  }

  private start(): void {
    const refusal = this.refusal();
    if (refusal !== undefined) {
      this.running = false;
      for (const pending of this.waiting.splice(0)) pending.reject(refusal);
      return;
    }
    this.running = true;
    const done: (() => void)[] = [];
    this.commit = this.root
      .transaction(() => this.runGroup(done))
      .then(
        () => {
          this.root.resetReadTxn();
          this.committed = this.group;
          this.onCommit();
          for (const report of done) report();
          if (this.waiting.length > 0) this.start();
          else this.running = false;
        },
        (error) => fatal(error),
      );
  }

  /** Why nothing may be written now, if so. */
  private refusal(): CommandError | undefined {
    try {
      return this.space.hasReserve() ? undefined : outOfSpace('the disk is almost full');
    } catch (error) {
      return outOfSpace(`the free space of the disk cannot be read (${String(error)})`);
    }
  }

  /** @param done takes what is to be reported to the callers after the commit */
  private runGroup(done: (() => void)[]): void {
    this.group++;
    const started = performance.now();
    while (this.waiting.length > 0) {
      const jobs = this.waiting;
      this.waiting = [];
      for (let i = 0; i < jobs.length; i++) {
        const pending = jobs[i] as Pending;
        try {
          pending.job();
          done.push(pending.resolve);
        } catch (error) {
          if (error instanceof CommandError) done.push(() => pending.reject(error));
          else pending.reject(error);
        }
        if (performance.now() - started > MAX_GROUP_MILLISECONDS) {
          this.waiting = [...jobs.slice(i + 1), ...this.waiting];
          this.onGroupEnd();
          return;
        }
      }
    }
    this.onGroupEnd();
  }

  /** Writes a consistent copy without free space. */
  async copyTo(file: string): Promise<void> {
    await this.root.backup(file, true);
  }

  /** Waits for what is being written, then closes the files. */
  async close(): Promise<void> {
    while (this.running) await this.write(() => undefined).catch(() => undefined);
    this.closing = true;
    await this.root.close();
  }
}

const outOfSpace = (why: string) => failure(14031, `${why}: nothing is written until there is room again`);

/** A disk that fails leaves nothing that could be acknowledged: stop before anything else is answered. */
function fatal(error: unknown): never {
  process.stderr.write(`fatal: the storage failed (disk full or defective?), stopping: ${String(error)}\n`);
  process.exit(14);
}

/** The database as it was when a transaction began. */
export class Snapshot extends Reader {
  readonly group: number;
  private readonly transaction: Transaction;
  private released = false;

  constructor(data: Database<Buffer, Buffer>, transaction: Transaction, group: number) {
    super(data);
    this.transaction = transaction;
    this.group = group;
  }

  /** @throws CommandError 239 after the end: reading on would show whatever lmdb has put into the old pages since */
  protected get options(): { transaction: Transaction } {
    if (this.released) throw failure(239, 'the transaction or snapshot has ended');
    return { transaction: this.transaction };
  }

  get(key: Buffer): Buffer | undefined {
    // lmdb's types leave out the second argument that its code takes.
    const data = this.data as unknown as { getBinary(key: Buffer, options: object): Buffer | undefined };
    return data.getBinary(key, this.options);
  }

  release(): void {
    if (this.released) return;
    this.released = true;
    this.transaction.done();
  }
}
