import { randomUUID } from 'node:crypto';
import { Clock } from './clock.ts';
import { Cursors } from './cursors.ts';
import { CommandError, failure, namespaceNotFound } from './errors.ts';
import { Scheduler } from './pauses.ts';
import { Snapshots } from './snapshots.ts';
import { Catalog, type Collection } from './storage/catalog.ts';
import { Sessions } from './storage/sessions.ts';
import { Store } from './storage/store.ts';
import { type Transaction, Transactions } from './storage/transactions.ts';
import { Patches } from './update/patch.ts';
import type { Doc } from './values/codec.ts';

const REAP_CHUNK = 2000;
/** After so many milliseconds what could not be written is tried again. */
const REAP_AGAIN = 1000;

/** The database behind the wire: storage, catalog, transactions, sessions and cursors of one data folder. */
export class Engine {
  readonly store: Store;
  readonly catalog = new Catalog();
  readonly transactions: Transactions;
  readonly sessions: Sessions;
  readonly scheduler = new Scheduler();
  readonly cursors = new Cursors(this.scheduler);
  readonly clock = new Clock();
  readonly patches = new Patches();
  readonly snapshots = new Snapshots();
  private reaping = false;
  private catalogVersion = 0;
  /** The group that changed the catalog last. */
  private catalogGroup = 0;

  constructor(path: string) {
    this.store = new Store(path, {
      onGroupEnd: () => {
        this.catalog.saveDirty(this.store);
        if (this.catalog.version === this.catalogVersion) return;
        this.catalogVersion = this.catalog.version;
        this.catalogGroup = this.store.currentGroup;
      },
      onCommit: () => {
        this.clock.tick();
        this.catalog.settle();
        this.transactions.clearLastWrites();
      },
    });
    this.transactions = new Transactions(this.store, this.catalog);
    this.sessions = new Sessions(this.transactions);
    this.catalog.load(this.store);
    this.reap();
  }

  /** Resolves when the collections and indexes of the catalog are those on disk; undefined when they are. */
  get catalogChange(): Promise<void> | undefined {
    return this.catalogGroup > this.store.committedGroup ? this.store.settled() : undefined;
  }

  /**
   * The collection of this name, also one that the transaction itself has created.
   * @param group that of the snapshot which is read
   * @throws CommandError 246 when it is younger than that: another may have had its name, whose documents are gone
   */
  find(database: string, name: string, transaction?: Transaction, group = transaction?.group): Collection | undefined {
    const created = transaction?.created.get(`${database}.${name}`);
    if (created !== undefined) return created;
    const collection = this.catalog.get(database, name);
    if ((collection?.since ?? 0) > (group ?? Number.POSITIVE_INFINITY)) throw snapshotUnavailable();
    return collection;
  }

  /** The collection, or an error that names it. */
  existing(database: string, name: string): Collection {
    const collection = this.catalog.get(database, name);
    if (collection === undefined) throw namespaceNotFound(`ns does not exist: ${database}.${name}`);
    return collection;
  }

  /** Creates a collection within a group. */
  createCollection(database: string, name: string): Collection {
    const collection = this.newCollection(database, name, {});
    collection.since = this.store.currentGroup;
    this.catalog.add(this.store, collection);
    return collection;
  }

  /** A collection that the catalog does not know yet. Runs within a group. */
  newCollection(database: string, name: string, options: Doc, ident = this.catalog.allocate(this.store)): Collection {
    checkNamespace(database, name);
    return {
      database,
      name,
      namespace: `${database}.${name}`,
      uuid: Buffer.from(randomUUID().replaceAll('-', ''), 'hex'),
      options,
      ident,
      indexes: [],
      cut: false,
      builds: [],
      syncedCount: 0,
      count: 0,
      size: 0,
    };
  }

  /**
   * Checks that a collection may have this name; within a transaction it is created for it, if there is none: others see it when
   * that commits.
   */
  async prepareForWrite(database: string, name: string, transaction?: Transaction): Promise<void> {
    if (this.find(database, name, transaction) !== undefined) return;
    checkNamespace(database, name);
    if (transaction === undefined) return;
    await this.store.write(() => {
      transaction.created.set(`${database}.${name}`, this.newCollection(database, name, {}));
    });
  }

  /** Removes what dropped collections and indexes left behind, a little with every group. */
  reap(): void {
    if (this.reaping || !this.catalog.hasOrphans) return;
    this.reaping = true;
    void this.store
      .write(() => {
        if (!this.transactions.isBusy) this.catalog.reap(this.store, REAP_CHUNK);
      })
      .then(() => {
        this.reaping = false;
        setTimeout(() => this.reap(), this.transactions.isBusy ? 100 : 5).unref();
      })
      .catch((error) => {
        this.reaping = false;
        // The disk is full; another error means that the store is closed.
        if (error instanceof CommandError) setTimeout(() => this.reap(), REAP_AGAIN).unref();
      });
  }

  async close(): Promise<void> {
    await this.store.close();
  }
}

const snapshotUnavailable = () =>
  failure(246, 'Unable to read from a snapshot due to pending collection catalog changes; please retry the operation.');

/** @throws CommandError 73 for a name that no database or collection may have */
function checkNamespace(database: string, name: string): void {
  const invalid = (message: string) => failure(73, message);
  if (name === '' || name.includes('\0') || name.includes('$') || name.startsWith('.') || name.endsWith('.')) {
    throw invalid(`Invalid collection name: ${database}.${name}`);
  }
  if (database === '' || /[/\\. "$*<>:|?\0]/.test(database)) throw invalid(`Invalid database name: ${database}`);
  if (Buffer.byteLength(`${database}.${name}`) > 255)
    throw invalid(`Fully qualified namespace is too long: ${database}.${name}`);
}
