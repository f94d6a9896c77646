import { Binary, type BSONRegExp, ObjectId, type Timestamp } from 'bson';
import type { Doc } from './codec.ts';
import { compareNumbers, numberKind } from './numeric.ts';

/** Compares two strings; undefined stands for MongoDB's comparison by bytes. */
export type Collator = ((a: string, b: string) => number) | undefined;

const typeOrder: Record<string, number> = { Long: 10, Double: 10, Binary: 30, Timestamp: 47, BSONRegExp: 50 };

/** The place of a value's type in BSON's comparison order; types with the same place compare by value. */
export function typeRank(value: unknown): number {
  switch (typeof value) {
    case 'number':
      return 10;
    case 'string':
      return 15;
    case 'boolean':
      return 40;
    case 'object':
      return value === null ? 5 : objectRank(value);
    default:
      return 5;
  }
}

function objectRank(value: object): number {
  if (value instanceof ObjectId) return 35;
  if (Array.isArray(value)) return 25;
  if (value instanceof Date) return 45;
  if (value instanceof Uint8Array) return 30;
  return typeOrder[(value as { _bsontype?: string })._bsontype ?? ''] ?? 20;
}

/** Orders two values of any BSON types; missing and null are the same. */
export function compare(a: unknown, b: unknown, collator?: Collator): number {
  if (typeof a === 'number' && typeof b === 'number' && a === b) return 0;
  const first = typeRank(a);
  const second = typeRank(b);
  if (first !== second) return first < second ? -1 : 1;
  switch (first) {
    case 10:
      return compareNumbers(a, b);
    case 15:
      return (collator ?? compareStrings)(a as string, b as string);
    case 20:
      return compareDocuments(a as Doc, b as Doc, collator);
    case 25:
      return compareArrays(a as unknown[], b as unknown[], collator);
    case 30:
      return compareBinary(a, b);
    case 35:
      return Buffer.compare((a as ObjectId).id, (b as ObjectId).id);
    case 40:
      return Number(a) - Number(b);
    case 45:
      return (a as Date).getTime() - (b as Date).getTime();
    case 47:
      return (a as Timestamp).compare(b as Timestamp);
    case 50:
      return compareStrings(regexText(a), regexText(b));
    default:
      return 0;
  }
}

export function equal(a: unknown, b: unknown, collator?: Collator): boolean {
  if (a === b) return true;
  if (typeof a === 'string' && typeof b === 'string' && collator === undefined) return false;
  return compare(a, b, collator) === 0;
}

/** Compares by code point, which is the order of the UTF-8 bytes. */
function compareStrings(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) {
      const surrogates = x >= 0xd800 && x <= 0xdfff ? 1 : 0;
      const others = y >= 0xd800 && y <= 0xdfff ? 1 : 0;
      return surrogates === others ? x - y : (surrogates ? 0x10000 : x) - (others ? 0x10000 : y);
    }
  }
  return a.length - b.length;
}

function compareDocuments(a: Doc, b: Doc, collator: Collator): number {
  const left = Object.keys(a);
  const right = Object.keys(b);
  for (let i = 0; i < left.length && i < right.length; i++) {
    const name = left[i] as string;
    const other = right[i] as string;
    const types = typeRank(a[name]) - typeRank(b[other]);
    if (types !== 0) return types;
    const fields = compareStrings(name, other);
    if (fields !== 0) return fields;
    const values = compare(a[name], b[other], collator);
    if (values !== 0) return values;
  }
  return left.length - right.length;
}

function compareArrays(a: unknown[], b: unknown[], collator: Collator): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const elements = compare(a[i], b[i], collator);
    if (elements !== 0) return elements;
  }
  return a.length - b.length;
}

function compareBinary(a: unknown, b: unknown): number {
  const [left, leftType] = binary(a);
  const [right, rightType] = binary(b);
  return left.length - right.length || leftType - rightType || Buffer.compare(left, right);
}

/** The bytes and the subtype of binary data in either of its decoded forms. */
export function binary(value: unknown): [Uint8Array, number] {
  return value instanceof Binary ? [value.value(), value.sub_type] : [value as Uint8Array, 0];
}

/** Pattern and flags of a regular expression, in the order in which BSON stores them. */
export const regexText = (value: unknown): string =>
  `${(value as BSONRegExp).pattern}\0${(value as BSONRegExp).options}`;

/** MongoDB's name of a value's type, as `$type` and error messages use it. */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'missing';
  const kind = numberKind(value);
  if (kind !== undefined) return kind;
  const byRank: Record<number, string> = {
    15: 'string',
    20: 'object',
    25: 'array',
    30: 'binData',
    35: 'objectId',
    40: 'bool',
    45: 'date',
    47: 'timestamp',
    50: 'regex',
  };
  return byRank[typeRank(value)] ?? 'object';
}
