/** Resident identity numbers of the mainland: GB 11643-1999, 18 characters (region 6, birth 8, sequence 3, check 1). */

export type Sex = 'male' | 'female';

interface IdNumber {
  /** The 18 characters in their one written form: ASCII digits, capital X. */
  number: string;
  /** The six digits of GB/T 2260; kept as issued, since codes that were later abolished stay in people's numbers. */
  regionCode: string;
  /** `YYYY-MM-DD` */
  birth: string;
  sex: Sex;
}

export type IdNumberProblem = 'length' | 'characters' | 'birth' | 'check-digit';

export type ParsedIdNumber = { ok: true; value: IdNumber } | { ok: false; reason: IdNumberProblem };

const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_CHARACTERS = '10X98765432';
const EARLIEST_BIRTH = '1900-01-01';

/**
 * The 18th character for the first 17 digits (GB 11643-1999, 5.2: ISO 7064 MOD 11-2).
 * @throws RangeError when the argument is not exactly 17 ASCII digits.
 */
export function checkDigit(first17: string): string {
  if (!/^[0-9]{17}$/.test(first17)) throw new RangeError('the first 17 digits are needed');
  const sum = WEIGHTS.reduce((total, weight, position) => total + weight * Number(first17[position]), 0);
  return CHECK_CHARACTERS[sum % 11]!;
}

/**
 * Reads an identity number as people type or paste it: white space and invisible marks are dropped, full-width
 * characters and a small x are accepted.
 * @param today Beijing day `YYYY-MM-DD`; when given, a later birth is refused.
 */
export function parseIdNumber(text: string, today?: string): ParsedIdNumber {
  const number = normalise(text);
  if (number.length !== 18) return { ok: false, reason: 'length' };
  if (!/^[0-9]{17}[0-9X]$/.test(number)) return { ok: false, reason: 'characters' };
  const birth = `${number.slice(6, 10)}-${number.slice(10, 12)}-${number.slice(12, 14)}`;
  if (!isRealDay(birth) || birth < EARLIEST_BIRTH || (today !== undefined && birth > today)) {
    return { ok: false, reason: 'birth' };
  }
  if (checkDigit(number.slice(0, 17)) !== number[17]) return { ok: false, reason: 'check-digit' };
  const sex: Sex = Number(number[16]) % 2 === 1 ? 'male' : 'female';
  return { ok: true, value: { number, regionCode: number.slice(0, 6), birth, sex } };
}

/** First four and last four characters, stars between; anything of eight characters or fewer is hidden whole. */
export function maskIdNumber(number: string): string {
  if (number.length <= 8) return '*'.repeat(number.length);
  return number.slice(0, 4) + '*'.repeat(number.length - 8) + number.slice(-4);
}

function normalise(text: string): string {
  return text
    .replace(/[\s\p{Cf}]/gu, '')
    .replace(/[０-９Ｘｘ]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
    .replace(/x$/, 'X');
}

function isRealDay(day: string): boolean {
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}
