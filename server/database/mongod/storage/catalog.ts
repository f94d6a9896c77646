import { isTextKey, type TextSpec, textRows } from '../text/spec.ts';
import { type Doc, encode } from '../values/codec.ts';
import { collatorFor, foldFor } from '../values/collation.ts';
import type { Collator } from '../values/compare.ts';
import { decode } from '../values/decode.ts';
import { fieldNames } from '../values/order.ts';
import type { KeyValue } from './store.ts';

export interface IndexSpec {
  name: string;
  /** Field → 1, -1 or 'text', 'hashed'. */
  key: Record<string, unknown>;
  unique?: boolean;
  sparse?: boolean;
  partialFilterExpression?: Doc;
  expireAfterSeconds?: number;
  hidden?: boolean;
  collation?: Doc;
  [option: string]: unknown;
}

export interface Index {
  spec: IndexSpec;
  ident: Buffer;
  fields: string[];
  directions: number[];
  unique: boolean;
  /** Top-level fields whose change may change the entries; `$**` stands for all of them. */
  roots: Set<string>;
  /** The group in which it was built: an older state of the collection lacks its entries. */
  since?: number;
  /** Some document has more than one entry. */
  multikey: boolean;
  collator: Collator;
  /** Brings values that the index's collation holds for equal to one form. */
  fold: ((value: unknown) => unknown) | undefined;
  /** A text index: the rows of a document's terms. */
  terms: ((document: Doc) => unknown[][]) | undefined;
}

/** Indexes that writes maintain, and nobody reads yet. */
export interface Build {
  readonly indexes: readonly Index[];
  /** Resolves when the indexes are ready, or given up. */
  readonly ended: Promise<void>;
}

export interface Collection {
  database: string;
  name: string;
  namespace: string;
  uuid: Buffer;
  options: Doc;
  /** The collation that operations and indexes inherit. */
  collator: Collator;
  fold: ((value: unknown) => unknown) | undefined;
  /** Documents lie in the order of their insertion, not of their _id. */
  byRecord: boolean;
  /** Set for a view: the collection it reads and its pipeline. */
  view?: { on: string; pipeline: Doc[] };
  ident: Buffer;
  indexes: Index[];
  /** Builds that are under way. */
  builds: Build[];
  count: number;
  /** Bytes of all documents. */
  size: number;
}

const CATALOG = Buffer.of(0, 0, 0, 0);
const META = Buffer.from([0, 0, 0, 2]);
const FIRST_IDENT = 16;

/** What exists: collections, their indexes and counts; kept in memory, written with the group that changes it. */
export class Catalog {
  private readonly collections = new Map<string, Collection>();
  private readonly dirty = new Set<Collection>();
  private readonly orphans = new Set<number>();
  /** Keys of builds that are under way: orphans for whoever opens the folder after a crash. */
  private readonly building = new Set<number>();
  private nextIdent = FIRST_IDENT;

  load(store: KeyValue): void {
    const range = { low: CATALOG, high: Buffer.of(0, 0, 0, 1) };
    for (const { value } of store.entries(range, Number.MAX_SAFE_INTEGER, false)) {
      const collection = fromDocument(decode(value, 0, true));
      this.collections.set(collection.namespace, collection);
    }
    const meta = store.get(META);
    if (meta !== undefined) {
      const { next, orphans } = decode(meta, 0, true) as { next: number; orphans: number[] };
      this.nextIdent = next;
      for (const orphan of orphans) this.orphans.add(orphan);
    }
  }

  get(database: string, name: string): Collection | undefined {
    return this.collections.get(`${database}.${name}`);
  }

  all(): IterableIterator<Collection> {
    return this.collections.values();
  }

  inDatabase(database: string): Collection[] {
    return [...this.collections.values()].filter((each) => each.database === database);
  }

  allocate(store: KeyValue): Buffer {
    const ident = Buffer.alloc(4);
    ident.writeUInt32BE(this.nextIdent++, 0);
    this.saveMeta(store);
    return ident;
  }

  /** An ident for an index that is going to be built. */
  allocateForBuild(store: KeyValue): Buffer {
    this.building.add(this.nextIdent);
    return this.allocate(store);
  }

  /** Ends a build: what it wrote belongs to a collection now, or to nothing. */
  endBuild(store: KeyValue, idents: readonly Buffer[], succeeded: boolean): void {
    for (const ident of idents) {
      this.building.delete(ident.readUInt32BE(0));
      if (!succeeded) this.orphans.add(ident.readUInt32BE(0));
    }
    this.saveMeta(store);
  }

  add(store: KeyValue, collection: Collection): void {
    this.collections.set(collection.namespace, collection);
    this.save(store, collection);
  }

  /** Forgets a collection; its keys become orphans, to be removed little by little. */
  drop(store: KeyValue, collection: Collection): void {
    this.collections.delete(collection.namespace);
    this.dirty.delete(collection);
    store.remove(catalogKey(collection.namespace));
    this.abandon(store, [collection.ident, ...collection.indexes.map((index) => index.ident)]);
  }

  abandon(store: KeyValue, idents: Buffer[]): void {
    for (const ident of idents) this.orphans.add(ident.readUInt32BE(0));
    this.saveMeta(store);
  }

  rename(store: KeyValue, collection: Collection, database: string, name: string): void {
    store.remove(catalogKey(collection.namespace));
    this.collections.delete(collection.namespace);
    collection.database = database;
    collection.name = name;
    collection.namespace = `${database}.${name}`;
    this.add(store, collection);
  }

  save(store: KeyValue, collection: Collection): void {
    this.dirty.delete(collection);
    store.put(catalogKey(collection.namespace), encode(toDocument(collection)));
  }

  /** Notes that counts or flags changed; they are written at the end of the group. */
  touch(collection: Collection): void {
    this.dirty.add(collection);
  }

  saveDirty(store: KeyValue): void {
    for (const collection of [...this.dirty]) this.save(store, collection);
  }

  get hasOrphans(): boolean {
    return this.orphans.size > 0;
  }

  /** Removes up to `limit` keys that belong to nothing any more. */
  reap(store: KeyValue, limit: number): void {
    const [orphan] = this.orphans;
    if (orphan === undefined) return;
    const low = Buffer.alloc(4);
    low.writeUInt32BE(orphan, 0);
    const high = Buffer.alloc(4);
    high.writeUInt32BE(orphan + 1, 0);
    const entries = store.entries({ low, high }, limit, false);
    for (const { key } of entries) store.remove(key);
    if (entries.length < limit) {
      this.orphans.delete(orphan);
      this.saveMeta(store);
    }
  }

  private saveMeta(store: KeyValue): void {
    store.put(META, encode({ next: this.nextIdent, orphans: [...this.orphans, ...this.building] }));
  }
}

/** The indexes that a write has to maintain. */
export const maintainedBy = ({ indexes, builds }: Collection): readonly Index[] =>
  builds.length === 0 ? indexes : [...indexes, ...builds.flatMap((build) => build.indexes)];

/** What follows from a collection's options. */
export function traitsOf(options: Doc): Pick<Collection, 'collator' | 'fold' | 'byRecord'> {
  const collator = collatorFor(options.collation);
  const byRecord = options.capped === true || options.timeseries !== undefined;
  return { collator, fold: collator === undefined ? undefined : foldFor(collator), byRecord };
}

/** The specifications of all indexes, as they are listed: first that on _id, which most collections are ordered by. */
export function indexSpecs({ options, indexes, byRecord }: Collection): Doc[] {
  const specs = indexes.map((index): Doc => index.spec);
  if (byRecord) return specs;
  const { clusteredIndex, collation } = options as { clusteredIndex?: Doc; collation?: Doc };
  if (clusteredIndex !== undefined) return [{ ...clusteredIndex, clustered: true }, ...specs];
  return [{ v: 2, key: { _id: 1 }, name: '_id_', ...(collation === undefined ? {} : { collation }) }, ...specs];
}

const catalogKey = (namespace: string) => Buffer.concat([CATALOG, Buffer.from(namespace)]);

/** The index that a specification describes, with an ident of its own. */
export function createIndexEntry(spec: IndexSpec, ident: Buffer, multikey = false): Index {
  const text = isTextKey(spec.key) ? (spec as unknown as TextSpec) : undefined;
  const fields = fieldNames(text?.weights ?? spec.key);
  const directions = fields.map((field) => (Number(spec.key[field]) < 0 ? -1 : 1));
  const collator = collatorFor(spec.collation);
  const fold = collator === undefined ? undefined : foldFor(collator);
  const terms = text === undefined ? undefined : (document: Doc) => textRows(text, document);
  const roots = new Set(fields.map((field) => field.split('.', 1)[0] as string));
  if (text !== undefined) roots.add(text.language_override);
  if (spec.partialFilterExpression !== undefined) addRoots(spec.partialFilterExpression, roots);
  const unique = spec.unique === true;
  return { spec, ident, fields, directions, unique, roots, multikey, collator, fold, terms };
}

function addRoots(filter: Doc, roots: Set<string>): void {
  for (const [name, condition] of Object.entries(filter)) {
    if (name.startsWith('$') && Array.isArray(condition)) for (const each of condition) addRoots(each as Doc, roots);
    else roots.add(name.split('.', 1)[0] as string);
  }
}

function toDocument(collection: Collection): Doc {
  const { database, name, uuid, options, view, ident, indexes, count, size } = collection;
  return {
    database,
    name,
    uuid: uuid.toString('hex'),
    options,
    ...(view === undefined ? {} : { view }),
    ident: ident.readUInt32BE(0),
    count,
    size,
    indexes: indexes.map((index) => ({
      spec: index.spec,
      ident: index.ident.readUInt32BE(0),
      multikey: index.multikey,
    })),
  };
}

function fromDocument(document: Doc): Collection {
  const stored = document as unknown as {
    database: string;
    name: string;
    uuid: string;
    options: Doc;
    view?: { on: string; pipeline: Doc[] };
    ident: number;
    count: number;
    size: number;
    indexes: { spec: IndexSpec; ident: number; multikey: boolean }[];
  };
  const ident = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value, 0);
    return bytes;
  };
  return {
    database: stored.database,
    name: stored.name,
    namespace: `${stored.database}.${stored.name}`,
    uuid: Buffer.from(stored.uuid, 'hex'),
    options: stored.options,
    ...traitsOf(stored.options),
    ...(stored.view === undefined ? {} : { view: stored.view }),
    ident: ident(stored.ident),
    count: stored.count,
    size: stored.size,
    indexes: stored.indexes.map((index) => createIndexEntry(index.spec, ident(index.ident), index.multikey)),
    builds: [],
  };
}
