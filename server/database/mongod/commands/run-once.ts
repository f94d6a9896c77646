import type { Engine } from '../engine.ts';
import { CommandError } from '../errors.ts';
import { checkTime, Slices } from '../pauses.ts';
import type { Target } from '../storage/documents.ts';
import type { Doc } from '../values/codec.ts';
import { type Command, isSet } from './context.ts';
import { Interrupted, Matches } from './matching.ts';

/** What one statement has done; it survives when the statement has to wait. */
export class Outcome {
  n = 0;
  nModified = 0;
  upserted: { _id: unknown } | undefined;
  readonly matches = new Matches();
}

/** The statements of a command. `done` is what all of them have done, in a form that can be stored. */
interface Statements {
  total: number;
  done: Doc;
  run(target: Target, at: number, outcome: Outcome): void;
  ended(at: number, outcome: Outcome): void;
  failed(at: number, error: CommandError, outcome: Outcome): void;
  reply(): Doc;
}

/** How long the statements of one command may go on in one group of writes, in milliseconds: more than 1,000 short ones take. */
const MAX_TURN = 50;

/**
 * Runs the statements of a command, in the transaction or in a group; an ordered command ends with the first that fails. A
 * retryable command that was run before answers what it answered then.
 */
export function runStatements(engine: Engine, command: Command, statements: Statements): Promise<Doc> {
  const { total, done } = statements;
  const { ordered } = command.body;
  const isOrdered = ordered === undefined || ordered === null || isSet(ordered);
  let next = 0;
  let outcome = new Outcome();
  const run = (target: Target) => {
    const began = performance.now();
    for (; next < total; next++) {
      checkTime(command.deadline);
      if (performance.now() - began > MAX_TURN) throw new Interrupted();
      const at = next;
      try {
        statements.run(target, at, outcome);
        statements.ended(at, outcome);
      } catch (error) {
        if (endsCommand(error, command)) throw error;
        statements.failed(at, error as CommandError, outcome);
        if (isOrdered) next = total;
      }
      outcome = new Outcome();
    }
  };
  return runOnce(engine, command, run, statements.reply, {
    save: () => (next === 0 ? undefined : { next, ...done }),
    resume: ({ next: begun, ...saved }) => {
      // Another sending of the command may have finished the statement that this one was in.
      if (begun !== next) outcome = new Outcome();
      next = begun as number;
      Object.assign(done, saved);
    },
  });
}

const MAX_TIME_EXPIRED = 50;
const WRITE_CONFLICT = 112;

/** Whether what a statement throws is no error of this statement alone. */
const endsCommand = (error: unknown, { transaction }: Command): boolean =>
  !(error instanceof CommandError) ||
  error.code === MAX_TIME_EXPIRED ||
  (transaction !== undefined && (error.labels.length > 0 || error.code === WRITE_CONFLICT));

/** How far a write of several statements has come. */
interface Steps {
  /** In a form that can be stored; undefined when nothing has been done. */
  save(): Doc | undefined;
  /** Goes on from what the same command, sent before, has done. */
  resume(saved: Doc): void;
}

/**
 * Runs a write, each statement of it once even if its retryable command arrives twice: after it was done, while it waits for a
 * transaction in the middle of its `steps`, or after its time was over there or the engine was killed.
 */
export async function runOnce(
  engine: Engine,
  command: Command,
  run: (target: Target) => void,
  replyOf: () => Doc,
  steps?: Steps,
): Promise<Doc> {
  const { body, transaction } = command;
  if (transaction !== undefined) {
    await untilDone(engine, command, () => run(engine.transactions.target(transaction)));
    return replyOf();
  }
  const { sessions } = engine;
  const retryable = body.txnNumber !== undefined;
  let reply: Doc | undefined;
  const job = (target: Target) => {
    const known = retryable ? sessions.remembered(target.view, body) : undefined;
    reply = known?.reply;
    if (reply !== undefined) return;
    if (known?.progress !== undefined) steps?.resume(known.progress);
    try {
      run(target);
    } catch (error) {
      const done = retryable ? steps?.save() : undefined;
      if (done !== undefined) sessions.remember(target.view, body, { progress: done });
      throw error;
    }
    reply = replyOf();
    if (retryable) sessions.remember(target.view, body, { reply });
  };
  await untilDone(engine, command, () => engine.transactions.write(job, command.deadline));
  return reply as Doc;
}

/** Runs a write to its end, however often it lets others have their turn. */
async function untilDone(engine: Engine, command: Command, run: () => Promise<void> | void): Promise<void> {
  for (;;) {
    try {
      await run();
      return;
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
      await engine.store.settled();
      await error.resume(new Slices(engine.scheduler, command));
    }
  }
}

/** The length that the texts of one command's errors may have together, in UTF-16 units; then errors come without theirs. */
const MAX_ERROR_TEXT = 1024 * 1024;

/** Takes the texts from the last of many errors, as MongoDB does: an answer must not become too large after everything was done. */
export function shortened(errors: readonly Doc[]): Doc[] {
  let length = 0;
  return errors.map((error) => {
    if (error.errmsg === undefined) return error;
    length += JSON.stringify(error).length;
    if (length <= MAX_ERROR_TEXT) return error;
    const { keyPattern: _pattern, keyValue: _value, ...rest } = error;
    return { ...rest, errmsg: '' };
  });
}
