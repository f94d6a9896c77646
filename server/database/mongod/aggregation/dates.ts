import { Long, ObjectId, Timestamp } from 'bson';
import { CommandError } from '../errors.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { typeName } from '../values/compare.ts';
import { offsetOf } from './conversions.ts';
import { isNil, located, namedOperands, stringOf } from './operands.ts';
import type { Operator, Scope } from './scope.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

function dateOf(value: unknown): Date {
  if (value instanceof Date) return value;
  if (value instanceof ObjectId) return value.getTimestamp();
  if (value instanceof Timestamp) return new Date(value.getHighBitsUnsigned() * 1000);
  throw located(16006, `can't convert from BSON type ${typeName(value)} to Date`);
}

const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterFor(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone);
  if (known !== undefined) return known;
  try {
    const formatter = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    formatters.set(zone, formatter);
    return formatter;
  } catch {
    throw located(40485, `unrecognized time zone identifier: "${zone}"`);
  }
}

/** The milliseconds by which a zone is ahead of UTC at a moment. The zone is an offset or a name of the time zone database. */
function zoneOffset(date: Date, zone: string): number {
  if (zone === 'UTC' || zone === 'GMT' || zone === 'Z') return 0;
  if (/^[+-]\d\d(:?\d\d)?$/.test(zone)) return offsetOf(zone) * MINUTE;
  if (!/^[A-Za-z]/.test(zone)) throw located(40485, `unrecognized time zone identifier: "${zone}"`);
  const parts = formatterFor(zone).formatToParts(date);
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign, hours = '0', minutes = '0', seconds = '0'] =
    /^GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(name) ?? [];
  const size = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
  return sign === '-' ? -size : size;
}

/** A moment in a zone: `local` shows in its UTC fields what a clock there shows. */
interface Moment {
  local: Date;
  offset: number;
}

function momentIn(date: Date, zone: string): Moment {
  const offset = zoneOffset(date, zone);
  return { local: new Date(date.getTime() + offset), offset };
}

/** The days since the first of January, from 0. */
const dayOfYear = (local: Date): number => Math.floor((local.getTime() - Date.UTC(local.getUTCFullYear(), 0, 1)) / DAY);

/** The day of the week from Monday, 1, to Sunday, 7. */
const isoDay = (local: Date): number => local.getUTCDay() || 7;

/** The Thursday of the same ISO week: its year is that of the week. */
const thursdayOf = (local: Date): Date => new Date(local.getTime() + (4 - isoDay(local)) * DAY);

const isoWeek = (local: Date): number => 1 + Math.floor(dayOfYear(thursdayOf(local)) / 7);
const isoYear = (local: Date): number => thursdayOf(local).getUTCFullYear();

/** The week of the year, which begins on a Sunday; 0 before the first one. */
const week = (local: Date): number => Math.floor((dayOfYear(local) + 7 - local.getUTCDay()) / 7);

/** The operator that takes a part of a date, in UTC or in a zone. */
const part =
  (compute: (local: Date) => unknown): Operator =>
  (operand, scope, name) => {
    const single = Array.isArray(operand) && operand.length === 1 ? operand[0] : operand;
    if (Array.isArray(single)) throw located(40536, `${name} accepts exactly one argument if given an array`);
    const isNamed = isDocument(single) && !Object.keys(single)[0]?.startsWith('$');
    const given = isNamed ? namedOperands(single, name, ['date'], ['timezone']) : ({ date: single } as Doc);
    const date = scope.compile(given.date);
    const zone = zoneFrom(given, scope, name);
    return (root) => {
      const [value, timezone] = [date(root), zone(root)];
      if (isNil(value) || timezone === null) return null;
      return compute(momentIn(dateOf(value), timezone).local);
    };
  };

/** The name of the zone; null where it is given as null, or missing. */
function zoneFrom(given: Doc, scope: Scope, name: string): (root: unknown) => string | null {
  if (!Object.hasOwn(given, 'timezone')) return () => 'UTC';
  const zone = scope.compile(given.timezone);
  return (root) => {
    const value = zone(root);
    return isNil(value) ? null : stringOf(value, name, 40517);
  };
}

const digits = (value: number, width: number): string => String(value).padStart(width, '0');

const MONTHS = 'January February March April May June July August September October November December'.split(' ');

/** What stands for each letter of a format, by MongoDB's table of format specifiers. */
const specifiers: Record<string, (moment: Moment) => string> = {
  '%': () => '%',
  b: ({ local }) => (MONTHS[local.getUTCMonth()] as string).slice(0, 3),
  B: ({ local }) => MONTHS[local.getUTCMonth()] as string,
  d: ({ local }) => digits(local.getUTCDate(), 2),
  G: ({ local }) => digits(isoYear(local), 4),
  H: ({ local }) => digits(local.getUTCHours(), 2),
  j: ({ local }) => digits(dayOfYear(local) + 1, 3),
  L: ({ local }) => digits(local.getUTCMilliseconds(), 3),
  m: ({ local }) => digits(local.getUTCMonth() + 1, 2),
  M: ({ local }) => digits(local.getUTCMinutes(), 2),
  S: ({ local }) => digits(local.getUTCSeconds(), 2),
  u: ({ local }) => String(isoDay(local)),
  U: ({ local }) => digits(week(local), 2),
  V: ({ local }) => digits(isoWeek(local), 2),
  w: ({ local }) => String(local.getUTCDay() + 1),
  Y: ({ local }) => digits(local.getUTCFullYear(), 4),
  z: ({ offset }) => {
    const minutes = Math.trunc(Math.abs(offset) / MINUTE);
    return `${offset < 0 ? '-' : '+'}${digits(Math.floor(minutes / 60), 2)}${digits(minutes % 60, 2)}`;
  },
  Z: ({ offset }) => `${offset < 0 ? '-' : '+'}${digits(Math.trunc(Math.abs(offset) / MINUTE), 3)}`,
};

function formatted(moment: Moment, format: string): string {
  return format.replace(/%(.?)/gsu, (_all, letter: string) => {
    const write = specifiers[letter];
    if (write !== undefined) return write(moment);
    if (letter === '') throw located(18535, "Unmatched '%' at end of format string");
    throw located(18536, `Invalid format character '%${letter}' in format string`);
  });
}

const ISO_LOCAL = '%Y-%m-%dT%H:%M:%S.%L';

const $dateToString: Operator = (operand, scope, name) => {
  const given = namedOperands(operand, name, ['date'], ['format', 'timezone', 'onNull']);
  const date = scope.compile(given.date);
  const zone = zoneFrom(given, scope, name);
  const format = Object.hasOwn(given, 'format') ? scope.compile(given.format) : undefined;
  const onNull = scope.compile(Object.hasOwn(given, 'onNull') ? given.onNull : null);
  return (root) => {
    const value = date(root);
    const timezone = zone(root);
    const asked = format === undefined ? `${ISO_LOCAL}${timezone === 'UTC' ? 'Z' : ''}` : format(root);
    if (isNil(value)) return onNull(root);
    if (timezone === null || isNil(asked)) return null;
    const moment = momentIn(dateOf(value), timezone);
    const year = moment.local.getUTCFullYear();
    if (!(year >= 0 && year <= 9999))
      throw new CommandError(18537, 'Location18537', 'the year of a date must lie within 0 and 9999');
    return formatted(moment, stringOf(asked, name, 18533));
  };
};

/** Parts of dates and their text. */
export const dateOperators: Record<string, Operator> = {
  $dateToString,
  $dayOfMonth: part((local) => local.getUTCDate()),
  $dayOfWeek: part((local) => local.getUTCDay() + 1),
  $dayOfYear: part((local) => dayOfYear(local) + 1),
  $hour: part((local) => local.getUTCHours()),
  $isoDayOfWeek: part(isoDay),
  $isoWeek: part(isoWeek),
  $isoWeekYear: part((local) => Long.fromNumber(isoYear(local))),
  $millisecond: part((local) => local.getUTCMilliseconds()),
  $minute: part((local) => local.getUTCMinutes()),
  $month: part((local) => local.getUTCMonth() + 1),
  $second: part((local) => local.getUTCSeconds()),
  $week: part(week),
  $year: part((local) => local.getUTCFullYear()),
};
