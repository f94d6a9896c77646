import { isUtf8 } from 'node:buffer';
import { type CommandError, failure, notImplemented } from '../errors.ts';
import { SIZES } from './raw.ts';

/** The most levels of documents and arrays in a message, as MongoDB's `maxBSONDepth` has it. */
const MAX_DEPTH = 200;

const REGEX_OPTIONS = Buffer.from('ilmsux');

/** Texts up to so many bytes are looked at here: calling `isUtf8` costs more. */
const SHORT_TEXT = 32;

/** The largest number of milliseconds a JavaScript Date can hold has this high half. */
const MAX_DATE_HIGH = 2_011_656;

/** A field of this name would make bson take a document for a value of a type of its own. */
const TYPE_FIELD = Buffer.from('_bsontype\0');

/**
 * Checks that the bytes from `start` to `end` are one well-formed document, and one that is decoded and encoded again without a
 * loss: what follows may trust lengths, terminators, types and depth.
 * @throws CommandError 22 for malformed BSON, 15 for one that is too deep, 238 for what this engine cannot keep
 */
export function validate(bytes: Buffer, start: number, end: number): void {
  if (start + 5 > end || int32(bytes, start) !== end - start) {
    throw invalid('the length of a document does not agree with its message');
  }
  depthOfNames = 0;
  checkDocument(bytes, start, end, false, 1);
}

/** Fields up to so many are compared with each other; more of them through a set of their names. */
const FEW_FIELDS = 16;

/** Where the names of the fields of the documents around the current place start and end, two numbers for each. */
let names = new Int32Array(1024);
let depthOfNames = 0;

/** Notes a field's name after those of its document, which begin at `first`. */
function noteName(bytes: Buffer, start: number, end: number, first: number): void {
  if (depthOfNames + 2 > names.length) {
    const larger = new Int32Array(names.length * 2);
    larger.set(names);
    names = larger;
  }
  if (depthOfNames - first <= 2 * FEW_FIELDS) {
    for (let at = first; at < depthOfNames; at += 2) {
      const other = names[at] as number;
      if ((names[at + 1] as number) - other === end - start && isSame(bytes, other, start, end))
        throw twice(bytes, start, end);
    }
  }
  names[depthOfNames++] = start;
  names[depthOfNames++] = end;
}

function isSame(bytes: Buffer, other: number, start: number, end: number): boolean {
  for (let at = start, there = other; at < end; at++, there++) if (bytes[at] !== bytes[there]) return false;
  return true;
}

/** Looks for a name that a document with many fields has twice. */
function checkManyNames(bytes: Buffer, first: number): void {
  const seen = new Set<string>();
  for (let at = first; at < depthOfNames; at += 2) {
    const [start, end] = [names[at] as number, names[at + 1] as number];
    const name = bytes.latin1Slice(start, end);
    if (seen.has(name)) throw twice(bytes, start, end);
    seen.add(name);
  }
}

const twice = (bytes: Buffer, start: number, end: number) =>
  notImplemented(`documents with two fields of the same name, '${bytes.utf8Slice(start, end)}', are not supported`);

const invalid = (what: string) => failure(22, `invalid BSON: ${what}`);

const int32 = (bytes: Buffer, at: number): number =>
  (bytes[at] as number) |
  ((bytes[at + 1] as number) << 8) |
  ((bytes[at + 2] as number) << 16) |
  ((bytes[at + 3] as number) << 24);

/** Checks the document or array that starts at `at` and ends at `limit` at the latest; returns its end. */
function checkDocument(bytes: Buffer, start: number, limit: number, isArray: boolean, depth: number): number {
  if (depth > MAX_DEPTH) {
    throw failure(15, 'BSONObj exceeds maximum nested object depth');
  }
  const size = start + 4 > limit ? 0 : int32(bytes, start);
  const end = start + size;
  if (size < 5 || end > limit || bytes[end - 1] !== 0) throw invalid('a document with a wrong length');
  const last = end - 1;
  let at = start + 4;
  const first = depthOfNames;
  for (let element = 0; at < last; element++) {
    const type = bytes[at++] as number;
    const name = at;
    let bits = 0;
    for (let byte = bytes[at] as number; byte !== 0; byte = bytes[++at] as number) bits |= byte;
    if (at >= last) throw invalid('an unterminated field name');
    if (bits > 127 && !isUtf8(bytes.subarray(name, at))) throw invalid('a field name that is not UTF-8');
    if (isArray) checkPosition(bytes, name, at, element);
    else noteName(bytes, name, at, first);
    if (!isArray && bytes[name] === 95 && at - name === 9 && bytes.compare(TYPE_FIELD, 0, 9, name, at) === 0)
      throw notImplemented("fields named '_bsontype' are not supported");
    at = checkValue(bytes, type, at + 1, last, depth);
  }
  if (at !== last) throw invalid('a value that ends after its document');
  if (depthOfNames - first > 2 * FEW_FIELDS + 2) checkManyNames(bytes, first);
  depthOfNames = first;
  return end;
}

/** The elements of an array are named by their positions. */
function checkPosition(bytes: Buffer, start: number, end: number, element: number): void {
  let position = end > start && (end === start + 1 || bytes[start] !== 48) ? 0 : -1;
  for (let at = start; at < end && position >= 0; at++) {
    const digit = (bytes[at] as number) - 48;
    position = digit >= 0 && digit <= 9 ? position * 10 + digit : -1;
  }
  if (position !== element) throw invalid('an array whose elements are not numbered');
}

/** Checks a value that has to end at `limit` at the latest; returns its end. */
function checkValue(bytes: Buffer, type: number, at: number, limit: number, depth: number): number {
  switch (type) {
    case 2:
      return checkText(bytes, at, limit);
    case 3:
      return checkDocument(bytes, at, limit, false, depth + 1);
    case 4:
      return checkDocument(bytes, at, limit, true, depth + 1);
    case 5:
      return checkBinary(bytes, at, limit);
    case 8:
      if ((bytes[at] as number) > 1) throw invalid('a boolean that is neither false nor true');
      return within(at + 1, limit);
    case 9:
      return checkDate(bytes, at, limit);
    case 11:
      return checkRegexOptions(bytes, checkName(bytes, at, limit), limit);
    default: {
      const size = SIZES[type];
      if (size === undefined || missing[type] !== undefined) throw unknownType(type);
      return within(at + size, limit);
    }
  }
}

function within(end: number, limit: number): number {
  if (end > limit) throw invalid('a value that ends after its document');
  return end;
}

function checkText(bytes: Buffer, at: number, limit: number): number {
  const size = at + 4 > limit ? 0 : int32(bytes, at);
  const end = at + 4 + size;
  if (size < 1 || end > limit || bytes[end - 1] !== 0) throw invalid('a string with a wrong length');
  checkUtf8(bytes, at + 4, end - 1);
  return end;
}

function checkUtf8(bytes: Buffer, start: number, end: number): void {
  let ascii = end - start <= SHORT_TEXT;
  for (let at = start; ascii && at < end; at++) ascii = (bytes[at] as number) < 128;
  if (!ascii && !isUtf8(bytes.subarray(start, end))) throw invalid('a string that is not UTF-8');
}

function checkName(bytes: Buffer, at: number, limit: number): number {
  const end = bytes.indexOf(0, at);
  if (end < 0 || end >= limit) throw invalid('an unterminated string');
  checkUtf8(bytes, at, end);
  return end + 1;
}

/** Checks the options of a regular expression; bson's own encoder does not put them in alphabetical order. */
function checkRegexOptions(bytes: Buffer, at: number, limit: number): number {
  const end = checkName(bytes, at, limit);
  for (let option = at; option < end - 1; option++)
    if (!REGEX_OPTIONS.includes(bytes[option] as number)) throw invalid('a regular expression with unknown options');
  return end;
}

function checkBinary(bytes: Buffer, at: number, limit: number): number {
  const size = at + 5 > limit ? -1 : int32(bytes, at);
  if (size < 0) throw invalid('binary data with a wrong length');
  const end = within(at + 5 + size, limit);
  // The old subtype for any bytes repeats the length.
  if (bytes[at + 4] === 2 && (size < 4 || int32(bytes, at + 5) !== size - 4))
    throw invalid('binary data with a wrong length');
  return end;
}

function checkDate(bytes: Buffer, at: number, limit: number): number {
  within(at + 8, limit);
  const high = int32(bytes, at + 4);
  if (high >= MAX_DATE_HIGH || high < -MAX_DATE_HIGH)
    throw notImplemented('dates more than 273,000 years from 1970 are not supported');
  return at + 8;
}

/** Types of BSON that this engine does not keep. */
const missing: Record<number, string> = {
  6: 'undefined',
  12: 'dbPointer',
  13: 'javascript',
  14: 'symbol',
  15: 'javascriptWithScope',
  19: 'decimal',
  127: 'maxKey',
  255: 'minKey',
};

/** The error of a value of a type that nobody knows, or that an earlier version of this engine may have stored. */
export const unknownType = (type: number): CommandError =>
  missing[type] === undefined
    ? invalid(`unknown type ${type}`)
    : notImplemented(`values of the BSON type ${missing[type]} are not supported`);
