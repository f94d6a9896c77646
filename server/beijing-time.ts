/**
 * Days as China counts them. Beijing time is UTC+8 the year round since the last summer time ended on 15 September 1991,
 * so no time-zone data is needed; days before that may be an hour off at their edges, which nothing here relies on.
 * A day is written `YYYY-MM-DD`, so that days sort and compare as strings.
 */

const HOUR_MS = 3_600_000;
const OFFSET_MS = 8 * HOUR_MS;
const DAY_MS = 24 * HOUR_MS;

/** The day that was asked for last, and when it begins: mostly it is today, for every beat of everybody. */
let known = { from: Number.NaN, day: '' };

/** The Beijing day that contains a moment. @throws RangeError for an invalid date. */
export function beijingDay(at: Date | number): string {
  const moment = Number(at);
  if (moment >= known.from && moment < known.from + DAY_MS) return known.day;
  const local = moment + OFFSET_MS;
  const day = new Date(local).toISOString().slice(0, 10);
  known = { from: Math.floor(local / DAY_MS) * DAY_MS - OFFSET_MS, day };
  return day;
}

/** The Beijing hour that contains a moment, 0 to 23. */
export function beijingHour(at: Date | number): number {
  return Math.floor((Number(at) + OFFSET_MS) / HOUR_MS) % 24;
}

/** The first moment of a Beijing day. @throws RangeError when the day is not written `YYYY-MM-DD` or does not exist. */
export function startOfBeijingDay(day: string): Date {
  return new Date(midnightUtc(day) - OFFSET_MS);
}

/** The day `n` days later (earlier when negative). */
export function addDays(day: string, n: number): string {
  return new Date(midnightUtc(day) + n * DAY_MS).toISOString().slice(0, 10);
}

/** Whole days from `a` to `b`: 1 from today to tomorrow, negative when `b` comes first. */
export function daysBetween(a: string, b: string): number {
  return (midnightUtc(b) - midnightUtc(a)) / DAY_MS;
}

function midnightUtc(day: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(ms) || !new Date(ms).toISOString().startsWith(day)) throw new RangeError(`not a day: ${day}`);
  return ms;
}
