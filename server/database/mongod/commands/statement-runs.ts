import { compileChange } from '../aggregation/pipeline.ts';
import type { Engine } from '../engine.ts';
import { failedToParse, invalidOptions } from '../errors.ts';
import { compileFilter, type MatchContext } from '../query/matcher.ts';
import type { Found } from '../query/scan.ts';
import type { Collection } from '../storage/catalog.ts';
import { insertDocument, removeDocument, replaceDocument, storePatched, type Target } from '../storage/documents.ts';
import { compileUpdate, isReplacement, type Update } from '../update/update.ts';
import { upsertDocument } from '../update/upsert.ts';
import { type Doc, encodeForStorage, isDocument } from '../values/codec.ts';
import { typeName } from '../values/compare.ts';
import { decode } from '../values/decode.ts';
import { type Command, matchContext, pipelineContext } from './context.ts';
import type { Place } from './place.ts';
import type { Outcome } from './run-once.ts';

export interface UpdateStatement {
  q: Doc;
  u: unknown;
  multi?: boolean;
  upsert?: boolean;
  collation?: Doc;
  arrayFilters?: Doc[];
  hint?: unknown;
  sort?: Doc;
}

/** A statement that changes many documents may have changed some of them when it is cut: it cannot be repeated. */
function refuseRetry({ body, transaction }: Command, how: string): void {
  if (body.txnNumber === undefined || transaction !== undefined) return;
  throw invalidOptions(`Cannot use (or request) retryable writes with ${how}`);
}

/** Runs one delete statement. */
export function removeMatching(
  command: Command,
  collection: Collection | undefined,
  target: Target,
  { q, collation, hint, single }: { q: Doc; collation?: Doc | undefined; hint?: unknown; single: boolean },
  outcome: Outcome,
): void {
  const context = matchContext(command, collation);
  if (!single) refuseRetry(command, 'limit=0');
  if (collection === undefined) {
    compileFilter(q, context);
    return;
  }
  outcome.matches.writeEach(target, collection, { filter: q, hint }, context, single, ({ key, raw, document }) => {
    removeDocument(target, collection, key, raw, document);
    outcome.n++;
  });
}

/** Runs one update statement: changes what matches, or inserts what the filter describes. */
export function updateMatching(
  engine: Engine,
  command: Command,
  place: Place,
  target: Target,
  statement: UpdateStatement,
  outcome: Outcome,
): void {
  const context = matchContext(command, statement.collation);
  const collection = place.find();
  let compiled: Update | undefined;
  const change = () => (compiled ??= compileStatement(command, statement, context));
  const patch = collection === undefined ? undefined : patchFor(engine, collection, statement, change);
  if (patch === undefined) change();
  const { q: filter, multi = false, upsert = false, hint, sort } = statement;
  if (multi && sort !== undefined) throw failedToParse('Cannot specify sort with multi=true');
  if (multi) refuseRetry(command, 'multi=true');
  if (collection === undefined) compileFilter(filter, context);
  else
    outcome.matches.writeEach(target, collection, { filter, hint, sort }, context, !multi, (found) => {
      if (patch?.(target, found) ?? applyTo(target, collection, found, change())) outcome.nModified++;
      outcome.n++;
    });
  if (outcome.matches.any || !upsert) return;
  outcome.upserted = { _id: insertFor(target, place, filter, statement.u, change())._id };
  outcome.n++;
}

/** Inserts what the filter of an upsert describes, changed by its update. */
export function insertFor(target: Target, place: Place, filter: Doc, update: unknown, change: Update): Doc {
  const document = upsertDocument(filter, change, isDocument(update) && isReplacement(update));
  insertDocument(target, place.create(), document._id, encodeForStorage(document), document);
  return document;
}

/** Compiles the update of a statement, with what it refers to. */
export function compileStatement(command: Command, statement: UpdateStatement, context: MatchContext): Update {
  const { u, multi, arrayFilters } = statement;
  if (multi && isDocument(u) && isReplacement(u)) {
    throw failedToParse('multi update is not supported for replacement-style update');
  }
  if (!isDocument(u) && !Array.isArray(u))
    throw failedToParse(`Update argument must be either an object or an array, not ${typeName(u)}`);
  return compileUpdate(u, {
    ...context,
    arrayFilters,
    compilePipeline: (pipeline) => compileChange(pipeline, pipelineContext(command, statement.collation)),
  });
}

/**
 * The update of a statement as a change of bytes, if it is of that kind: says whether it changed the document, undefined if
 * that one needs the general way.
 */
function patchFor(
  engine: Engine,
  collection: Collection,
  { u: operators, arrayFilters }: UpdateStatement,
  check: () => unknown,
): ((target: Target, found: Found) => boolean | undefined) | undefined {
  if (arrayFilters !== undefined || !isDocument(operators)) return undefined;
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
