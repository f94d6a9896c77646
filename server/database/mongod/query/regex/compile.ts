import { type Context, createContext, Script } from 'node:vm';
import { CommandError } from '../../errors.ts';
import { safeLength } from './cost.ts';
import { parse } from './parse.ts';
import { type Flags, invalidPattern } from './syntax.ts';
import { translate } from './translate.ts';

/** A regular expression of MongoDB, ready to be used. */
export interface Expression {
  /** For JavaScript. Use it through `test`, which ends in time. */
  readonly regexp: RegExp;
  /** Texts up to this length are matched at once; longer ones under a watch. */
  readonly safeLength: number;
}

/** The time that a command has left, in milliseconds. */
export type Remaining = (() => number) | undefined;

/** PCRE2 compiles no longer pattern for MongoDB, in bytes. */
const MAX_PATTERN_BYTES = 32_764;

/** How long one text may take, in milliseconds: a pattern that goes back and forth may take for ever. */
const MAX_TIME = 1000;

const REMEMBERED = 500;
/** Longer patterns are compiled anew: what V8 makes of them takes memory. */
const MAX_REMEMBERED_LENGTH = 500;
const known = new Map<string, Expression>();

/**
 * Compiles a pattern with MongoDB's options (i, m, s, x; u is always so).
 * @throws CommandError 51108 for another option, 51091 for a pattern that PCRE2 or this engine does not take
 */
export function compile(pattern: string, options: string): Expression {
  const name = `${options}/${pattern}`;
  let expression = known.get(name);
  if (expression === undefined) {
    expression = build(pattern, options);
    if (known.size >= REMEMBERED) known.clear();
    if (name.length <= MAX_REMEMBERED_LENGTH) known.set(name, expression);
  }
  return expression;
}

function build(pattern: string, options: string): Expression {
  if (pattern.includes('\0')) throw invalidPattern('Regular expression cannot contain an embedded null byte');
  if (Buffer.byteLength(pattern) > MAX_PATTERN_BYTES) throw invalidPattern('Regular expression is too long');
  const { root, groups } = parse(pattern, flagsOf(options));
  const { source, flags } = translate({ root, groups });
  try {
    const regexp = new RegExp(source, flags);
    regexp.test('');
    return { regexp, safeLength: safeLength(root) };
  } catch (error) {
    throw invalidPattern((error as Error).message);
  }
}

function flagsOf(options: string): Flags {
  for (const letter of options)
    if (!'imsxu'.includes(letter))
      throw new CommandError(51108, 'Location51108', ` invalid flag in regex options: ${letter}`);
  const has = (letter: string) => options.includes(letter);
  return { i: has('i'), m: has('m'), s: has('s'), x: has('x') };
}

/** Whether a text matches. @throws CommandError 50 when the command's time is over before, 51156 when it takes too long */
export function test({ regexp, safeLength }: Expression, text: string, remaining?: Remaining): boolean {
  return text.length <= safeLength ? regexp.test(text) : watched(regexp, text, remaining);
}

let box: { context: Context; script: Script } | undefined;

/** Matches as code that V8 ends after a time: it costs a thread for that, 0.1 ms. */
function watched(regexp: RegExp, text: string, remaining: Remaining): boolean {
  box ??= { context: createContext({ regexp, text }), script: new Script('regexp.test(text)') };
  box.context.regexp = regexp;
  box.context.text = text;
  const left = remaining?.() ?? Number.POSITIVE_INFINITY;
  const timeout = Math.max(1, Math.ceil(Math.min(MAX_TIME, left)));
  try {
    return box.script.runInContext(box.context, { timeout }) as boolean;
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
    if (left <= MAX_TIME) throw new CommandError(50, 'MaxTimeMSExpired', 'operation exceeded time limit');
    throw new CommandError(51156, 'Location51156', 'a regular expression takes too long on a text');
  } finally {
    box.context.regexp = undefined;
    box.context.text = undefined;
  }
}
