import { beijingDay, beijingHour, startOfBeijingDay } from '../beijing-time.ts';
import type { Language } from '../languages.ts';
import { formFor } from './plural.ts';

/** Figures and times as people read them; times are Beijing time. */
export interface Formatters {
  number(value: number): string;
  /** A unit as it follows a number as written: the fitting one of `[person|people]`. */
  unit(forms: string, written: string): string;
  /** Hundredths as 82.50. */
  score(hundredths: number): string;
  percent(part: number, whole: number): string;
  /** Seconds as 1 小时 24 分; below ten minutes as 1 分 46 秒. */
  duration(seconds: number): string;
  date(at: Date | number | string): string;
  dateTime(at: Date | number | string): string;
  time(at: Date | number | string): string;
  /** “3 分钟前”, beyond a week the date. */
  ago(at: Date | number | string, now?: number): string;
}

const timeZone = 'Asia/Shanghai';

function create(language: Language): Formatters {
  const number = new Intl.NumberFormat(language);
  const score = new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  const percent = new Intl.NumberFormat(language, {
    style: 'percent',
    maximumFractionDigits: 1,
    roundingMode: 'trunc',
  });
  const date = perDay(new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone }));
  const midnight = perDay(
    new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'short', hourCycle: 'h23', timeZone }),
  );
  const relativeTime = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const relative = (value: number, unit: Intl.RelativeTimeFormatUnit) =>
    relativeTime.format(value, unit).replace(/(\d)(?=[\u4e00-\u9fff])/, '$1 ');
  const [hour, minute, second] = language === 'en' ? [' h', ' min', ' s'] : [' 小时', ' 分', ' 秒'];
  return {
    number: (value) => number.format(value),
    unit: (forms, written) => formFor(written, forms),
    score: (hundredths) => score.format(hundredths / 100),
    percent: (part, whole) => percent.format(whole > 0 ? part / whole : 0),
    duration(seconds) {
      const whole = Math.max(0, Math.floor(seconds));
      const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
      const parts = [hours > 0 && `${hours}${hour}`, minutes > 0 && `${minutes}${minute}`];
      if (whole < 60 || (whole < 600 && rest > 0)) parts.push(`${rest}${second}`);
      return parts.filter(Boolean).join(' ');
    },
    date,
    dateTime: (at) => midnight(at).replace('00:00', clock(at)),
    time: clock,
    ago(at, now = Date.now()) {
      const seconds = Math.round((new Date(at).getTime() - now) / 1000);
      const distance = Math.abs(seconds);
      if (distance < 60) return relative(Math.sign(seconds) * Math.floor(distance), 'second');
      if (distance < 3600) return relative(Math.trunc(seconds / 60), 'minute');
      if (distance < 86_400) return relative(Math.trunc(seconds / 3600), 'hour');
      if (distance < 7 * 86_400) return relative(Math.trunc(seconds / 86_400), 'day');
      return date(at);
    },
  };
}

const mostDays = 5_000;

/** What a format says of the beginning of a moment's day; asked of `Intl` once a day, a table asks for each row. */
function perDay(format: Intl.DateTimeFormat): (at: Date | number | string) => string {
  const known = new Map<string, string>();
  return (at) => {
    const day = beijingDay(new Date(at));
    const kept = known.get(day);
    if (kept !== undefined) return kept;
    if (known.size >= mostDays) known.clear();
    const text = format.format(startOfBeijingDay(day));
    known.set(day, text);
    return text;
  };
}

/** 09:05 */
function clock(at: Date | number | string): string {
  const moment = new Date(at);
  // Beijing is whole hours from UTC.
  return [beijingHour(moment), moment.getUTCMinutes()].map((part) => String(part).padStart(2, '0')).join(':');
}

const formatters: Record<Language, Formatters> = { 'zh-CN': create('zh-CN'), en: create('en') };

export const formattersOf = (language: Language): Formatters => formatters[language];
