import { compileChange } from '../aggregation/pipeline.ts';
import type { Engine } from '../engine.ts';
import { CommandError, failedToParse } from '../errors.ts';
import { compileFilter, type MatchContext } from '../query/matcher.ts';
import type { Found } from '../query/scan.ts';
import type { Collection } from '../storage/catalog.ts';
import {
  claimDocument,
  insertDocument,
  prepareInsert,
  removeDocument,
  replaceDocument,
  storePatched,
  type Target,
} from '../storage/documents.ts';
import { Held } from '../storage/transactions.ts';
import { EncodedUpdate } from '../update/encoded-update.ts';
import { compileUpdate, isReplacement, type Update } from '../update/update.ts';
import { upsertDocument } from '../update/upsert.ts';
import { type Doc, encode, encodeForStorage, isDocument } from '../values/codec.ts';
import { typeName } from '../values/compare.ts';
import { decode } from '../values/decode.ts';
import { toDouble } from '../values/numeric.ts';
import { type Command, collectionName, type Handler, matchContext, statementsOf } from './context.ts';
import { checkStatement } from './fields.ts';
import { matching } from './matching.ts';
import { pipelineContext } from './sources.ts';
import { readUpdate, type UpdateStatement } from './update-statement.ts';

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
}

export const newProgress = (): Progress => ({
  next: 0,
  n: 0,
  modified: 0,
  upserted: [],
  errors: [],
  applied: new Set(),
});

/**
 * Runs the statements of a bulk command, in the transaction or in a group; a retryable command that was run before
 * answers what it answered then.
 */
async function runStatements(
  engine: Engine,
  command: Command,
  total: number,
  each: (target: Target, at: number, progress: Progress) => void,
  replyOf: (progress: Progress) => Doc,
): Promise<Doc> {
  const progress = newProgress();
  const ordered = command.body.ordered !== false;
  const inTransaction = command.transaction !== undefined;
  const run = (target: Target) => {
    while (progress.next < total) {
      const at = progress.next;
      try {
        each(target, at, progress);
      } catch (error) {
        if (!(error instanceof CommandError) || isFinal(error, inTransaction)) throw error;
        progress.errors.push({ index: at, code: error.code, ...error.extra, errmsg: error.message });
        if (ordered) progress.next = total;
      }
      progress.next++;
      progress.applied.clear();
    }
  };
  const answer = () => {
    const { errors } = progress;
    const reply = replyOf(progress);
    return errors.length === 0 ? reply : { ...reply, writeErrors: errors };
  };
  return runOnce(engine, command, run, answer, {
    save: () => savedProgress(progress),
    resume: (saved) => resumeProgress(progress, saved),
  });
}

/** Whether an error ends the command, rather than its statement: the time is over, or the transaction is. */
export const isFinal = (error: CommandError, inTransaction: boolean): boolean =>
  error.code === 50 || (inTransaction && error.labels.length > 0);

/** What a repetition of the command has to know of the statements that were run; undefined before the first is. */
export function savedProgress({ next, n, modified, upserted, errors }: Progress): Doc | undefined {
  return next === 0 ? undefined : { next, n, modified, upserted, errors };
}

export function resumeProgress(progress: Progress, saved: Doc): void {
  progress.next = toDouble(saved.next);
  progress.n = toDouble(saved.n);
  progress.modified = toDouble(saved.modified);
  progress.upserted = saved.upserted as Progress['upserted'];
  progress.errors = saved.errors as WriteError[];
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
 * transaction in the middle of its `steps`, or after a crash in between.
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
    run(engine.transactions.target(transaction));
    return replyOf();
  }
  const { sessions } = engine;
  const retryable = body.txnNumber !== undefined;
  let reply: Doc | undefined;
  await engine.transactions.write((target) => {
    const known = retryable ? sessions.remembered(target.view, body) : undefined;
    reply = known?.reply;
    if (reply !== undefined) return;
    if (known?.progress !== undefined) steps?.resume(known.progress);
    try {
      run(target);
    } catch (error) {
      const done = retryable && error instanceof Held ? steps?.save() : undefined;
      if (done !== undefined) sessions.storeProgress(target.view, body, done);
      throw error;
    }
    reply = replyOf();
    if (retryable) sessions.storeReply(target.view, body, reply);
  }, command.deadline);
  return reply as Doc;
}

export const insert: Handler = async (engine, command) => {
  const raw =
    command.sequences.get('documents') ?? statementsOf(command, 'documents').map((document) => encode(document));
  if (raw.length === 0)
    throw new CommandError(16, 'InvalidLength', 'Write batch sizes must be between 1 and 100000. Got 0 operations.');
  const collection = await engine.collectionForWrite(command.database, collectionName(command), command.transaction);
  return runStatements(
    engine,
    command,
    raw.length,
    (target, at, progress) => {
      const prepared = prepareInsert(raw[at] as Buffer);
      insertDocument(target, collection, prepared.id, prepared.raw, prepared.document);
      progress.n++;
    },
    ({ n }) => ({ n, ok: 1 }),
  );
};

export const remove: Handler = async (engine, command) => {
  const statements = statementsOf(command, 'deletes');
  for (const each of statements) checkStatement('deletes', each);
  const collection = engine.find(command.database, collectionName(command), command.transaction);
  return runStatements(
    engine,
    command,
    statements.length,
    (target, at, progress) => {
      const { q, limit, collation, hint } = statements[at] as {
        q: Doc;
        limit: unknown;
        collation?: Doc;
        hint?: unknown;
      };
      const context = contextFor(engine, command, collation);
      if (collection === undefined) {
        compileFilter(q, context);
        return;
      }
      const found = matching(target, collection, { filter: q, hint }, context, toDouble(limit) === 1);
      for (const { key } of found) claimDocument(target, key);
      for (const { key, raw, document } of found) removeDocument(target, collection, key, raw, document);
      progress.n += found.length;
    },
    ({ n }) => ({ n, ok: 1 }),
  );
};

const contexts = new WeakMap<Command, MatchContext>();

/** The context of a statement; those without a collation of their own share their command's. */
export function contextFor(engine: Engine, command: Command, collation: Doc | undefined): MatchContext {
  if (collation !== undefined) return matchContext(engine, command, collation);
  let context = contexts.get(command);
  if (context === undefined) {
    context = matchContext(engine, command);
    contexts.set(command, context);
  }
  return context;
}

export const update: Handler = async (engine, command) => {
  const statements = statementsOf(command, 'updates', readUpdate) as unknown as UpdateStatement[];
  for (const each of statements) checkStatement('updates', each);
  if (statements.length === 0)
    throw new CommandError(16, 'InvalidLength', 'Write batch sizes must be between 1 and 100000. Got 0 operations.');
  const name = collectionName(command);
  const collection = statements.some((each) => each.upsert)
    ? await engine.collectionForWrite(command.database, name, command.transaction)
    : engine.find(command.database, name, command.transaction);
  return runStatements(
    engine,
    command,
    statements.length,
    (target, at, progress) =>
      updateOne(engine, command, collection, target, statements[at] as UpdateStatement, at, progress),
    ({ n, modified, upserted }) => ({ n, nModified: modified, ...(upserted.length === 0 ? {} : { upserted }), ok: 1 }),
  );
};

/** Runs one update statement: changes what matches, or inserts what the filter describes. */
export function updateOne(
  engine: Engine,
  command: Command,
  collection: Collection | undefined,
  target: Target,
  statement: UpdateStatement,
  at: number,
  progress: Progress,
): void {
  const context = contextFor(engine, command, statement.collation);
  let compiled: Update | undefined;
  const change = () => (compiled ??= compileStatement(engine, command, statement, context));
  const patch = collection === undefined ? undefined : patchFor(engine, collection, statement, change);
  if (patch === undefined) change();
  if (collection === undefined) return;
  const { q: filter, multi = false, upsert = false, hint, sort } = statement;
  const found = matching(target, collection, { filter, hint, sort }, context, !multi);
  for (const { key } of found) claimDocument(target, key);
  for (const each of found) {
    const key = multi ? each.key.toString('latin1') : '';
    if (progress.applied.has(key)) continue;
    if (patch?.(target, each) ?? applyTo(target, collection, each, change())) progress.modified++;
    progress.n++;
    if (multi) progress.applied.add(key);
  }
  if (found.length === 0 && upsert) {
    const document = upsertDocument(filter, change(), isDocument(statement.u) && isReplacement(statement.u));
    insertDocument(target, collection, document._id, encodeForStorage(document), document);
    progress.n++;
    progress.upserted.push({ index: at, _id: document._id });
  }
}

/** Compiles the update of a statement, with what it refers to. */
export function compileStatement(
  engine: Engine,
  command: Command,
  statement: UpdateStatement,
  context: MatchContext,
): Update {
  const { q, multi, arrayFilters, c } = statement;
  const u = statement.u instanceof EncodedUpdate ? statement.u.whole : statement.u;
  if (multi && isDocument(u) && isReplacement(u)) {
    throw failedToParse('multi update is not supported for replacement-style update');
  }
  if (!isDocument(u) && !Array.isArray(u))
    throw failedToParse(`Update argument must be either an object or an array, not ${typeName(u)}`);
  return compileUpdate(u, {
    ...context,
    filter: q,
    arrayFilters,
    compilePipeline: (pipeline) =>
      compileChange(pipeline, pipelineContext(engine, command, { collation: statement.collation, constants: c })),
  });
}

/**
 * The update of a statement as a change of bytes, if it is of that kind: says whether it changed the document, undefined if
 * that one needs the general way.
 */
function patchFor(
  engine: Engine,
  collection: Collection,
  { u, arrayFilters }: UpdateStatement,
  check: () => unknown,
): ((target: Target, found: Found) => boolean | undefined) | undefined {
  if (arrayFilters !== undefined) return undefined;
  const operators = u instanceof EncodedUpdate ? u.operators : u;
  if (!isDocument(operators)) return undefined;
  const patch = engine.patches.find(operators, check);
  if (patch === undefined) return undefined;
  return (target, { key, raw }) => {
    const after = patch.apply(raw, operators);
    if (after === undefined) return undefined;
    if (after === raw) return false;
    storePatched(target, collection, key, raw, after, patch.roots);
    return true;
  };
}

/** Applies an update to one found document; says whether it changed anything. The key must have been claimed. */
export function applyTo(target: Target, collection: Collection, found: Found, change: Update): boolean {
  const before = found.document ?? decode(found.raw);
  const after = change(before, false);
  if (after === before) return false;
  const raw = encodeForStorage(after);
  if (raw.equals(found.raw)) return false;
  replaceDocument(target, collection, found.key, { raw: found.raw, document: before }, { raw, document: after });
  return true;
}
