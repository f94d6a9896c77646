import { compileChange } from '../aggregation/pipeline.ts';
import type { Engine } from '../engine.ts';
import { CommandError, failedToParse, invalidOptions } from '../errors.ts';
import { checkTime, Slices } from '../pauses.ts';
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
import { EncodedUpdate } from '../update/encoded-update.ts';
import { compileUpdate, isReplacement, type Update } from '../update/update.ts';
import { upsertDocument } from '../update/upsert.ts';
import { type Doc, encode, encodeForStorage, isDocument } from '../values/codec.ts';
import { typeName } from '../values/compare.ts';
import { decode } from '../values/decode.ts';
import { toDouble } from '../values/numeric.ts';
import { type Command, collectionName, type Handler, matchContext, statementsOf } from './context.ts';
import { Interrupted, LongSearch } from './long-search.ts';
import { matching } from './matching.ts';
import { type Place, placeOf } from './place.ts';
import { pipelineContext } from './sources.ts';
import {
  checkCount,
  checkOptions,
  checkRetryable,
  checkStatement,
  checkStatements,
  isLimited,
  isSet,
  shortened,
} from './statements.ts';
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
  const ordered = isOrdered(command.body);
  const inTransaction = command.transaction !== undefined;
  const run = (target: Target) => {
    const began = performance.now();
    while (progress.next < total) {
      checkTime(command.deadline);
      checkTurn(began);
      const at = progress.next;
      try {
        each(target, at, progress);
      } catch (error) {
        if (endsCommand(error, inTransaction)) throw error;
        const { code, extra, message } = error as CommandError;
        progress.errors.push({ index: at, code, ...extra, errmsg: message });
        if (ordered) progress.next = total;
      }
      progress.next++;
      progress.applied.clear();
      progress.search.reset();
    }
  };
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
    await uninterrupted(engine, command, () => run(engine.transactions.target(transaction)));
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
  await uninterrupted(engine, command, () => engine.transactions.write(job, command.deadline));
  return reply as Doc;
}

/** Runs a write to its end, however often it lets others have their turn. */
async function uninterrupted(engine: Engine, command: Command, run: () => Promise<void> | void): Promise<void> {
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

export const insert: Handler = async (engine, command) => {
  checkOptions('insert', command.body);
  const raw = command.sequences.get('documents') ?? encodedDocuments(command);
  checkCount(raw.length);
  const place = await placeOf(engine, command, command.database, collectionName(command), true);
  return runStatements(
    engine,
    command,
    raw.length,
    (target, at, progress) => {
      const prepared = prepareInsert(raw[at] as Buffer);
      insertDocument(target, place.create(), prepared.id, prepared.raw, prepared.document);
      progress.n++;
    },
    ({ n }) => ({ n, ok: 1 }),
  );
};

/** The documents of a command that has others than documents among them. */
function encodedDocuments(command: Command): Buffer[] {
  const documents = statementsOf(command, 'documents');
  checkStatements('insert.documents', documents);
  return documents.map((document) => encode(document));
}

export const remove: Handler = async (engine, command) => {
  checkOptions('delete', command.body);
  const statements = statementsOf(command, 'deletes');
  checkStatements('delete.deletes', statements);
  const limited = statements.map((each) => {
    checkStatement('deletes', each);
    const isSingle = isLimited(each);
    checkRetryable(command.body, !isSingle);
    return isSingle;
  });
  const place = await placeOf(engine, command, command.database, collectionName(command), false);
  return runStatements(
    engine,
    command,
    statements.length,
    (target, at, progress) => {
      const statement = statements[at] as { q: Doc; collation?: Doc; hint?: unknown };
      removeMatching(engine, command, place.find(), target, { ...statement, single: limited[at] === true }, progress);
    },
    ({ n }) => ({ n, ok: 1 }),
  );
};

/** A statement that changes many documents may have changed some of them when it is cut: it cannot be repeated. */
function refuseRetry({ body, transaction }: Command, how: string): void {
  if (body.txnNumber === undefined || transaction !== undefined) return;
  throw invalidOptions(`Cannot use (or request) retryable writes with ${how}`);
}

/** Runs one delete statement. What it has removed before it had to wait counts. */
export function removeMatching(
  engine: Engine,
  command: Command,
  collection: Collection | undefined,
  target: Target,
  { q, collation, hint, single }: { q: Doc; collation?: Doc | undefined; hint?: unknown; single: boolean },
  progress: Progress,
): void {
  const context = contextFor(engine, command, collation);
  if (!single) refuseRetry(command, 'limit=0');
  if (collection === undefined) {
    compileFilter(q, context);
    return;
  }
  const found = matching(target, collection, { filter: q, hint }, context, single, progress.search);
  for (const { key } of found) claimDocument(target, key);
  for (const { key, raw, document } of found) {
    removeDocument(target, collection, key, raw, document);
    progress.n++;
  }
  progress.search.advance();
}

const contexts = new WeakMap<Command, MatchContext>();

/** The context of a statement; those without a collation of their own share their command's. */
function contextFor(engine: Engine, command: Command, collation: Doc | undefined): MatchContext {
  if (collation !== undefined) return matchContext(engine, command, collation);
  let context = contexts.get(command);
  if (context === undefined) {
    context = matchContext(engine, command);
    contexts.set(command, context);
  }
  return context;
}

export const update: Handler = async (engine, command) => {
  checkOptions('update', command.body);
  const statements = statementsOf(command, 'updates', readUpdate);
  checkStatements('update.updates', statements);
  for (const each of statements) {
    checkStatement('updates', each);
    checkRetryable(command.body, each.multi === true);
  }
  const upserts = statements.some((each) => each.upsert === true);
  const place = await placeOf(engine, command, command.database, collectionName(command), upserts);
  return runStatements(
    engine,
    command,
    statements.length,
    (target, at, progress) =>
      updateOne(engine, command, place, target, statements[at] as unknown as UpdateStatement, at, progress),
    ({ n, modified, upserted }) => ({ n, nModified: modified, ...(upserted.length === 0 ? {} : { upserted }), ok: 1 }),
  );
};

/** Runs one update statement: changes what matches, or inserts what the filter describes. */
export function updateOne(
  engine: Engine,
  command: Command,
  place: Place,
  target: Target,
  statement: UpdateStatement,
  at: number,
  progress: Progress,
): void {
  const context = contextFor(engine, command, statement.collation);
  const collection = place.find();
  let compiled: Update | undefined;
  const change = () => (compiled ??= compileStatement(engine, command, statement, context));
  const patch = collection === undefined ? undefined : patchFor(engine, collection, statement, change);
  if (patch === undefined) change();
  const { q: filter, multi = false, upsert = false, hint, sort } = statement;
  if (multi && sort !== undefined) throw failedToParse('Cannot specify sort with multi=true');
  if (multi) refuseRetry(command, 'multi=true');
  const { applied, search } = progress;
  const found =
    collection === undefined ? [] : matching(target, collection, { filter, hint, sort }, context, !multi, search);
  for (const { key } of found) claimDocument(target, key);
  for (const each of found) {
    const key = multi ? each.key.toString('latin1') : '';
    if (applied.has(key)) continue;
    if (patch?.(target, each) ?? applyTo(target, collection as Collection, each, change())) progress.modified++;
    progress.n++;
    if (multi && !search.isKnown) applied.add(key);
  }
  const isContinued = search.hasBegun;
  search.advance();
  // A statement that went on after a wait may have changed what it found before so that its filter no longer finds it.
  if (found.length > 0 || applied.size > 0 || isContinued) return;
  if (collection === undefined) compileFilter(filter, context);
  if (!upsert) return;
  const document = upsertDocument(filter, change(), isDocument(statement.u) && isReplacement(statement.u));
  insertDocument(target, place.create(), document._id, encodeForStorage(document), document);
  progress.n++;
  progress.upserted.push({ index: at, _id: document._id });
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
  if (c !== undefined && !Array.isArray(u))
    throw new CommandError(51198, 'Location51198', 'Constant values may only be specified for pipeline updates');
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
  { u, arrayFilters, c }: UpdateStatement,
  check: () => unknown,
): ((target: Target, found: Found) => boolean | undefined) | undefined {
  if (arrayFilters !== undefined || c !== undefined) return undefined;
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
