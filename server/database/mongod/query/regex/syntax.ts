import { CommandError } from '../../errors.ts';

/** Options of a regular expression, as MongoDB names them: `x` ignores white space and comments in the pattern. */
export interface Flags {
  i: boolean;
  m: boolean;
  s: boolean;
  x: boolean;
}

/** A part of a class: characters from one code point to another, or a set in JavaScript's notation with the flag v. */
export type ClassItem = { from: number; to: number } | { set: string };

/** A pattern of PCRE2, as far as this engine knows it. `i`: upper and lower case are the same there. */
export type Node =
  | { kind: 'character'; code: number; i: boolean }
  | { kind: 'class'; items: ClassItem[]; negated: boolean; i: boolean }
  /** One character of a set that case does not matter to, in JavaScript's notation. */
  | { kind: 'set'; source: string }
  /** Two characters or one, at the end of a line. */
  | { kind: 'newline' }
  /** A place between characters, in JavaScript's notation. `isWord`: it is about words. */
  | { kind: 'place'; source: string; isWord: boolean }
  | { kind: 'sequence'; parts: Node[] }
  | { kind: 'choice'; branches: Node[] }
  | { kind: 'group'; number: number; body: Node }
  | { kind: 'atomic'; body: Node }
  | { kind: 'look'; mark: '=' | '!' | '<=' | '<!'; body: Node }
  | { kind: 'repeat'; body: Node; min: number; max: number; lazy: boolean; possessive: boolean }
  | { kind: 'reference'; group: number; i: boolean };

/** A pattern as it was read. */
export interface Pattern {
  root: Node;
  groups: number;
}

/** The error of a pattern that MongoDB or this engine does not take. */
export const invalidPattern = (reason: string): CommandError =>
  new CommandError(51091, 'Location51091', `Regular expression is invalid: ${reason}`);

/** The error of a pattern that MongoDB takes and this engine does not. */
export const unsupportedPattern = (what: string): CommandError =>
  invalidPattern(`${what} is not supported by this engine`);

/** Sets of characters in the notation of JavaScript, as they stand within a class. PCRE2's are ASCII but for \h, \v and \R. */
const sets = {
  digit: '0-9',
  word: '0-9A-Za-z_',
  space: '\\t-\\r\\x20',
  horizontal: '\\t\\x20\\xa0\\u1680\\u180e\\u2000-\\u200a\\u202f\\u205f\\u3000',
  vertical: '\\n-\\r\\x85\\u2028\\u2029',
} as const;

/** POSIX classes, of ASCII characters. */
export const posix: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\0-\\x7f',
  blank: '\\t\\x20',
  cntrl: '\\0-\\x1f\\x7f',
  digit: sets.digit,
  graph: '!-~',
  lower: 'a-z',
  print: '\\x20-~',
  punct: '!-\\/:-@\\[-`\\{-~',
  space: sets.space,
  upper: 'A-Z',
  word: sets.word,
  xdigit: '0-9A-Fa-f',
};

/** The set that an escape such as \d stands for. */
export function escapedSet(letter: string): { set: string; negated: boolean } | undefined {
  const set = { d: sets.digit, w: sets.word, s: sets.space, h: sets.horizontal, v: sets.vertical }[
    letter.toLowerCase()
  ];
  return set === undefined ? undefined : { set, negated: letter !== letter.toLowerCase() };
}
