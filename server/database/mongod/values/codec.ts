import { serialize } from 'bson';
import { CommandError } from '../errors.ts';
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

/** How much larger than the document in it an answer may be, in bytes. */
const REPLY_OVERHEAD = 16 * 1024;

/**
 * Encodes a document; fields whose value is undefined are left out.
 * @throws CommandError 10334 when it is too large: bson's own buffer of 17 MiB ends soon after, with a RangeError or none
 */
export function encode(document: Doc): Buffer {
  let bytes: Uint8Array;
  try {
    bytes = serialize(ordered(document) as Doc, { ignoreUndefined: true });
  } catch (error) {
    throw error instanceof RangeError ? tooLarge('more than 17825792') : error;
  }
  if (bytes.length > MAX_DOCUMENT_SIZE + REPLY_OVERHEAD) throw tooLarge(String(bytes.length));
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The value with what bson can write in order, a Map, in place of each document that has noted the order of its fields. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) {
    const elements = value.map(ordered);
    return elements.some((each, at) => each !== value[at]) ? elements : value;
  }
  if (!isDocument(value)) return value;
  if (isReordered(value)) return new Map(fieldNames(value).map((name) => [name, ordered(value[name])]));
  let copy: Doc | undefined;
  for (const name of Object.keys(value)) {
    const field = value[name];
    if (typeof field !== 'object' || field === null) continue;
    const next = ordered(field);
    if (next === field) continue;
    copy ??= { ...value };
    setField(copy, name, next);
  }
  return copy ?? value;
}

/** The error of a document or an answer beyond MongoDB's limit. */
export const tooLarge = (size: string): CommandError =>
  new CommandError(
    10334,
    'BSONObjectTooLarge',
    `BSONObj size: ${size} is invalid. Size must be between 0 and ${MAX_DOCUMENT_SIZE}(16MB)`,
  );

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
