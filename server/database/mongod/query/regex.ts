import { failure } from '../errors.ts';

/** A regular expression of MongoDB, ready to be used. */
export interface Expression {
  /** For JavaScript. Use it through `test`, which ends in time. */
  readonly regexp: RegExp;
  /** The longest text that is matched. */
  readonly safeLength: number;
}

/** PCRE2 compiles no longer pattern for MongoDB, in bytes. */
const MAX_PATTERN_BYTES = 32_764;

/** The most characters that a pattern may ask for at least, with its repetitions written out. */
const MAX_SIZE = 50_000;

/** Steps that are over before anybody waits for them: some 50 ms. What may take more is refused. */
const QUICK_STEPS = 20_000_000;
const LONGEST_TEXT = 2 ** 24;

/** A character, a class of characters without classes in it, a dot, or \d; and how often. */
const PIECE =
  /(?:\\(?<escaped>[!-/:-@[-`{-~])|(?<digit>\\d)|(?<dot>\.)|\[(?![:.=])(?<not>\^?)(?<items>(?:[a-zA-Z0-9]-[a-zA-Z0-9]|[^\][\\^-]|\\[!-/:-@[-`{-~])+)\]|(?<plain>[^\\^$.|?*+()[\]{}]))(?<times>[*+?]|\{\d{1,3}(?:,\d{0,3})?\})?/uy;
const ITEM = /(?<from>[a-zA-Z0-9])-(?<to>[a-zA-Z0-9])|\\?(?<single>.)/gsu;

/**
 * Compiles a pattern with MongoDB's options. What is taken means the same in PCRE2 and in JavaScript: characters, escaped
 * punctuation, `.`, `\d`, classes of characters and ranges, each with `*`, `+`, `?` or `{n,m}`; `^` and `$`
 * at the ends; the options i, s and u.
 * @throws CommandError 51108 for an option that MongoDB has not, 51091 for everything else
 */
export function compile(pattern: string, options: string): Expression {
  for (const letter of options) {
    if (letter === 'm' || letter === 'x') throw invalid(`the option ${letter} is not supported by this engine`);
    if (!'isu'.includes(letter)) throw failure(51108, ` invalid flag in regex options: ${letter}`);
  }
  if (pattern.includes('\0')) throw invalid('Regular expression cannot contain an embedded null byte');
  if (Buffer.byteLength(pattern) > MAX_PATTERN_BYTES) throw invalid('Regular expression is too long');
  const { source, size, choices } = translate(pattern, options.includes('s'));
  if (size > MAX_SIZE) throw invalid('Regular expression is too large');
  return { regexp: new RegExp(source, options.includes('i') ? 'iu' : 'u'), safeLength: safeLength(size, choices) };
}

const invalid = (reason: string) => failure(51091, `Regular expression is invalid: ${reason}`);

interface Translation {
  source: string;
  /** How many characters it asks for, at most where that is bounded. */
  size: number;
  /** For each repetition between how many numbers of times it may choose. */
  choices: number[];
}

function translate(pattern: string, dotAll: boolean): Translation {
  const parts: string[] = [];
  const choices: number[] = [];
  let size = 1;
  let at = 0;
  if (pattern.startsWith('^')) parts[at++] = '^';
  while (at < pattern.length) {
    // PCRE2's $ also stands before a line feed that ends the text.
    if (pattern[at] === '$' && at === pattern.length - 1) {
      parts.push('(?=\\n?$)');
      break;
    }
    PIECE.lastIndex = at;
    const found = PIECE.exec(pattern);
    if (found?.groups === undefined)
      throw invalid(`'${pattern.slice(at, at + 20)}' is malformed, or not supported by this engine`);
    const { escaped, digit, dot, not, items, plain, times = '' } = found.groups;
    if (items !== undefined) parts.push(`[${not}${classItems(items)}]${times}`);
    else if (dot !== undefined) parts.push(`${dotAll ? '[\\s\\S]' : '[^\\n]'}${times}`);
    else parts.push(`${digit === undefined ? literal((escaped ?? plain) as string) : '[0-9]'}${times}`);
    const [least, most] = bounds(times);
    if (most < least) throw invalid('numbers out of order in {} quantifier');
    if (most > least) choices.push(most - least + 1);
    size += Number.isFinite(most) ? most : least + 1;
    at = PIECE.lastIndex;
  }
  return { source: parts.join(''), size, choices };
}

/** A character as itself, wherever it stands. */
const literal = (character: string): string =>
  /[0-9A-Za-z]/.test(character) ? character : `\\u{${(character.codePointAt(0) as number).toString(16)}}`;

function classItems(items: string): string {
  return items.replace(ITEM, (_item, from?: string, to?: string, single?: string) => {
    if (from === undefined || to === undefined) return literal(single as string);
    if (from > to) throw invalid('range out of order in character class');
    return `${from}-${to}`;
  });
}

/** The least and the most times of a repetition. */
function bounds(times: string): [least: number, most: number] {
  if (times === '') return [1, 1];
  if (times === '?') return [0, 1];
  if (times === '*' || times === '+') return [times === '*' ? 0 : 1, Number.POSITIVE_INFINITY];
  const [least, most] = times.slice(1, -1).split(',');
  return [Number(least), most === undefined ? Number(least) : most === '' ? Number.POSITIVE_INFINITY : Number(most)];
}

/** The length of a text up to which an attempt to match surely ends soon, in UTF-16 units. */
function safeLength(size: number, choices: readonly number[]): number {
  const stepsFor = (length: number) => choices.reduce((steps, each) => steps * Math.min(each, length), size * length);
  let length = LONGEST_TEXT;
  while (length >= 1 && stepsFor(length) > QUICK_STEPS) length /= 2;
  return Math.floor(length);
}

/** Whether a text matches. @throws CommandError 51156 when the attempt may take too long */
export function test({ regexp, safeLength }: Expression, text: string): boolean {
  if (text.length > safeLength) throw failure(51156, 'a regular expression may take too long on a text of this length');
  return regexp.test(text);
}
