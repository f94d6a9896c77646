/** Names of people: one form for what is stored, one key for what is compared. Pure. */
import { plainText, settled } from './text.ts';

/** Dots between the parts of a name, as keyboards, fonts and old encodings have them. */
const dots = /[·•‧∙⋅・･᛫ꞏㆍᆞ⸱⸳●◦⦁]/g;
/** Stops count as a dot where they stand between Chinese characters, as in 阿依古丽.买买提. */
const stopBetweenHan = /(?<=[\p{Script=Han}〇])\s?[.。]\s?(?=[\p{Script=Han}〇])/gu;
/** Circles that stand for the character 〇 (U+3007). */
const circles = /[○◯⚪⭕]/g;
/** Spaces beside a Chinese character or a dot: 王　芳, 阿依古丽 · 买买提. */
const spacesInside = /\s+(?=[\p{Script=Han}〇·])|(?<=[\p{Script=Han}〇·])\s+/gu;

/** A name as it is stored and shown: 王芳, 阿依古丽·买买提, 李〇, Anna-Maria O'Neill. */
export const normaliseName = settled((text) =>
  plainText(text.replace(dots, '·'))
    .replace(circles, '〇')
    .replace(/[’‘ʼ`´]/g, "'")
    .replace(/[‐‑‒–]/g, '-')
    .replace(dots, '·')
    .replace(stopBetweenHan, '·')
    .replace(spacesInside, '')
    .replace(/·+/g, '·')
    .replace(/^[·\s]+|[·\s]+$/g, ''),
);

/** Whether a normalised name can be one: letters, and what joins them; at most 40 characters. */
export const isName = (name: string): boolean => /^[\p{L}〇][\p{L}\p{M}〇 ·.,'-]{0,39}$/u.test(name);

/** What two ways of writing the same name have in common: case, spaces, dots and joining marks aside. */
export const nameKey = settled((name) =>
  normaliseName(name)
    .toLowerCase()
    .replace(/[\s·.。,'-]/g, ''),
);

export const isSameName = (a: string, b: string): boolean => nameKey(a) === nameKey(b);
