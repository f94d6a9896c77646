import { stemmer } from 'stemmer';
import { CommandError, notImplemented } from '../errors.ts';

/** How text is brought into the form in which it is compared. */
export interface TextForm {
  language: 'english' | 'none';
  caseSensitive: boolean;
  diacriticSensitive: boolean;
}

/** What an index holds: no case, no diacritics. */
export const indexForm = (language: TextForm['language']): TextForm => ({
  language,
  caseSensitive: false,
  diacriticSensitive: false,
});

const languages: Record<string, TextForm['language']> = { english: 'english', en: 'english', none: 'none' };
/** What MongoDB stems and this engine does not. */
const unsupported =
  'danish da dutch nl finnish fi french fr german de hungarian hu italian it norwegian nb portuguese pt romanian ro russian ru spanish es swedish sv turkish tr';

/** The language of an index, a search or a document. */
export function languageOf(name: unknown, code: number): TextForm['language'] {
  const language = languages[String(name).toLowerCase()];
  if (language !== undefined) return language;
  if (unsupported.split(' ').includes(String(name).toLowerCase()))
    throw notImplemented(`text search in ${String(name)} is not supported; use the language none`);
  throw new CommandError(
    code,
    code === 2 ? 'BadValue' : `Location${code}`,
    `language is not supported: ${String(name)}`,
  );
}

/** Snowball's English list, which MongoDB uses. */
const stopWords = new Set(
  `i me my myself we our ours ourselves you your yours yourself yourselves he him his himself she her hers herself it its
itself they them their theirs themselves what which who whom this that these those am is are was were be been being have
has had having do does did doing would should could ought a an the and but if or because as until while of at by for with
about against between into through during before after above below to from up down in out on off over under again further
then once here there when where why how all any both each few more most other some such no nor not only own same so than
too very`.split(/\s+/),
);

const WORDS = /[\p{L}\p{N}\p{M}_]+/gu;
const IDEOGRAPHS = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]+/u;

/** A word of a text: its stem, or a run of characters of a script that writes no spaces. */
export interface Token {
  term: string;
  run: boolean;
}

/** Text in the form in which phrases are looked for. */
export function normalize(text: string, { caseSensitive, diacriticSensitive }: TextForm): string {
  let result = text;
  if (!diacriticSensitive) result = result.normalize('NFD').replace(/\p{M}/gu, '').normalize('NFC');
  return caseSensitive ? result : result.toLowerCase();
}

/** The words of a text without stop words. */
export function tokensOf(text: string, form: TextForm): Token[] {
  const tokens: Token[] = [];
  for (const [word] of normalize(text, form).matchAll(WORDS)) {
    for (const part of word.split(new RegExp(`(${IDEOGRAPHS.source})`, 'u'))) {
      if (part === '') continue;
      if (IDEOGRAPHS.test(part)) tokens.push({ term: part, run: true });
      else if (form.language === 'none') tokens.push({ term: part, run: false });
      else if (!stopWords.has(part.toLowerCase())) tokens.push({ term: stem(part), run: false });
    }
  }
  return tokens;
}

/** The stem in the word's own case, which `stemmer` does not keep. */
function stem(word: string): string {
  const lower = stemmer(word);
  return word.toLowerCase().startsWith(lower) ? word.slice(0, lower.length) : lower;
}

/** What an index holds of a token: its stem; of a run each character and each pair, by which every part of it is found. */
export function indexTerms({ term, run }: Token): string[] {
  if (!run) return [term];
  const characters = Array.from(term);
  const pairs = characters.slice(1).map((each, at) => `${characters[at]}${each}`);
  return [...characters, ...pairs];
}

/** The index term that every text with this token has. */
export const lookupTerm = ({ term, run }: Token): string => (run ? Array.from(term).slice(0, 2).join('') : term);
