import { Long } from 'bson';
import type { Engine } from '../engine.ts';
import { badValue, CommandError, failedToParse } from '../errors.ts';
import { insertDocument, prepareInsert, type Target } from '../storage/documents.ts';
import { type Doc, encode, isDocument } from '../values/codec.ts';
import { decode } from '../values/decode.ts';
import { toDouble } from '../values/numeric.ts';
import { type Command, countField, type Handler, isSet, ownerOf, statementsOf } from './context.ts';
import { checkFields } from './fields.ts';
import { type Place, placeOf } from './place.ts';
import { newProgress, type Progress, resumeProgress, savedProgress, shortened } from './progress.ts';
import { runOnce, statementsIn } from './run-once.ts';
import { removeMatching, updateOne } from './statement-runs.ts';
import type { UpdateStatement } from './update-statement.ts';

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
  for (const each of operations) checkOperation(each, targets.length);
  for (const each of targets) checkFields('bulkWrite.nsInfo', each);
  const places: Place[] = [];
  for (const { ns } of targets) {
    const dot = String(ns).indexOf('.');
    if (dot < 1) throw new CommandError(73, 'InvalidNamespace', `Invalid namespace specified '${String(ns)}'`);
    places.push(await placeOf(engine, command, String(ns).slice(0, dot), String(ns).slice(dot + 1), true));
  }
  const errorsOnly = isSet(body.errorsOnly);
  const totals: Totals = { nErrors: 0, nInserted: 0, nMatched: 0, nModified: 0, nUpserted: 0, nDeleted: 0 };
  let rows: Doc[] = [];
  const progress = newProgress();
  const run = statementsIn(command, operations.length, progress, {
    each: (target, idx) => {
      const row = runOperation(engine, command, target, places, operations[idx] as Doc, progress, totals);
      if (!errorsOnly) rows.push({ ok: 1, idx, ...row });
    },
    failed: ({ code, message: errmsg, extra }, idx) => {
      totals.nErrors++;
      rows.push({ ok: 0, idx, code, errmsg, ...extra, n: 0 });
    },
  });
  const cursor = () => ({ id: Long.ZERO, firstBatch: shortened(rows), ns: NAMESPACE });
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
  return inBatches(engine, command, reply);
};

const NAMESPACE = 'admin.$cmd.bulkWrite';

/** The answer with no more rows than the client has asked for; the others wait for its `getMore`. */
async function inBatches(engine: Engine, command: Command, reply: Doc): Promise<Doc> {
  const size = countField(command.body.cursor, 'batchSize');
  const rows = (reply.cursor as { firstBatch: Doc[] }).firstBatch;
  if (size === undefined || rows.length <= size) return reply;
  const results = rows.map((row) => encode(row))[Symbol.iterator]();
  const { documents, id } = await engine.cursors.open(NAMESPACE, results, size, { owner: ownerOf(command) });
  return { ...reply, cursor: { id, firstBatch: documents.map((each) => decode(each)), ns: NAMESPACE } };
}

/** Checks an operation, which is about one of so many namespaces. */
function checkOperation(operation: Doc, namespaces: number): void {
  const [kind = ''] = Object.keys(operation);
  if (!['insert', 'update', 'delete'].includes(kind)) throw failedToParse(`unknown operation ${kind} in bulkWrite`);
  checkFields(`bulkWrite.ops ${kind}`, operation);
  const at = toDouble(operation[kind]);
  if (!Number.isInteger(at) || at < 0 || at >= namespaces)
    throw badValue(`BulkWrite ops entry has an invalid nsInfo index: ${at}`);
}

function runOperation(
  engine: Engine,
  command: Command,
  target: Target,
  places: readonly Place[],
  operation: Doc,
  progress: Progress,
  totals: Totals,
): Doc {
  const kind = Object.keys(operation)[0] as string;
  const place = places[toDouble(operation[kind])] as Place;
  if (kind === 'insert') {
    const { id, raw, document } = prepareInsert(encode(operation.document as Doc));
    insertDocument(target, place.create(), id, raw, document);
    totals.nInserted++;
    return { n: 1 };
  }
  // What the operation has done before it had to wait counts.
  if (progress.begun?.next !== progress.next) {
    const { next, n, modified, upserted } = progress;
    progress.begun = { next, n, modified, upserted: upserted.length };
  }
  const { begun } = progress;
  if (kind === 'update') {
    updateOne(engine, command, place, target, statementOf(operation), progress.next, progress);
    const n = progress.n - begun.n;
    const nModified = progress.modified - begun.modified;
    const upserted = progress.upserted[begun.upserted];
    totals.nModified += nModified;
    if (upserted === undefined) totals.nMatched += n;
    else totals.nUpserted++;
    return { n, nModified, ...(upserted === undefined ? {} : { upserted: { _id: upserted._id } }) };
  }
  const {
    filter: q,
    collation,
    hint,
    multi,
  } = operation as { filter: Doc; collation?: Doc; hint?: unknown; multi?: boolean };
  removeMatching(command, place.find(), target, { q, collation, hint, single: multi !== true }, progress);
  const n = progress.n - begun.n;
  totals.nDeleted += n;
  return { n };
}

function statementOf(operation: Doc): UpdateStatement {
  const { filter: q, updateMods: u, constants, multi, upsert, collation, arrayFilters, hint, sort } = operation;
  const statement = { q, u, multi, upsert, collation, arrayFilters, hint, sort } as unknown as UpdateStatement;
  return isDocument(constants) ? { ...statement, c: constants } : statement;
}
