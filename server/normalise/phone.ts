/** Mobile phones of the mainland: eleven digits from 1. Pure. */
import { plainText } from './text.ts';

/** Marks that people set between the digits. */
const marks = /[\s\p{Pd}()'"‘’“”.·_]/gu;

/**
 * The eleven digits of a mobile phone however it is typed (spaces, dashes, +86, full width, exponents that kept every
 * digit), or undefined where the text is none, or more than one.
 */
export function normalisePhone(text: string): string | undefined {
  const typed = plainText(text)
    .replace(/^[手机电话号码]*:/, '')
    .replace(/^(\d+)\.0+$/, '$1');
  const digits = withoutExponent(typed).replace(marks, '');
  const number = digits.replace(/^(?:\+|00)?86(?=1\d{10}$)/, '');
  return /^1\d{10}$/.test(number) ? number : undefined;
}

/** 1.3800001001E+10 is 13800001001; 1.38E+10 has lost digits and stays as it is. */
function withoutExponent(text: string): string {
  const [, whole, fraction = '', exponent] = /^(\d)(?:\.(\d+))?e\+?(\d{1,2})$/i.exec(text) ?? [];
  return whole && fraction.length === Number(exponent) ? whole + fraction : text;
}
