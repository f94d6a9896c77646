import { Binary, Decimal128, Long, ObjectId, Timestamp } from 'bson';
import { badValue, CommandError } from '../errors.ts';
import { isTruthy } from '../query/matcher.ts';
import { typeCodes } from '../query/operators.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { typeName } from '../values/compare.ts';
import { asDouble, numberKind, roundNumber, toDouble, toExact } from '../values/numeric.ts';
import { evaluate, type Operator, operand } from './options.ts';

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

function toDate(value: unknown): Date {
  if (value instanceof Date) return value;
  if (value instanceof ObjectId) return value.getTimestamp();
  if (value instanceof Timestamp) return new Date(value.getHighBitsUnsigned() * 1000);
  const kind = numberKind(value);
  if (typeof value !== 'string' && (kind === undefined || kind === 'int')) throw unsupported(value, 'date');
  const date = new Date(typeof value === 'string' ? value : Math.trunc(toDouble(value)));
  if (Number.isNaN(date.getTime())) throw failure(`Error parsing date string '${String(value)}'`);
  return date;
}

function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || numberKind(value) !== undefined) return String(value);
  if (value instanceof ObjectId) return value.toHexString();
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Binary) return value.toString('base64');
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
  if (value === null || value === undefined) return null;
  const converter = converters[to];
  if (converter === undefined) throw unsupported(value, to);
  return converter(value);
}

const converting =
  (to: string): Operator =>
  (obj, expr, options) =>
    convert(operand(obj, expr, options), to);

const convertFields = new Set(['input', 'to', 'onError', 'onNull']);

/** $convert; `format`, `base` and `byteOrder` are for binary data, which it does not convert. */
const $convert: Operator = (obj, expr, options) => {
  if (!isDocument(expr) || !('input' in expr) || !('to' in expr)) throw badValue("$convert needs 'input' and 'to'");
  const unknown = Object.keys(expr).find((name) => !convertFields.has(name));
  if (unknown !== undefined)
    throw new CommandError(9, 'FailedToParse', `$convert found an unknown argument: ${unknown}`);
  const value = evaluate(obj, expr.input, options);
  const part = (name: string): unknown => evaluate(obj, (expr as Doc)[name], options);
  if (value === null || value === undefined) return 'onNull' in expr ? part('onNull') : null;
  const to = targetOf(part('to'));
  if (to === undefined) return null;
  try {
    return convert(value, to);
  } catch (error) {
    if (!('onError' in expr)) throw error;
    return part('onError');
  }
};

function targetOf(given: unknown): string | undefined {
  const to = isDocument(given) ? given.type : given;
  if (to === null || to === undefined) return undefined;
  const name = typeof to === 'string' ? to : typeCodes[toDouble(to)];
  if (name === undefined || !Object.values(typeCodes).includes(name))
    throw badValue(`Unknown type name: ${String(to)}`);
  return name;
}

/** Types and conversions between them, by the table of $convert in MongoDB's manual. */
export const conversionOperators: Record<string, Operator> = {
  $type: (obj, expr, options) => typeName(operand(obj, expr, options)),
  $isNumber: (obj, expr, options) => numberKind(operand(obj, expr, options)) !== undefined,
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
