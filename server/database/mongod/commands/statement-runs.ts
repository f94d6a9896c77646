import { compileChange } from '../aggregation/pipeline.ts';
import type { Engine } from '../engine.ts';
import { CommandError, failedToParse, invalidOptions } from '../errors.ts';
import { compileFilter, type MatchContext } from '../query/matcher.ts';
import type { Found } from '../query/scan.ts';
import type { Collection } from '../storage/catalog.ts';
import {
  claimDocument,
  insertDocument,
  removeDocument,
  replaceDocument,
  storePatched,
  type Target,
} from '../storage/documents.ts';
import { EncodedUpdate } from '../update/encoded-update.ts';
import { compileUpdate, isReplacement, type Update } from '../update/update.ts';
import { upsertDocument } from '../update/upsert.ts';
import { type Doc, encodeForStorage, isDocument } from '../values/codec.ts';
import { typeName } from '../values/compare.ts';
import { decode } from '../values/decode.ts';
import { type Command, matchContext } from './context.ts';
import { matching } from './matching.ts';
import type { Place } from './place.ts';
import type { Progress } from './progress.ts';
import { pipelineContext } from './sources.ts';
import type { UpdateStatement } from './update-statement.ts';

/** A statement that changes many documents may have changed some of them when it is cut: it cannot be repeated. */
function refuseRetry({ body, transaction }: Command, how: string): void {
  if (body.txnNumber === undefined || transaction !== undefined) return;
  throw invalidOptions(`Cannot use (or request) retryable writes with ${how}`);
}

/** Runs one delete statement. What it has removed before it had to wait counts. */
export function removeMatching(
  command: Command,
  collection: Collection | undefined,
  target: Target,
  { q, collation, hint, single }: { q: Doc; collation?: Doc | undefined; hint?: unknown; single: boolean },
  progress: Progress,
): void {
  const context = contextFor(command, collation);
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
function contextFor(command: Command, collation: Doc | undefined): MatchContext {
  if (collation !== undefined) return matchContext(command, collation);
  let context = contexts.get(command);
  if (context === undefined) {
    context = matchContext(command);
    contexts.set(command, context);
  }
  return context;
}

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
  const context = contextFor(command, statement.collation);
  const collection = place.find();
  let compiled: Update | undefined;
  const change = () => (compiled ??= compileStatement(command, statement, context));
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
    if (multi) applied.add(key);
  }
  // A statement that went on after a wait may have changed what it found before so that its filter no longer finds it.
  const isUpdate = found.length > 0 || applied.size > 0 || search.hasBegun;
  if (search.isKnown) applied.clear();
  search.advance();
  if (isUpdate) return;
  if (collection === undefined) compileFilter(filter, context);
  if (!upsert) return;
  const document = upsertDocument(filter, change(), isDocument(statement.u) && isReplacement(statement.u));
  insertDocument(target, place.create(), document._id, encodeForStorage(document), document);
  progress.n++;
  progress.upserted.push({ index: at, _id: document._id });
}

/** Compiles the update of a statement, with what it refers to. */
export function compileStatement(command: Command, statement: UpdateStatement, context: MatchContext): Update {
  const { multi, arrayFilters, c } = statement;
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
    arrayFilters,
    compilePipeline: (pipeline) =>
      compileChange(pipeline, pipelineContext(command, { collation: statement.collation, constants: c })),
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
