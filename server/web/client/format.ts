/** How live values are written; the words come from the page, so that they equal the server's. */

/** Words of the page's language, printed by views/partials/head.ejs; %n stands for the number or time. */
export interface UiText {
  lost: string;
  alone: string;
  restored: string;
  refused: string;
  hours: string;
  minutes: string;
  seconds: string;
  asOf: string;
  draftKept: string;
  draftRestored: string;
  draftDiscard: string;
  selected: string;
  close: string;
  failed: string;
}

export type Format = 'text' | 'number' | 'score' | 'duration' | 'percent';

const fill = (template: string, value: string | number): string => template.replace('%n', String(value));

/** Seconds as "1 h 24 min"; below ten minutes as "1 min 46 s". */
export function duration(seconds: number, text: UiText): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  const parts = [hours > 0 && fill(text.hours, hours), minutes > 0 && fill(text.minutes, minutes)];
  if (whole < 60 || (whole < 600 && rest > 0)) parts.push(fill(text.seconds, rest));
  return parts.filter(Boolean).join(' ');
}

/** Part of whole as "12.5%", cut off, never rounded up: 59.99 % of the way is not 60 %. */
export function percent(part: number, whole: number): string {
  if (whole <= 0) return '0%';
  return `${Math.floor((part * 1000) / whole) / 10}%`;
}

/** Writes a value received for a `[data-live]` element; `whole` is needed for percentages only. */
export function format(value: unknown, as: Format, lang: string, text: UiText, whole = 0): string {
  if (typeof value !== 'number') return value === null || value === undefined ? '—' : String(value);
  switch (as) {
    case 'score':
      return (value / 100).toFixed(2);
    case 'duration':
      return duration(value, text);
    case 'percent':
      return percent(value, whole);
    case 'number':
      return new Intl.NumberFormat(lang).format(value);
    default:
      return String(value);
  }
}

/** Beijing time of day, HH:MM, whatever the zone of the device. */
export function timeOfDay(at: number): string {
  return new Intl.DateTimeFormat('en-GB', { timeZone: 'Asia/Shanghai', hour: '2-digit', minute: '2-digit' }).format(at);
}

/** "3 minutes ago"; undefined when it is older than a week, where the written date says more. */
export function ago(at: number, now: number, lang: string): string | undefined {
  const seconds = Math.round((at - now) / 1000);
  const relativeTime = new Intl.RelativeTimeFormat(lang, { numeric: 'auto' });
  const relative = (value: number, unit: Intl.RelativeTimeFormatUnit) =>
    relativeTime.format(value, unit).replace(/(\d)(?=[\u4e00-\u9fff])/, '$1 ');
  const size = Math.abs(seconds);
  if (size < 60) return relative(seconds, 'second');
  if (size < 3600) return relative(Math.trunc(seconds / 60), 'minute');
  if (size < 86_400) return relative(Math.trunc(seconds / 3600), 'hour');
  if (size < 604_800) return relative(Math.trunc(seconds / 86_400), 'day');
  return undefined;
}
