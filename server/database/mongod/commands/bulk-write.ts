import { Long } from 'bson';
import type { Engine } from '../engine.ts';
import { CommandError, failedToParse } from '../errors.ts';
import type { Collection } from '../storage/catalog.ts';
import { claimDocument, insertDocument, prepareInsert, removeDocument, type Target } from '../storage/documents.ts';
import { type Doc, encode, isDocument } from '../values/codec.ts';
import { toDouble } from '../values/numeric.ts';
import { type Command, type Handler, statementsOf } from './context.ts';
import { checkStatement } from './fields.ts';
import { matching } from './matching.ts';
import type { UpdateStatement } from './update-statement.ts';
import {
  contextFor,
  isFinal,
  newProgress,
  type Progress,
  resumeProgress,
  runOnce,
  savedProgress,
  updateOne,
} from './writes.ts';

interface Totals {
  nErrors: number;
  nInserted: number;
  nMatched: number;
  nModified: number;
  nUpserted: number;
  nDeleted: number;
}

/** Many writes to many collections in one command. */
export const bulkWrite: Handler = async (engine, command) => {
  const { body } = command;
  const operations = statementsOf(command, 'ops');
  const targets = statementsOf(command, 'nsInfo');
  for (const each of operations) checkStatement('ops', each);
  for (const each of targets) checkStatement('nsInfo', each);
  const namespaces = targets.map((each) => String(each.ns));
  if (operations.length === 0)
    throw new CommandError(16, 'InvalidLength', 'Write batch sizes must be between 1 and 100000. Got 0 operations.');
  const collections: Collection[] = [];
  for (const namespace of namespaces) {
    const dot = namespace.indexOf('.');
    collections.push(
      await engine.collectionForWrite(namespace.slice(0, dot), namespace.slice(dot + 1), command.transaction),
    );
  }
  const ordered = body.ordered !== false;
  const totals: Totals = { nErrors: 0, nInserted: 0, nMatched: 0, nModified: 0, nUpserted: 0, nDeleted: 0 };
  let rows: Doc[] = [];
  const progress = newProgress();
  const run = (target: Target) => {
    while (progress.next < operations.length) {
      const idx = progress.next;
      try {
        const row = runOperation(engine, command, target, collections, operations[idx] as Doc, progress, totals);
        if (body.errorsOnly !== true) rows.push({ ok: 1, idx, ...row });
      } catch (error) {
        if (!(error instanceof CommandError) || isFinal(error, command.transaction !== undefined)) throw error;
        totals.nErrors++;
        rows.push({ ok: 0, idx, code: error.code, errmsg: error.message, ...error.extra, n: 0 });
        if (ordered) progress.next = operations.length;
      }
      progress.next++;
      progress.applied.clear();
    }
  };
  const cursor = () => ({ id: Long.ZERO, firstBatch: rows, ns: 'admin.$cmd.bulkWrite' });
  const reply = await runOnce(engine, command, run, () => ({ cursor: cursor(), ...totals, ok: 1 }), {
    save: () => {
      const saved = savedProgress(progress);
      return saved === undefined ? undefined : { ...saved, totals, rows };
    },
    resume: (saved) => {
      resumeProgress(progress, saved);
      Object.assign(totals, saved.totals);
      rows = saved.rows as Doc[];
    },
  });
  if (totals.nErrors > 0 && command.transaction !== undefined) engine.sessions.fail(body);
  return reply;
};

function runOperation(
  engine: Engine,
  command: Command,
  target: Target,
  collections: readonly Collection[],
  operation: Doc,
  progress: Progress,
  totals: Totals,
): Doc {
  const kind = Object.keys(operation)[0] as string;
  const collection = collections[toDouble(operation[kind])];
  if (collection === undefined) throw failedToParse(`BulkWrite ops entry has an invalid nsInfo index`);
  if (kind === 'insert') {
    const { id, raw, document } = prepareInsert(encode(operation.document as Doc));
    insertDocument(target, collection, id, raw, document);
    totals.nInserted++;
    return { n: 1 };
  }
  if (kind === 'update') return runUpdate(engine, command, target, collection, operation, progress, totals);
  if (kind !== 'delete') throw failedToParse(`unknown operation ${kind} in bulkWrite`);
  const context = contextFor(engine, command, operation.collation as Doc | undefined);
  const request = { filter: operation.filter as Doc, hint: operation.hint };
  const found = matching(target, collection, request, context, operation.multi !== true);
  for (const { key } of found) claimDocument(target, key);
  for (const { key, raw, document } of found) removeDocument(target, collection, key, raw, document);
  totals.nDeleted += found.length;
  return { n: found.length };
}

function runUpdate(
  engine: Engine,
  command: Command,
  target: Target,
  collection: Collection,
  operation: Doc,
  progress: Progress,
  totals: Totals,
): Doc {
  const { filter: q, updateMods: u, constants, multi, upsert, collation, arrayFilters, hint, sort } = operation;
  const statement = { q, u, multi, upsert, collation, arrayFilters, hint, sort } as unknown as UpdateStatement;
  if (isDocument(constants)) statement.c = constants;
  const before = { n: progress.n, modified: progress.modified, upserted: progress.upserted.length };
  updateOne(engine, command, collection, target, statement, progress.next, progress);
  const n = progress.n - before.n;
  const nModified = progress.modified - before.modified;
  const upserted = progress.upserted[before.upserted];
  totals.nModified += nModified;
  if (upserted === undefined) totals.nMatched += n;
  else totals.nUpserted++;
  return { n, nModified, ...(upserted === undefined ? {} : { upserted: { _id: upserted._id } }) };
}
