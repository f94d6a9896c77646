import { type Doc, encode } from '../values/codec.ts';
import { decode } from '../values/decode.ts';
import { MAX_KEY_BYTES, successor } from '../values/keys.ts';
import { fieldNames } from '../values/order.ts';
import { plain } from '../values/plain.ts';
import type { KeyValue, Store } from './store.ts';

export interface IndexSpec {
  name: string;
  /** Field → 1 or -1. */
  key: Record<string, unknown>;
  unique?: boolean;
  expireAfterSeconds?: number;
  v?: number;
}

export interface Index {
  spec: IndexSpec;
  ident: Buffer;
  fields: string[];
  directions: number[];
  unique: boolean;
  /** Top-level fields whose change may change the entries. */
  roots: Set<string>;
  /** The group in which it was built: an older state of the collection lacks its entries. */
  since?: number;
  /** It is no longer there, for whoever is still reading it. */
  dropped?: boolean;
  /** Some document has, or had, an array where one of the paths ends or passes. */
  multikey: boolean;
  /** For each field whether its path meets an array in some document: 0 where not. Never taken back. */
  arrays: number[];
  /** Some entry lacks the end of its values (`isCutKey`): the entries may not be in order. Never taken back. */
  cut: boolean;
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
  ident: Buffer;
  /** The group in which it came into being: an older state of the database lacks its documents. */
  since?: number;
  /** It is no longer there, for whoever is still reading it. */
  dropped?: boolean;
  indexes: Index[];
  /** Some document's key lacks the end of its _id (`isCutKey`): the documents may not be in order. Never taken back. */
  cut: boolean;
  /** Builds that are under way. */
  builds: Build[];
  /** Documents as of the running group, which may not be on disk yet. */
  count: number;
  /** Documents that are on disk, as readers see them. */
  syncedCount: number;
  /** Bytes of all documents. */
  size: number;
}

const CATALOG = Buffer.of(0, 0, 0, 0);
const META = Buffer.from([0, 0, 0, 2]);
/** The ident of the first collection: keys that begin with smaller ones are the catalog and the sessions. */
export const FIRST_IDENT = 16;

/** The first bytes of all keys of a collection or an index. */
function identOf(number: number): Buffer {
  const ident = Buffer.alloc(4);
  ident.writeUInt32BE(number, 0);
  return ident;
}

/** What exists: collections, their indexes and counts; kept in memory, written with the group that changes it. */
export class Catalog {
  private readonly collections = new Map<string, Collection>();
  private readonly dirty = new Set<Collection>();
  private readonly orphans = new Set<number>();
  /** Keys of builds that are under way: orphans for whoever opens the folder after a crash. */
  private readonly building = new Set<number>();
  private nextIdent = FIRST_IDENT;
  /** Counts of documents that the running group has written. */
  private unsynced: { collection: Collection; count: number }[] = [];
  /** Grows with every change of collections and indexes, other than their counts and flags. */
  version = 0;

  load(store: Store): void {
    const range = { low: CATALOG, high: Buffer.of(0, 0, 0, 1) };
    for (const { value } of store.entries(range, Number.MAX_SAFE_INTEGER, false)) {
      const stored = plain(decode(value));
      const collection = fromDocument(stored);
      this.collections.set(collection.namespace, collection);
      if (stored.cut === undefined) this.findCutKeys(store, collection);
    }
    const meta = store.get(META);
    if (meta !== undefined) {
      const { next, orphans } = plain(decode(meta)) as { next: number; orphans: number[] };
      this.nextIdent = next;
      for (const orphan of orphans) this.orphans.add(orphan);
    }
  }

  /** Looks for cut keys in a collection that was stored before they were noted: once, it is saved with the next write. */
  private findCutKeys(store: Store, collection: Collection): void {
    for (const each of [collection, ...collection.indexes]) {
      each.cut = store.hasLongKey({ low: each.ident, high: successor(each.ident) }, MAX_KEY_BYTES);
    }
    this.touch(collection);
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
    const ident = identOf(this.nextIdent++);
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
    collection.dropped = true;
    this.dirty.delete(collection);
    store.remove(catalogKey(collection.namespace));
    this.abandon(store, [collection.ident, ...collection.indexes.map((index) => index.ident)]);
  }

  abandon(store: KeyValue, idents: Buffer[]): void {
    this.version++;
    for (const ident of idents) this.orphans.add(ident.readUInt32BE(0));
    this.saveMeta(store);
  }

  save(store: KeyValue, collection: Collection): void {
    this.version++;
    this.write(store, collection);
  }

  private write(store: KeyValue, collection: Collection): void {
    this.dirty.delete(collection);
    store.put(catalogKey(collection.namespace), encode(toDocument(collection)));
    this.unsynced.push({ collection, count: collection.count });
  }

  /** Notes that counts or flags of a collection changed, if it is listed; they are written at the end of the group. */
  touch(collection: Collection): void {
    if (this.collections.get(collection.namespace) === collection) this.dirty.add(collection);
  }

  saveDirty(store: KeyValue): void {
    for (const collection of [...this.dirty]) this.write(store, collection);
  }

  /** To be called when the group is on disk. */
  settle(): void {
    for (const { collection, count } of this.unsynced) collection.syncedCount = count;
    this.unsynced = [];
  }

  /** The idents of all collections and indexes, and of what is still to be removed. */
  get idents(): Set<number> {
    const idents = new Set([...this.orphans, ...this.building]);
    for (const { ident, indexes } of this.collections.values())
      for (const each of [ident, ...indexes.map((index) => index.ident)]) idents.add(each.readUInt32BE(0));
    return idents;
  }

  get hasOrphans(): boolean {
    return this.orphans.size > 0;
  }

  /** Removes up to `limit` keys that belong to nothing any more. */
  reap(store: KeyValue, limit: number): void {
    const [orphan] = this.orphans;
    if (orphan === undefined) return;
    const entries = store.entries({ low: identOf(orphan), high: identOf(orphan + 1) }, limit, false);
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

/** The specifications of all indexes, as they are listed: first that on _id, which collections are ordered by. */
export const indexSpecs = ({ indexes }: Collection): Doc[] => [
  { v: 2, key: { _id: 1 }, name: '_id_' },
  ...indexes.map((index): Doc => ({ ...index.spec })),
];

const catalogKey = (namespace: string) => Buffer.concat([CATALOG, Buffer.from(namespace)]);

/** The index that a specification describes, with an ident of its own. */
export function createIndexEntry(spec: IndexSpec, ident: Buffer, flags: StoredFlags = {}): Index {
  const fields = fieldNames(spec.key);
  const directions = fields.map((field) => (Number(spec.key[field]) < 0 ? -1 : 1));
  const roots = new Set(fields.map((field) => field.split('.', 1)[0] as string));
  const unique = spec.unique === true;
  const { multikey = false, cut = false } = flags;
  const arrays = flags.arrays ?? fields.map(() => (multikey ? 1 : 0));
  return { spec, ident, fields, directions, unique, roots, multikey, arrays, cut };
}

/** What is stored with an index; before `arrays` was, any path of a multikey index may have been an array. */
interface StoredFlags {
  multikey?: boolean;
  arrays?: number[];
  cut?: boolean;
}

function toDocument({ database, name, uuid, options, ident, indexes, count, size, cut }: Collection): Doc {
  return {
    ...{ database, name, options, count, size, cut },
    uuid: uuid.toString('hex'),
    ident: ident.readUInt32BE(0),
    indexes: indexes.map(({ spec, ident, multikey, arrays, cut }) => ({
      ...{ spec, multikey, arrays, cut },
      ident: ident.readUInt32BE(0),
    })),
  };
}

/** A collection as `toDocument` stores it; earlier versions noted nothing of cut keys. */
interface Stored extends Pick<Collection, 'database' | 'name' | 'options' | 'count' | 'size'> {
  uuid: string;
  ident: number;
  cut?: boolean;
  indexes: (StoredFlags & { spec: IndexSpec; ident: number })[];
}

function fromDocument(document: Doc): Collection {
  const { uuid, ident, indexes, cut = false, ...stored } = document as unknown as Stored;
  checkSupported(stored.database, stored.name, document);
  return {
    ...stored,
    namespace: `${stored.database}.${stored.name}`,
    uuid: Buffer.from(uuid, 'hex'),
    ident: identOf(ident),
    syncedCount: stored.count,
    cut,
    indexes: indexes.map((index) => createIndexEntry(index.spec, identOf(index.ident), index)),
    builds: [],
  };
}

/** Options of collections and of indexes that earlier versions of the engine knew. */
const REFUSED_OF_INDEXES = ['collation', 'sparse', 'partialFilterExpression', 'hidden'];
const REFUSED_OPTIONS = ['viewOn', 'capped', 'timeseries', 'clusteredIndex', 'collation', 'validator'];

/** Refuses to open a folder with a collection that would be read or written wrongly. @throws Error that names it */
function checkSupported(database: string, name: string, { options, indexes }: Doc): void {
  const specs = (indexes as { spec: Doc }[]).map(({ spec }) => spec);
  const refused =
    REFUSED_OPTIONS.find((option) => (options as Doc)[option] !== undefined) ??
    specs.find(
      (spec) =>
        REFUSED_OF_INDEXES.some((option) => spec[option]) ||
        Object.values(spec.key as Doc).some((kind) => typeof kind === 'string'),
    )?.name;
  if (refused === undefined) return;
  throw new Error(
    `${database}.${name} has ${String(refused)}, which this version does not support: dump it with the version that made it`,
  );
}
