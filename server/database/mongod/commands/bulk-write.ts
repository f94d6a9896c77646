import { Long } from 'bson';
import type { Engine } from '../engine.ts';
import { badValue, failedToParse, failure } from '../errors.ts';
import { insertDocument, prepareInsert, type Target } from '../storage/documents.ts';
import { type Doc, encode } from '../values/codec.ts';
import { decode } from '../values/decode.ts';
import { toDouble } from '../values/numeric.ts';
import { type Command, countField, type Handler, isSet, ownerOf, statementsOf } from './context.ts';
import { checkFields } from './fields.ts';
import { type Place, placeOf } from './place.ts';
import { type Outcome, runStatements, shortened } from './run-once.ts';
import { removeMatching, type UpdateStatement, updateMatching } from './statement-runs.ts';

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
    if (dot < 1) throw failure(73, `Invalid namespace specified '${String(ns)}'`);
    places.push(await placeOf(engine, command, String(ns).slice(0, dot), String(ns).slice(dot + 1), true));
  }
  const errorsOnly = isSet(body.errorsOnly);
  const done = { nErrors: 0, nInserted: 0, nMatched: 0, nModified: 0, nUpserted: 0, nDeleted: 0, rows: [] as Doc[] };
  const reply = await runStatements(engine, command, {
    total: operations.length,
    done,
    run: (target, at, outcome) => runOperation(engine, command, target, places, operations[at] as Doc, outcome),
    ended: (idx, { n, nModified, upserted }) => {
      const [kind] = Object.keys(operations[idx] as Doc);
      if (kind === 'insert') done.nInserted += n;
      else if (kind === 'delete') done.nDeleted += n;
      else if (upserted !== undefined) done.nUpserted++;
      else done.nMatched += n;
      done.nModified += nModified;
      if (errorsOnly) return;
      done.rows.push({ ok: 1, idx, n, ...(kind === 'update' ? { nModified } : {}), ...(upserted && { upserted }) });
    },
    failed: (idx, { code, message: errmsg, extra }) => {
      done.nErrors++;
      done.rows.push({ ok: 0, idx, code, errmsg, ...extra, n: 0 });
    },
    reply: () => {
      const { rows, ...totals } = done;
      return { cursor: { id: Long.ZERO, firstBatch: shortened(rows), ns: NAMESPACE }, ...totals, ok: 1 };
    },
  });
  if (done.nErrors > 0 && command.transaction !== undefined) engine.sessions.fail(body);
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
  outcome: Outcome,
): void {
  const [kind = ''] = Object.keys(operation);
  const place = places[toDouble(operation[kind])] as Place;
  if (kind === 'insert') {
    const { id, raw, document } = prepareInsert(encode(operation.document as Doc));
    insertDocument(target, place.create(), id, raw, document);
    outcome.n++;
    return;
  }
  const { filter: q, updateMods: u, ...rest } = operation;
  if (kind === 'update') {
    updateMatching(engine, command, place, target, { ...rest, q, u } as unknown as UpdateStatement, outcome);
    return;
  }
  const { collation, hint, multi } = rest as { collation?: Doc; hint?: unknown; multi?: boolean };
  removeMatching(command, place.find(), target, { q: q as Doc, collation, hint, single: multi !== true }, outcome);
}
