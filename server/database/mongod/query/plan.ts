import type { Index } from '../storage/catalog.ts';
import type { KeyValue, Range } from '../storage/store.ts';
import type { Doc } from '../values/codec.ts';
import type { Collator } from '../values/compare.ts';

/** One way to find the documents of a filter. */
export interface Plan {
  /** The index that is read, undefined for the collection itself (which is ordered by _id). */
  index: Index | undefined;
  /** What is read, in the order of the keys. */
  ranges: Range[];
  /** Ranges that are read side by side, their entries merged in order, instead of `ranges` one after the other. */
  groups: Group[] | undefined;
  /** Each range is one key, its `low`: an equality on a unique key. */
  points: boolean;
  reverse: boolean;
  /** The entries come in the order that was asked for. */
  sorted: boolean;
  /** Every document found matches: the filter needs no second look. */
  exact: boolean;
  /** Whether a filter narrows the ranges, or everything is read. */
  narrowed: boolean;
  /** No document has two entries in the ranges. */
  distinct: boolean;
  /** One plan for each branch of an $or, instead of ranges. */
  union: Plan[] | undefined;
  /** The order in which the documents of sorted branches are merged. */
  order: Doc | undefined;
  /** For who does not find enough matches in order soon: fewer documents, which have to be sorted. */
  fallback?: Plan;
  /** What reading has cost so far, where somebody asks. */
  examined?: Examined;
}

/** Entries of indexes and documents that were read. */
export interface Examined {
  keys: number;
  documents: number;
  /** The reader has gone over to the fallback of its plan. */
  fellBack?: boolean;
}

/** Ranges whose entries have the same values in the first fields. */
export interface Group {
  /** The number of bytes of a key that take no part in the order. */
  head: number;
  ranges: Range[];
}

export interface PlanRequest {
  /** What will be read: an index that is younger holds nothing there. */
  view: KeyValue;
  filter: Doc;
  sort?: Doc | undefined;
  hint?: unknown;
  collator?: Collator;
  /** The most documents that will be taken. */
  limit?: number | undefined;
  /** The time that the command has left, in milliseconds. */
  remaining?: (() => number) | undefined;
}
