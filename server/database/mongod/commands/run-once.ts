import type { Engine } from '../engine.ts';
import type { CommandError } from '../errors.ts';
import { checkTime, Slices } from '../pauses.ts';
import type { Target } from '../storage/documents.ts';
import type { Doc } from '../values/codec.ts';
import type { Command } from './context.ts';
import { Interrupted } from './long-search.ts';
import {
  checkTurn,
  endsCommand,
  isOrdered,
  newProgress,
  type Progress,
  resumeProgress,
  savedProgress,
  shortened,
} from './progress.ts';

/**
 * Runs the statements of a bulk command, in the transaction or in a group; a retryable command that was run before
 * answers what it answered then.
 */
export async function runStatements(
  engine: Engine,
  command: Command,
  total: number,
  each: (target: Target, at: number, progress: Progress) => void,
  replyOf: (progress: Progress) => Doc,
): Promise<Doc> {
  const progress = newProgress();
  const run = statementsIn(command, total, progress, {
    each: (target, at) => each(target, at, progress),
    failed: ({ code, extra, message }, index) => progress.errors.push({ index, code, ...extra, errmsg: message }),
  });
  const answer = () => {
    const { errors } = progress;
    const reply = replyOf(progress);
    return errors.length === 0 ? reply : { ...reply, writeErrors: shortened(errors) };
  };
  return runOnce(engine, command, run, answer, {
    save: () => savedProgress(progress),
    resume: (saved) => resumeProgress(progress, saved),
  });
}

/** What is done for each statement of a command, and for one that fails. */
interface StatementRun {
  each(target: Target, at: number): void;
  failed(error: CommandError, at: number): void;
}

/**
 * Runs the statements of a command from where its progress stands; an ordered one ends with the first that fails. It is called
 * again, and goes on, after it has thrown because it has to wait.
 */
export function statementsIn(
  command: Command,
  total: number,
  progress: Progress,
  { each, failed }: StatementRun,
): (target: Target) => void {
  const ordered = isOrdered(command.body);
  const inTransaction = command.transaction !== undefined;
  return (target) => {
    const began = performance.now();
    while (progress.next < total) {
      checkTime(command.deadline);
      checkTurn(began);
      const at = progress.next;
      try {
        each(target, at);
      } catch (error) {
        if (endsCommand(error, inTransaction)) throw error;
        failed(error as CommandError, at);
        if (ordered) progress.next = total;
      }
      progress.next++;
      progress.applied.clear();
      progress.search.reset();
    }
  };
}

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
      if (done !== undefined) sessions.storeProgress(target.view, body, done);
      throw error;
    }
    reply = replyOf();
    if (retryable) sessions.storeReply(target.view, body, reply);
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
      await error.resume(new Slices(engine.turns, command));
    }
  }
}
