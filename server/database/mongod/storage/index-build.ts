import { failure } from '../errors.ts';
import { decodeFields } from '../values/decode.ts';
import { successor } from '../values/keys.ts';
import type { Build, Catalog, Collection, Index } from './catalog.ts';
import { indexDocument, type Target } from './documents.ts';
import type { KeyValue, Store } from './store.ts';

/** How long a build keeps others waiting at a time, in milliseconds. */
const SLICE = 10;
const CHUNK = 256;

/**
 * Builds indexes of a collection while it is read and written. From its begin on every write maintains the indexes; the
 * documents that were there before are added a slice at a time; nobody reads the indexes, and a restart finds nothing of them,
 * before the end. All methods run within a group.
 */
export class IndexBuild implements Build {
  readonly indexes: readonly Index[];
  readonly ended: Promise<void>;
  private end: () => void = () => {};
  private readonly collection: Collection;
  private readonly roots: ReadonlySet<string>;
  /** The key from which on documents are still to be added. */
  private next: Buffer;

  constructor(collection: Collection, indexes: readonly Index[]) {
    this.collection = collection;
    this.indexes = indexes;
    this.roots = new Set(indexes.flatMap((index) => [...index.roots]));
    this.next = collection.ident;
    this.ended = new Promise((resolve) => {
      this.end = resolve;
    });
    collection.builds.push(this);
  }

  /**
   * Adds documents for a while; says whether none are left.
   * @throws CommandError 11000 when two documents have the same entry of a unique index; 276 when the collection is gone
   */
  fill(target: Target): boolean {
    const { collection } = this;
    this.checkCollection(target.catalog);
    const until = performance.now() + SLICE;
    const high = successor(collection.ident);
    for (;;) {
      const entries = target.view.entries({ low: this.next, high }, CHUNK, false);
      for (const { key, value: raw } of entries) {
        const document = decodeFields(raw, this.roots);
        for (const index of this.indexes) indexDocument(target, collection, index, key, document);
        this.next = Buffer.concat([key, Buffer.of(0)]);
        if (performance.now() > until) return false;
      }
      if (entries.length < CHUNK) return true;
    }
  }

  /** Makes the indexes ones of the collection, for who reads the state of this group or a later one. */
  finish(store: Store, catalog: Catalog): void {
    this.checkCollection(catalog);
    this.leave();
    for (const index of this.indexes) index.since = store.currentGroup;
    this.collection.indexes.push(...this.indexes);
    catalog.endBuild(store, this.idents, true);
    catalog.save(store, this.collection);
  }

  /** Leaves what was written to be removed. */
  abort(store: KeyValue, catalog: Catalog): void {
    this.leave();
    catalog.endBuild(store, this.idents, false);
  }

  private checkCollection(catalog: Catalog): void {
    const { database, name, namespace } = this.collection;
    if (catalog.get(database, name) === this.collection) return;
    throw failure(276, `the collection ${namespace} was dropped`);
  }

  private get idents(): Buffer[] {
    return this.indexes.map((index) => index.ident);
  }

  private leave(): void {
    this.collection.builds = this.collection.builds.filter((each) => each !== this);
    this.end();
  }
}
