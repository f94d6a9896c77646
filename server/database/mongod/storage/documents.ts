import { ObjectId } from 'bson';
import { badValue, duplicateKey, failure } from '../errors.ts';
import { isRegex } from '../query/operators.ts';
import { type Doc, isDocument, MAX_DOCUMENT_SIZE, tooLarge } from '../values/codec.ts';
import { decode, decodeFields, decodeForStorage } from '../values/decode.ts';
import { elementFor } from '../values/element.ts';
import { encodeKey, isCutKey } from '../values/keys.ts';
import { withIdFirst } from '../values/order.ts';
import { findField, splice } from '../values/raw.ts';
import { type Catalog, type Collection, type Index, maintainedBy } from './catalog.ts';
import { type Entries, entriesOf, hasNewArrays, indexedRows, noteEntries } from './index-entries.ts';
import type { KeyValue } from './store.ts';

/** Where a write goes: the database within a group, or the overlay of a transaction. */
export interface Target {
  view: KeyValue;
  catalog: Catalog;
  /** Refuses or delays a write to a key that another transaction holds or has changed; then marks it as written. */
  claim(key: string): void;
  count(collection: Collection, documents: number, bytes: number): void;
}

/** The key under which a document with this _id is stored. */
export const documentKey = ({ ident }: Collection, id: unknown): Buffer => encodeKey([id], [1], ident);

const text = (key: Buffer) => key.latin1Slice(0, key.length);

/** Marks a key as claimed, or throws: no document may be written before its key is. */
export const claimDocument = (target: Target, key: Buffer): void => target.claim(text(key));

/** Stores a new document. `raw` starts with its _id. */
export function insertDocument(target: Target, collection: Collection, id: unknown, raw: Buffer, document?: Doc): void {
  checkSize(raw);
  const key = documentKey(collection, id);
  claimDocument(target, key);
  if (target.view.get(key) !== undefined) throw duplicateKey(collection.namespace, '_id_', { _id: 1 }, { _id: id });
  if (maintainedBy(collection).length > 0) {
    const entries = allEntries(collection, document ?? decode(raw));
    checkUnique(target, collection, entries, key);
    writeEntries(target, collection, entries, key);
  }
  if (isCutKey(key) && !collection.cut) {
    collection.cut = true;
    target.catalog.touch(collection);
  }
  target.view.put(key, raw);
  target.count(collection, 1, raw.length);
}

/** Replaces a stored document by another with the same _id. The key must have been claimed. */
export function replaceDocument(
  target: Target,
  collection: Collection,
  key: Buffer,
  before: { raw: Buffer; document: Doc },
  after: { raw: Buffer; document: Doc },
  indexes: readonly Index[] = maintainedBy(collection),
): void {
  checkSize(after.raw);
  const changes = indexes.flatMap((index) => indexChange(index, before.document, after.document) ?? []);
  for (const change of changes) if (change.index.unique) for (const entry of change.removed) target.claim(text(entry));
  checkUnique(target, collection, changes, key);
  const suffix = key.subarray(4);
  for (const { index, removed } of changes)
    for (const entry of removed) removeEntry(target, collection, index, entry, suffix);
  writeEntries(target, collection, changes, key);
  target.view.put(key, after.raw);
  target.count(collection, 0, after.raw.length - before.raw.length);
}

/** Replaces the bytes of a document in which only fields with these roots have changed. The key must have been claimed. */
export function storePatched(
  target: Target,
  collection: Collection,
  key: Buffer,
  before: Buffer,
  after: Buffer,
  roots: ReadonlySet<string>,
): void {
  const touched = maintainedBy(collection).filter((index) => meet(index.roots, roots));
  if (touched.length === 0) {
    checkSize(after);
    target.view.put(key, after);
    target.count(collection, 0, after.length - before.length);
    return;
  }
  const fields = new Set(touched.flatMap((index) => [...index.roots]));
  const state = (raw: Buffer) => ({ raw, document: decodeFields(raw, fields) });
  replaceDocument(target, collection, key, state(before), state(after), touched);
}

function meet(some: ReadonlySet<string>, others: ReadonlySet<string>): boolean {
  for (const each of others) if (some.has(each)) return true;
  return false;
}

interface IndexChange extends IndexEntries {
  removed: Buffer[];
}

function indexChange(index: Index, before: Doc, after: Doc): IndexChange | undefined {
  const changed = [...index.roots].some((root) => before[root] !== after[root]);
  if (!changed) return undefined;
  const old = entriesOf(index, before, true);
  const next = entriesOf(index, after);
  const oldKeys = new Set(old.keys.map(text));
  const nextKeys = new Set(next.keys.map(text));
  const keys = next.keys.filter((each) => !oldKeys.has(text(each)));
  const removed = old.keys.filter((each) => !nextKeys.has(text(each)));
  if (keys.length === 0 && removed.length === 0 && !hasNewArrays(index, next.arrays)) return undefined;
  return { index, keys, removed, arrays: next.arrays, document: after };
}

/** Removes a document. The key must have been claimed. */
export function removeDocument(target: Target, collection: Collection, key: Buffer, raw: Buffer, document?: Doc): void {
  if (maintainedBy(collection).length > 0) {
    const decoded = document ?? decode(raw);
    const suffix = key.subarray(4);
    const entries = allEntries(collection, decoded, true);
    for (const { index, keys } of entries) if (index.unique) for (const each of keys) target.claim(text(each));
    for (const { index, keys } of entries)
      for (const each of keys) removeEntry(target, collection, index, each, suffix);
  }
  target.view.remove(key);
  target.count(collection, -1, -raw.length);
}

function removeEntry({ view }: Target, { builds }: Collection, index: Index, entry: Buffer, suffix: Buffer): void {
  // While a unique index is built another document may have the entry, and this one not yet.
  if (index.unique && builds.length > 0 && view.get(entry)?.equals(suffix) === false) return;
  view.remove(index.unique ? entry : Buffer.concat([entry, suffix]));
}

interface IndexEntries extends Entries {
  index: Index;
  document: Doc;
}

function allEntries(collection: Collection, document: Doc, isStored = false): IndexEntries[] {
  const entries: IndexEntries[] = [];
  for (const index of maintainedBy(collection)) {
    const { keys, arrays } = entriesOf(index, document, isStored);
    if (keys.length > 0) entries.push({ index, keys, arrays, document });
  }
  return entries;
}

function checkUnique(target: Target, collection: Collection, entries: readonly IndexEntries[], key: Buffer): void {
  for (const { index, keys, document } of entries) {
    if (!index.unique) continue;
    for (const entry of keys) {
      target.claim(text(entry));
      if (isTaken(target, entry, key.subarray(4))) {
        throw duplicateKey(collection.namespace, index.spec.name, index.spec.key, keyValue(index, document, entry));
      }
    }
  }
}

/** Whether another document has this entry. */
function isTaken({ view }: Target, entry: Buffer, suffix: Buffer): boolean {
  const owner = view.get(entry);
  return owner !== undefined && Buffer.compare(owner, suffix) !== 0;
}

function keyValue(index: Index, document: Doc, entry: Buffer): Doc {
  const { rows } = indexedRows(index, document);
  const row = rows.find((each) => encodeKey(each, index.directions, index.ident).equals(entry)) ?? [];
  return Object.fromEntries(index.fields.map((field, at) => [field, row[at] ?? null]));
}

function writeEntries(target: Target, collection: Collection, entries: readonly IndexEntries[], key: Buffer): void {
  const suffix = key.subarray(4);
  for (const entry of entries) {
    const { index, keys } = entry;
    if (noteEntries(index, entry)) target.catalog.touch(collection);
    for (const each of keys) target.view.put(index.unique ? each : Buffer.concat([each, suffix]), suffix);
  }
}

/** Adds a stored document to an index; `document` has at least the fields that the index looks at. */
export function indexDocument(target: Target, collection: Collection, index: Index, key: Buffer, document: Doc): void {
  const entries = [{ index, ...entriesOf(index, document), document }];
  checkUnique(target, collection, entries, key);
  writeEntries(target, collection, entries, key);
}

function checkSize(raw: Buffer): void {
  if (raw.length > MAX_DOCUMENT_SIZE) throw tooLarge(String(raw.length));
}

const ID = Buffer.from('_id');
const NOTHING = Buffer.alloc(0);

/** Where the first field of a document stands in its bytes. */
const FIRST = 4;

/** Brings a document to be inserted into its stored form: with an _id, as its first field. */
export function prepareInsert(raw: Buffer): { id: unknown; raw: Buffer; document: Doc } {
  const document = decodeForStorage(raw);
  const field = findField(raw, 0, ID);
  const id = field === undefined ? new ObjectId() : document._id;
  checkId(id);
  if (field?.start === FIRST) return { id, raw: Buffer.from(raw), document };
  const element = field === undefined ? elementFor(ID, id) : raw.subarray(field.start, field.end);
  const rest = field === undefined ? raw : splice(raw, field.start, field.end, NOTHING, [0], false);
  return { id, raw: splice(rest, FIRST, FIRST, element, [0], false), document: withIdFirst(id, document) };
}

/** Refuses what MongoDB refuses as an _id. */
export function checkId(id: unknown): void {
  if (Array.isArray(id)) throw failure(53, "The '_id' value cannot be of type array");
  if (isRegex(id)) throw failure(53, "The '_id' value cannot be of type regex");
  if (id === undefined) throw badValue("The '_id' value cannot be of type undefined");
  if (isDocument(id)) {
    const dollar = Object.keys(id).find((name) => name.startsWith('$'));
    if (dollar !== undefined && !['$ref', '$id', '$db'].includes(dollar)) {
      throw failure(52, `_id fields may not contain '$'-prefixed fields: ${dollar} is not valid for storage.`);
    }
  }
}
