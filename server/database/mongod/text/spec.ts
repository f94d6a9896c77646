import { CommandError } from '../errors.ts';
import { visitPath } from '../query/paths.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { toDouble } from '../values/numeric.ts';
import { indexForm, indexTerms, languageOf, type TextForm, tokensOf } from './tokens.ts';

/** The parts of a text index's specification, as listIndexes shows them. */
export interface TextSpec {
  weights: Record<string, number>;
  default_language: string;
  language_override: string;
}

/** Every string of a document is indexed. */
export const EVERYWHERE = '$**';

const cannot = (message: string) => new CommandError(67, 'CannotCreateIndex', message);

/** Whether a key pattern is that of a text index. */
export const isTextKey = (key: Doc): boolean => Object.values(key).includes('text');

/** Brings the specification of a text index into the form in which MongoDB keeps it. */
export function textSpec(given: Doc): Doc {
  const key = given.key as Doc;
  const weights: Record<string, number> = {};
  const kept: Doc = {};
  for (const [field, kind] of Object.entries(key)) {
    if (kind !== 'text') kept[field] = kind;
    else if (field === '_fts') kept._fts = 'text';
    else {
      weights[field] = 1;
      kept._fts = 'text';
      kept._ftsx = 1;
    }
  }
  for (const [field, weight] of Object.entries((given.weights ?? {}) as Doc)) {
    const value = toDouble(weight);
    if (!(value > 0 && value < 99_999))
      throw cannot(`text index weight must be in the exclusive interval (0,99999) but found: ${value}`);
    weights[field] = value;
  }
  if (given.unique) throw cannot('text indexes cannot be unique');
  const defaultLanguage = given.default_language ?? 'english';
  languageOf(defaultLanguage, 67);
  return {
    ...given,
    key: kept,
    weights,
    default_language: defaultLanguage,
    language_override: given.language_override ?? 'language',
    textIndexVersion: 3,
  };
}

/** The language in which a document's text is read. */
export function documentForm(spec: TextSpec, document: Doc): TextForm {
  const own = document[spec.language_override];
  return indexForm(languageOf(typeof own === 'string' ? own : spec.default_language, 17262));
}

/** Visits each indexed string of a document with the weight of its field. */
export function visitTexts(spec: TextSpec, document: Doc, visit: (text: string, weight: number) => void): void {
  const all = spec.weights[EVERYWHERE];
  const deep = (value: unknown, weight: number): void => {
    if (typeof value === 'string') visit(value, weight);
    else if (Array.isArray(value)) for (const each of value) deep(each, weight);
    else if (isDocument(value)) for (const each of Object.values(value)) deep(each, weight);
  };
  if (all !== undefined) {
    deep(document, all);
    return;
  }
  for (const [path, weight] of Object.entries(spec.weights)) {
    visitPath(document, path.split('.'), (value) => {
      for (const each of Array.isArray(value) ? value : [value]) if (typeof each === 'string') visit(each, weight);
      return false;
    });
  }
}

/** The rows of a document in a text index, one for each of its terms. */
export function textRows(spec: TextSpec, document: Doc): string[][] {
  const form = documentForm(spec, document);
  const terms = new Set<string>();
  visitTexts(spec, document, (text) => {
    for (const token of tokensOf(text, form)) for (const term of indexTerms(token)) terms.add(term);
  });
  return Array.from(terms, (term) => [term]);
}
