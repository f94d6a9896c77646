import { badValue, failedToParse, typeMismatch } from '../errors.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { documentForm, type TextSpec, visitTexts } from './spec.ts';
import { languageOf, lookupTerm, normalize, type TextForm, type Token, tokensOf } from './tokens.ts';

/** A compiled $text: which documents it finds, how well, and the index terms of which each has at least one. */
export interface TextSearch {
  matches(document: Doc): boolean;
  score(document: Doc): number;
  terms: string[];
}

interface Query {
  terms: Token[];
  negated: Token[];
  phrases: string[];
  negatedPhrases: string[];
}

const options = new Set(['$search', '$language', '$caseSensitive', '$diacriticSensitive']);

/** Compiles the operand of $text for an index: words are alternatives, phrases are required, `-` excludes. */
export function compileText(spec: TextSpec, operand: unknown): TextSearch {
  if (!isDocument(operand)) throw badValue('$text expects an object');
  for (const name of Object.keys(operand)) if (!options.has(name)) throw badValue(`extra fields in $text: ${name}`);
  const { $search: search, $language: language, $caseSensitive, $diacriticSensitive } = operand;
  if (search === undefined) throw failedToParse("$text needs the field '$search'");
  if (typeof search !== 'string') throw typeMismatch('$search requires a string value');
  const form: TextForm = {
    language: languageOf(language ?? spec.default_language, 2),
    caseSensitive: $caseSensitive === true,
    diacriticSensitive: $diacriticSensitive === true,
  };
  const query = parse(search, form);
  const textForm = (document: Doc): TextForm => ({ ...form, language: documentForm(spec, document).language });
  return {
    matches: (document) => isMatch(query, textsOf(spec, document, textForm(document))),
    score: (document) => scoreOf(query.terms, textsOf(spec, document, textForm(document))),
    terms: [...new Set(query.terms.map((each) => lookupTerm(normalizedToken(each))))],
  };
}

const normalizedToken = ({ term, run }: Token): Token => ({
  term: normalize(term, { language: 'none', caseSensitive: false, diacriticSensitive: false }),
  run,
});

function parse(search: string, form: TextForm): Query {
  const query: Query = { terms: [], negated: [], phrases: [], negatedPhrases: [] };
  for (const [, sign, phrase, word] of search.matchAll(/(?<=^|\s)(-?)(?:"([^"]*)"?|(\S+))/g)) {
    const text = phrase ?? (word as string);
    const tokens = tokensOf(text, form);
    if (sign === '') {
      query.terms.push(...tokens);
      if (phrase !== undefined) query.phrases.push(normalize(phrase, form));
    } else if (phrase === undefined) query.negated.push(...tokens);
    else query.negatedPhrases.push(normalize(phrase, form));
  }
  const seen = new Set<string>();
  query.terms = query.terms.filter(({ term }) => !seen.has(term) && seen.add(term));
  return query;
}

interface Text {
  normal: string;
  tokens: Token[];
  weight: number;
}

function textsOf(spec: TextSpec, document: Doc, form: TextForm): Text[] {
  const texts: Text[] = [];
  visitTexts(spec, document, (text, weight) => {
    texts.push({ normal: normalize(text, form), tokens: tokensOf(text, form), weight });
  });
  return texts;
}

function isMatch({ terms, negated, phrases, negatedPhrases }: Query, texts: readonly Text[]): boolean {
  const has = (wanted: Token) => texts.some((text) => occurrences(wanted, text) > 0);
  const includes = (phrase: string) => texts.some(({ normal }) => normal.includes(phrase));
  return terms.some(has) && phrases.every(includes) && !negated.some(has) && !negatedPhrases.some(includes);
}

function occurrences({ term, run }: Token, { tokens }: Text): number {
  if (!run) return tokens.filter((each) => each.term === term).length;
  return tokens.reduce((sum, each) => sum + (each.run ? each.term.split(term).length - 1 : 0), 0);
}

/**
 * MongoDB's score (version 3 of its text index): of each string, the sum over the terms found of the field's weight,
 * times a frequency in which every further occurrence counts half, times the term's share of the words; a tenth more
 * for a string that is the term.
 */
function scoreOf(terms: readonly Token[], texts: readonly Text[]): number {
  let score = 0;
  for (const text of texts) {
    for (const wanted of terms) {
      const count = occurrences(wanted, text);
      if (count === 0) continue;
      const frequency = 2 - 2 ** (1 - count);
      const share = (0.5 * count) / text.tokens.length + 0.5;
      score += text.weight * frequency * Math.min(share, 1) * (text.normal === wanted.term ? 1.1 : 1);
    }
  }
  return score;
}
