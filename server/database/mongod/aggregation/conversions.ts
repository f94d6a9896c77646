import { Decimal128, Long, ObjectId, Timestamp } from 'bson';
import { badValue, CommandError, notImplemented } from '../errors.ts';
import { isTruthy } from '../query/matcher.ts';
import { typeCodes } from '../query/operators.ts';
import { isDocument } from '../values/codec.ts';
import { typeName } from '../values/compare.ts';
import { asDouble, numberKind, roundNumber, toDouble, toExact } from '../values/numeric.ts';
import { isNil, namedOperands, unary } from './operands.ts';
import type { Operator } from './scope.ts';

const failure = (message: string) => new CommandError(241, 'ConversionFailure', message);

const unsupported = (value: unknown, to: string) =>
  failure(`Unsupported conversion from ${typeName(value)} to ${to} in $convert with no onError value`);

const unparsed = (value: unknown) =>
  failure(`Failed to parse number '${String(value)}' in $convert with no onError value`);

/** The whole part of what can be an integer of this many bits. */
function toInteger(value: unknown, to: 'int' | 'long', bits: 32 | 64): bigint {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (value instanceof Date && to === 'long') return BigInt(value.getTime());
  if (typeof value === 'string') {
    if (!/^[+-]?\d+$/.test(value)) throw unparsed(value);
  } else if (numberKind(value) === undefined) throw unsupported(value, to);
  const exact = typeof value === 'string' ? undefined : toExact(roundNumber(value, 0, 'trunc'));
  if (typeof value !== 'string' && exact === undefined)
    throw failure(`Attempt to convert NaN or infinity to ${to} in $convert`);
  const whole = exact === undefined ? BigInt(String(value)) : exact.coefficient * 10n ** BigInt(exact.exponent);
  if (BigInt.asIntN(bits, whole) !== whole)
    throw failure(`Conversion would overflow target type in $convert with no onError value: ${String(value)}`);
  return whole;
}

function toDoubleValue(value: unknown): unknown {
  if (typeof value === 'boolean') return asDouble(Number(value));
  if (value instanceof Date) return asDouble(value.getTime());
  if (numberKind(value) !== undefined) return asDouble(toDouble(value));
  if (typeof value !== 'string') throw unsupported(value, 'double');
  if (!/^[+-]?(\d+\.?\d*(e[+-]?\d+)?|\.\d+(e[+-]?\d+)?|inf(inity)?|nan)$/i.test(value)) throw unparsed(value);
  return asDouble(Number(value.replace(/inf(inity)?/i, 'Infinity').replace(/nan/i, 'NaN')));
}

function toDecimal(value: unknown): Decimal128 {
  if (value instanceof Decimal128) return value;
  if (typeof value === 'boolean') return Decimal128.fromString(value ? '1' : '0');
  if (value instanceof Date) return Decimal128.fromString(String(value.getTime()));
  if (typeof value !== 'string' && numberKind(value) === undefined) throw unsupported(value, 'decimal');
  try {
    return Decimal128.fromString(String(value));
  } catch {
    throw unparsed(value);
  }
}

/** A date and a time in ISO 8601, with the offset of its zone; MongoDB reads other forms as well. */
const ISO_DATE = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,3}))?)?(Z|[+-]\d\d(?::?\d\d)?)?)?$/;

function parseDate(text: string): Date {
  const match = ISO_DATE.exec(text);
  if (match === null) throw notImplemented(`reading a date from '${text}' is not supported: only ISO 8601 is`);
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as number[];
  const parts = [year, (month as number) - 1, day, hour, minute, second] as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const local = Date.UTC(...parts, Number((match[7] ?? '').padEnd(3, '0')));
  const read = new Date(local);
  const isSame = read.getUTCMonth() === parts[1] && read.getUTCDate() === day && read.getUTCHours() === hour;
  if (!isSame || (minute as number) > 59 || (second as number) > 59)
    throw failure(`Error parsing date string '${text}'`);
  return new Date(local - offsetOf(match[8] ?? 'Z') * 60_000);
}

/** The minutes of an offset like +08:00, -0330 or Z. */
export function offsetOf(text: string): number {
  const [, sign, hours = '0', minutes = '0'] = /^([+-])(\d\d):?(\d\d)?$/.exec(text) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

function toDate(value: unknown): Date {
  if (value instanceof Date) return value;
  if (value instanceof ObjectId) return value.getTimestamp();
  if (value instanceof Timestamp) return new Date(value.getHighBitsUnsigned() * 1000);
  if (typeof value === 'string') return parseDate(value);
  const kind = numberKind(value);
  if (kind === undefined || kind === 'int') throw unsupported(value, 'date');
  const date = new Date(Math.trunc(toDouble(value)));
  if (Number.isNaN(date.getTime())) throw failure(`Conversion to date would overflow: ${String(value)}`);
  return date;
}

/**
 * A number as text.
 * @throws CommandError 238 for a double of which MongoDB writes 16 digits or an exponent, as this engine does not
 */
export function numberText(value: unknown): string {
  if (numberKind(value) !== 'double') return String(value);
  const double = toDouble(value);
  const text = String(double);
  const size = Math.abs(double);
  const isPlain = (size >= 1e-4 && size < 1e15) || Object.is(double, 0);
  if (isPlain && Number(double.toPrecision(16)) === Number(text) && text.replace(/^-?0\.0*|\D/g, '').length <= 16)
    return text;
  throw notImplemented(`the double ${text} as a string is not supported`);
}

function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (numberKind(value) !== undefined) return numberText(value);
  if (value instanceof ObjectId) return value.toHexString();
  if (value instanceof Date) return value.toISOString();
  throw unsupported(value, 'string');
}

function toObjectId(value: unknown): ObjectId {
  if (value instanceof ObjectId) return value;
  if (typeof value !== 'string') throw unsupported(value, 'objectId');
  if (!/^[\da-f]{24}$/i.test(value))
    throw failure(`Failed to parse objectId '${value}' in $convert with no onError value`);
  return new ObjectId(value);
}

const converters: Record<string, (value: unknown) => unknown> = {
  bool: isTruthy,
  int: (value) => Number(toInteger(value, 'int', 32)),
  long: (value) => Long.fromBigInt(toInteger(value, 'long', 64)),
  double: toDoubleValue,
  decimal: toDecimal,
  date: toDate,
  string: toText,
  objectId: toObjectId,
};

/** Converts a value to a type; null and what is missing stay null. */
function convert(value: unknown, to: string): unknown {
  if (isNil(value)) return null;
  if (typeName(value) === to) return value;
  const converter = converters[to];
  if (converter === undefined || NOT_CONVERTED.has(typeName(value)))
    throw notImplemented(`the conversion from ${typeName(value)} to ${to} is not supported`);
  return converter(value);
}

/** Types whose conversions MongoDB has, in other forms with each version, and this engine has not. */
const NOT_CONVERTED = new Set(['binData', 'object', 'array']);

/** $convert; `format` and `byteOrder` are for binary data, which it does not convert. */
const $convert: Operator = (operand, scope, name) => {
  const given = namedOperands(operand, name, ['input', 'to'], ['onError', 'onNull']);
  const part = (field: string) => scope.compile(Object.hasOwn(given, field) ? given[field] : null);
  const [input, to, onError, onNull] = [part('input'), part('to'), part('onError'), part('onNull')];
  const catches = Object.hasOwn(given, 'onError');
  return (root) => {
    const value = input(root);
    const type = targetOf(to(root));
    if (isNil(value)) return onNull(root);
    if (type === undefined) return null;
    try {
      return convert(value, type);
    } catch (error) {
      if (!catches || !(error instanceof CommandError) || error.code !== 241) throw error;
      return onError(root);
    }
  };
};

function targetOf(given: unknown): string | undefined {
  const to = isDocument(given) ? given.type : given;
  if (isNil(to)) return undefined;
  const name = typeof to === 'string' ? to : typeCodes[toDouble(to)];
  if (name === undefined || !Object.values(typeCodes).includes(name))
    throw badValue(`Unknown type name: ${String(to)}`);
  return name;
}

const converting = (to: string): Operator => unary((value) => convert(value, to));

/** Types and conversions between them, by the table of $convert in MongoDB's manual. */
export const conversionOperators: Record<string, Operator> = {
  $type: unary(typeName),
  $isNumber: unary((value) => numberKind(value) !== undefined),
  $toBool: converting('bool'),
  $toInt: converting('int'),
  $toLong: converting('long'),
  $toDouble: converting('double'),
  $toDecimal: converting('decimal'),
  $toDate: converting('date'),
  $toString: converting('string'),
  $toObjectId: converting('objectId'),
  $convert,
};
