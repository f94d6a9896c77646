/**
 * Documents by which people are registered: the identity number, and what those have who have none. Pure.
 * Rules: GB 11643-1999; 港澳台居民居住证申领发放办法 (2018, article 3: codes 810000, 820000, 830000 within an 18-character
 * number); 外国人永久居留身份证 (2017 edition: three letters and twelve digits; 2023 edition: 18 characters that begin with 9);
 * 往来内地通行证 (H or M and eight digits, two more for the issue until 2013); 台湾居民来往大陆通行证 (eight digits; ten and a
 * letter on the old booklet); passports (ICAO 9303-4: up to nine characters; some states issue longer ones).
 */
import { plainText, settled } from '../normalise/text.ts';
import { type IdNumberProblem, parseIdNumber, type Sex } from './id-number.ts';

export const idDocumentKinds = [
  'id-number',
  'residence-permit',
  'permanent-residence',
  'hong-kong-macau-permit',
  'taiwan-permit',
  'passport',
] as const;
export type IdDocumentKind = (typeof idDocumentKinds)[number];

export interface IdDocument {
  kind: IdDocumentKind;
  /** In its one written form: ASCII, capital letters, no spaces. */
  number: string;
  /** `YYYY-MM-DD`, where the number says it. */
  birth?: string;
  sex?: Sex;
}

type IdDocumentProblem = IdNumberProblem | 'document';
export type ParsedIdDocument = { ok: true; value: IdDocument } | { ok: false; reason: IdDocumentProblem };

const residence = /^8[123]0000/;
/** Kinds whose numbers cannot be taken for another's, in the order in which they are tried. */
const unmistakable: readonly [IdDocumentKind, RegExp][] = [
  ['permanent-residence', /^[A-Z]{3}\d{12}$/],
  ['hong-kong-macau-permit', /^[HM]\d{8}(\d{2})?$/],
  ['passport', /^(E[A-Z0-9]|G\d|[DSP]E?)\d{7}$/],
];
/** Kinds whose numbers look like others or like slips of the pen: only where somebody said what they are. */
const named: Partial<Record<IdDocumentKind, RegExp>> = {
  'taiwan-permit': /^(\d{8}|\d{10}[A-Z]?)$/,
  passport: /^[A-Z0-9]{5,17}$/,
};

/**
 * Reads the number of a document as people type or paste it.
 * @param today Beijing day `YYYY-MM-DD`; a later birth is refused
 * @param kind what the document is said to be; without it only kinds are recognised that cannot be mistaken
 */
export function parseIdDocument(text: string, today?: string, kind?: IdDocumentKind): ParsedIdDocument {
  const asNumber = parseIdNumber(text, today);
  if (asNumber.ok) {
    const { birth, sex, number } = asNumber.value;
    const found = residence.test(number)
      ? 'residence-permit'
      : number.startsWith('9')
        ? 'permanent-residence'
        : 'id-number';
    if (kind === undefined || kind === found) return { ok: true, value: { kind: found, number, birth, sex } };
    return { ok: false, reason: 'document' };
  }
  const number = documentNumber(text);
  const [recognised] = unmistakable.find(([, pattern]) => pattern.test(number)) ?? [];
  if (recognised && (kind === undefined || kind === recognised))
    return { ok: true, value: { kind: recognised, number } };
  if (kind && named[kind]?.test(number)) return { ok: true, value: { kind, number } };
  // What is said to be another document, or begins like one, is not told about digits of an identity number.
  const isOther = kind !== undefined && kind !== 'id-number' && kind !== 'residence-permit';
  return { ok: false, reason: isOther ? 'document' : asNumber.reason };
}

/** The one written form of any document's number: ASCII, capital letters, without spaces, dashes and brackets. */
export const documentNumber = settled((text) =>
  plainText(text)
    .toUpperCase()
    .replace(/[\s\p{Pd}()]/gu, ''),
);
