import { CommandError } from '../errors.ts';
import { type Catalog, type Collection, createIndexEntry, type Index } from './catalog.ts';
import { insertDocument, prepareInsert, type Target } from './documents.ts';
import type { KeyValue } from './store.ts';

/**
 * A collection that is filled to take the place of another of its name. Until then nobody finds it, and a restart finds nothing
 * of it. All methods run within a group.
 */
export class Replacement {
  private readonly store: KeyValue;
  private readonly catalog: Catalog;
  private readonly fresh: Collection;
  private readonly old: Collection | undefined;
  private readonly oldIndexes: readonly Index[];

  /** @param fresh an empty collection that the catalog does not know; it gets the indexes and options of the one it replaces */
  constructor(store: KeyValue, catalog: Catalog, fresh: Collection) {
    this.store = store;
    this.catalog = catalog;
    this.fresh = fresh;
    this.old = catalog.get(fresh.database, fresh.name);
    this.oldIndexes = [...(this.old?.indexes ?? [])];
    fresh.ident = catalog.allocateForBuild(store);
    if (this.old === undefined) return;
    fresh.options = this.old.options;
    fresh.indexes = this.old.indexes.map(({ spec }) => createIndexEntry(spec, catalog.allocateForBuild(store)));
  }

  /** Adds a document. @throws CommandError 11000 when it contradicts a unique index */
  insert(target: Target, row: Buffer): void {
    const { id, raw, document } = prepareInsert(row);
    insertDocument(target, this.fresh, id, raw, document);
  }

  /**
   * Takes the place of the other collection, in the running group.
   * @throws CommandError 2 when that, or an index of it, is gone or new
   */
  finish(group: number): void {
    const { catalog, store, fresh, old } = this;
    fresh.since = group;
    const present = catalog.get(fresh.database, fresh.name);
    if (present !== old || (present !== undefined && !this.hasOldIndexes(present)))
      throw new CommandError(
        2,
        'BadValue',
        `collection options or indexes of target collection ${fresh.namespace} changed while processing $out`,
      );
    catalog.endBuild(store, this.idents, true);
    if (present !== undefined) catalog.drop(store, present);
    catalog.add(store, fresh);
  }

  /** Leaves what was written to be removed. */
  abort(): void {
    this.catalog.endBuild(this.store, this.idents, false);
  }

  private hasOldIndexes({ indexes, builds }: Collection): boolean {
    const isSame = indexes.every((index, at) => index === this.oldIndexes[at]);
    return isSame && indexes.length === this.oldIndexes.length && builds.length === 0;
  }

  private get idents(): Buffer[] {
    return [this.fresh.ident, ...this.fresh.indexes.map((index) => index.ident)];
  }
}
