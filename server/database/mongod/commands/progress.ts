import { CommandError } from '../errors.ts';
import type { Doc } from '../values/codec.ts';
import { toDouble } from '../values/numeric.ts';
import { isSet } from './context.ts';
import { Interrupted, LongSearch } from './long-search.ts';

interface WriteError {
  index: number;
  code: number;
  errmsg: string;
  [extra: string]: unknown;
}

/** What a bulk command has done so far; it survives when the command has to wait and goes on. */
export interface Progress {
  next: number;
  n: number;
  modified: number;
  upserted: { index: number; _id: unknown }[];
  errors: WriteError[];
  /** Documents that the current statement has changed already. */
  applied: Set<string>;
  /** The search of the current statement, where it takes long. */
  search: LongSearch;
  /** What had been done when the statement at `next` began. */
  begun?: { next: number; n: number; modified: number; upserted: number };
}

export const newProgress = (): Progress => ({
  next: 0,
  n: 0,
  modified: 0,
  upserted: [],
  errors: [],
  applied: new Set(),
  search: new LongSearch(),
});

/** How long the statements of one command may go on in one group of writes, in milliseconds: more than 1,000 short ones take. */
const MAX_TURN = 50;

/** @throws Interrupted when a command's statements have kept others waiting for long enough */
export function checkTurn(began: number): void {
  if (performance.now() - began > MAX_TURN) throw new Interrupted((slices) => slices.pause());
}

/** Whether what a statement throws is no error of this statement alone. */
export const endsCommand = (error: unknown, inTransaction: boolean): error is Error =>
  !(error instanceof CommandError) ||
  error.code === MAX_TIME_EXPIRED ||
  (inTransaction && (error.labels.length > 0 || error.code === WRITE_CONFLICT));

const MAX_TIME_EXPIRED = 50;
const WRITE_CONFLICT = 112;

/** Statements are run in order up to the first error, unless a command says otherwise. */
export const isOrdered = ({ ordered }: Doc): boolean => ordered === undefined || ordered === null || isSet(ordered);

/** What a repetition of the command has to know of the statements that were run; undefined before the first is. */
export function savedProgress({ next, n, modified, upserted, errors }: Progress): Doc | undefined {
  return next === 0 ? undefined : { next, n, modified, upserted, errors };
}

export function resumeProgress(progress: Progress, saved: Doc): void {
  const next = toDouble(saved.next);
  if (next !== progress.next) {
    // Another sending of the command has finished the statement that this one was in.
    progress.applied.clear();
    progress.search.reset();
  }
  progress.next = next;
  progress.n = toDouble(saved.n);
  progress.modified = toDouble(saved.modified);
  progress.upserted = saved.upserted as Progress['upserted'];
  progress.errors = saved.errors as WriteError[];
}

/** The length that the texts of one command's errors may have together, in UTF-16 units; then errors come without theirs. */
const MAX_ERROR_TEXT = 1024 * 1024;

/** Takes the texts from the last of many errors, as MongoDB does: an answer must not become too large after everything was done. */
export function shortened<T extends { errmsg?: unknown }>(errors: readonly T[]): T[] {
  let length = 0;
  return errors.map((error) => {
    if (error.errmsg === undefined) return error;
    length += JSON.stringify(error).length;
    if (length <= MAX_ERROR_TEXT) return error;
    const { keyPattern: _pattern, keyValue: _value, ...rest } = error as T & Doc;
    return { ...rest, errmsg: '' } as unknown as T;
  });
}
