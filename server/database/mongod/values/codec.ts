import { serialize } from 'bson';
import { type CommandError, failure } from '../errors.ts';
import { fieldNames, isReordered } from './order.ts';

declare global {
  interface Buffer {
    utf8Slice(start: number, end: number): string;
    latin1Slice(start: number, end: number): string;
    latin1Write(text: string, at: number, length: number): number;
    utf8Write(text: string, at: number, length: number): number;
  }
}

export type Doc = Record<string, unknown>;

/** The largest document MongoDB stores, in bytes. */
export const MAX_DOCUMENT_SIZE = 16 * 1024 * 1024;

/** The most levels that a stored document may be nested. */
export const MAX_STORED_DEPTH = 180;

/** The most levels of anything that is encoded: answers have some around a stored document. */
const MAX_ENCODED_DEPTH = 250;

/** How much larger than the document in it an answer may be, in bytes. */
const REPLY_OVERHEAD = 16 * 1024;

/**
 * Encodes a document; fields whose value is undefined are left out.
 * @throws CommandError 10334 when it is too large: bson's own buffer of 17 MiB ends soon after, with a RangeError or none
 */
export function encode(document: Doc): Buffer {
  return write(document, MAX_ENCODED_DEPTH);
}

/** Encodes a document that is to be stored. @throws CommandError 10334 or 15 when it is too large or too deep for that */
export function encodeForStorage(document: Doc): Buffer {
  const bytes = write(document, MAX_STORED_DEPTH);
  if (bytes.length > MAX_DOCUMENT_SIZE) throw tooLarge(String(bytes.length));
  return bytes;
}

function write(document: Doc, maxDepth: number): Buffer {
  let bytes: Uint8Array;
  try {
    bytes = serialize(ordered(document, maxDepth) as Doc, { ignoreUndefined: true });
  } catch (error) {
    throw error instanceof RangeError ? tooLarge('more than 17825792') : error;
  }
  if (bytes.length > MAX_DOCUMENT_SIZE + REPLY_OVERHEAD) throw tooLarge(String(bytes.length));
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * The value with what bson can write in order, a Map, in place of each document that has noted the order of its fields.
 * @param depth how many more levels it may have
 */
function ordered(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const isArray = Array.isArray(value);
  if (!isArray && !isDocument(value)) return value;
  if (depth === 0) throw tooDeep(MAX_STORED_DEPTH);
  if (isArray) {
    const elements = value.map((each) => ordered(each, depth - 1));
    return elements.some((each, at) => each !== value[at]) ? elements : value;
  }
  if (isReordered(value)) return new Map(fieldNames(value).map((name) => [name, ordered(value[name], depth - 1)]));
  let copy: Doc | undefined;
  for (const name of Object.keys(value)) {
    const field = value[name];
    if (typeof field !== 'object' || field === null) continue;
    const next = ordered(field, depth - 1);
    if (next === field) continue;
    copy ??= { ...value };
    setField(copy, name, next);
  }
  return copy ?? value;
}

/** The error of a document that is nested too deeply. */
export const tooDeep = (levels: number): CommandError =>
  failure(15, `Document exceeds maximum nesting depth of ${levels}`);

/** The error of a document or an answer beyond MongoDB's limit. */
export const tooLarge = (size: string): CommandError =>
  failure(10334, `BSONObj size: ${size} is invalid. Size must be between 0 and ${MAX_DOCUMENT_SIZE}(16MB)`);

/** Whether a value is an embedded document, and not a scalar with a class of its own. */
export function isDocument(value: unknown): value is Doc {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Sets a field, also one named like a property of Object.prototype. */
export function setField(target: Doc, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  } else target[name] = value;
}
