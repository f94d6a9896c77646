import { notImplemented } from '../errors.ts';
import { typeName } from '../values/compare.ts';
import { numberKind } from '../values/numeric.ts';
import { numberText } from './conversions.ts';
import {
  argumentsOf,
  countOf,
  integerOf,
  isNil,
  located,
  namedOperands,
  nary,
  nullable,
  stringOf,
  unary,
} from './operands.ts';
import type { Operator } from './scope.ts';

const $concat: Operator = (operand, scope, name) => {
  const list = argumentsOf(operand, scope, name, 0, Number.POSITIVE_INFINITY);
  return (root) => {
    let result = '';
    for (const each of list) {
      const value = each(root);
      if (isNil(value)) return null;
      result += stringOf(value, name, 16702);
    }
    return result;
  };
};

const $split = nullable(2, 2, ([text, separator], name) => {
  const by = stringOf(separator, name, 40086);
  if (by === '') throw located(40087, '$split requires a non-empty separator');
  return stringOf(text, name, 40085).split(by);
});

/** The text that operators on strings make of another value; nothing for null and what is missing. */
function textOf(value: unknown, name: string): string {
  if (isNil(value)) return '';
  if (typeof value === 'string') return value;
  if (numberKind(value) !== undefined) return numberText(value);
  if (value instanceof Date) return value.toISOString();
  throw located(16007, `can't convert from BSON type ${typeName(value)} to String in ${name}`);
}

const upper = (text: string): string => text.replace(/[a-z]+/g, (part) => part.toUpperCase());
const lower = (text: string): string => text.replace(/[A-Z]+/g, (part) => part.toLowerCase());

const $strcasecmp = nary(2, 2, ([a, b], name) => {
  const order = Buffer.compare(Buffer.from(upper(textOf(a, name))), Buffer.from(upper(textOf(b, name))));
  return Math.sign(order);
});

const $substrCP = nary(3, 3, ([text, start, count], name) => {
  const characters = Array.from(textOf(text, name));
  const first = countOf(start, name, 34455);
  return characters.slice(first, first + countOf(count, name, 34454)).join('');
});

const isContinuation = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

const $substrBytes = nary(3, 3, ([text, start, count], name) => {
  const bytes = Buffer.from(textOf(text, name));
  const first = integerOf(start, name, 16034);
  const length = integerOf(count, name, 16035);
  if (first < 0) throw located(50752, `${name}: starting index must be non-negative (got: ${first})`);
  if (isContinuation(bytes[first]))
    throw located(28656, `${name}: Invalid range, starting index is a UTF-8 continuation byte.`);
  const end = length < 0 ? bytes.length : Math.min(bytes.length, first + length);
  if (isContinuation(bytes[end]))
    throw located(28657, `${name}: Invalid range, ending index is in the middle of a UTF-8 character.`);
  return bytes.toString('utf8', Math.min(first, end), end);
});

/** What $trim removes where it is not told what: MongoDB's table of white space, with the null character. */
const WHITE_SPACE = new Set(
  '\0\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a',
);

const trimming =
  (atStart: boolean, atEnd: boolean): Operator =>
  (operand, scope, name) => {
    const given = namedOperands(operand, name, ['input'], ['chars']);
    const input = scope.compile(given.input);
    const chars = Object.hasOwn(given, 'chars') ? scope.compile(given.chars) : undefined;
    return (root) => {
      const value = input(root);
      const removed = chars?.(root);
      if (isNil(value) || (chars !== undefined && isNil(removed))) return null;
      const text = Array.from(stringOf(value, name, 50699));
      const unwanted = chars === undefined ? WHITE_SPACE : new Set(stringOf(removed, name, 50700));
      let first = 0;
      let end = text.length;
      while (atStart && first < end && unwanted.has(text[first] as string)) first++;
      while (atEnd && end > first && unwanted.has(text[end - 1] as string)) end--;
      return text.slice(first, end).join('');
    };
  };

/** The place of a part in a list of characters or bytes, between two positions. */
function indexIn<T>(list: ArrayLike<T>, part: ArrayLike<T>, from: number, to: number): number {
  for (let at = from; at + part.length <= to; at++) {
    let same = 0;
    while (same < part.length && list[at + same] === part[same]) same++;
    if (same === part.length) return at;
  }
  return -1;
}

const indexOf = (split: (text: string) => ArrayLike<unknown>): Operator =>
  nary(2, 4, ([text, part, start = 0, end], name) => {
    if (isNil(text)) return null;
    const list = split(stringOf(text, name, 40091));
    const wanted = split(stringOf(part, name, 40092));
    const last = end === undefined ? list.length : Math.min(list.length, countOf(end, name, 40097));
    return indexIn(list, wanted, countOf(start, name, 40096), last);
  });

const replacing =
  (all: boolean): Operator =>
  (operand, scope, name) => {
    const given = namedOperands(operand, name, ['input', 'find', 'replacement']);
    const parts = [given.input, given.find, given.replacement].map((each) => scope.compile(each));
    return (root) => {
      const values = parts.map((each) => each(root));
      if (values.some(isNil)) return null;
      const [text, find, replacement] = values.map((each) => stringOf(each, name, 51746)) as [string, string, string];
      if (find === '') throw notImplemented(`${name} of an empty string is not supported`);
      return all ? text.replaceAll(find, () => replacement) : text.replace(find, () => replacement);
    };
  };

/** Strings, by code points or by UTF-8 bytes; upper and lower case are those of ASCII. */
export const stringOperators: Record<string, Operator> = {
  $concat,
  $indexOfBytes: indexOf((text) => Buffer.from(text)),
  $indexOfCP: indexOf((text) => Array.from(text)),
  $ltrim: trimming(true, false),
  $replaceAll: replacing(true),
  $replaceOne: replacing(false),
  $rtrim: trimming(false, true),
  $split,
  $strLenBytes: unary((text, name) => Buffer.byteLength(stringOf(text, name, 34473))),
  $strLenCP: unary((text, name) => Array.from(stringOf(text, name, 34471)).length),
  $strcasecmp,
  $substr: $substrBytes,
  $substrBytes,
  $substrCP,
  $toLower: unary((text, name) => lower(textOf(text, name))),
  $toUpper: unary((text, name) => upper(textOf(text, name))),
  $trim: trimming(true, true),
};
