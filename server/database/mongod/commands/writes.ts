import type { Engine } from '../engine.ts';
import { failedToParse } from '../errors.ts';
import { insertDocument, prepareInsert } from '../storage/documents.ts';
import { type Doc, encode } from '../values/codec.ts';
import { toDouble } from '../values/numeric.ts';
import { type Command, checkCount, collectionName, type Handler, statementsOf } from './context.ts';
import { checkFields } from './fields.ts';
import { type Place, placeOf } from './place.ts';
import { type Outcome, runStatements, shortened } from './run-once.ts';
import { removeMatching, type UpdateStatement, updateMatching } from './statement-runs.ts';

/** Runs the statements of an insert, update or delete, and adds up what they have done. */
function runAll(
  engine: Engine,
  command: Command,
  total: number,
  run: (target: Parameters<typeof insertDocument>[0], at: number, outcome: Outcome) => void,
): Promise<Doc> {
  const done = { n: 0, nModified: 0, upserted: [] as Doc[], writeErrors: [] as Doc[] };
  const ended = (at: number, { n, nModified, upserted }: Outcome) => {
    done.n += n;
    done.nModified += nModified;
    if (upserted !== undefined) done.upserted.push({ index: at, ...upserted });
  };
  return runStatements(engine, command, {
    total,
    done,
    run,
    ended,
    failed: (at, { code, extra, message }, outcome) => {
      ended(at, outcome);
      done.writeErrors.push({ index: at, code, ...extra, errmsg: message });
    },
    reply: () => {
      const { n, nModified, upserted, writeErrors } = done;
      return {
        n,
        ...(command.name === 'update' ? { nModified } : {}),
        ...(upserted.length === 0 ? {} : { upserted }),
        ok: 1,
        ...(writeErrors.length === 0 ? {} : { writeErrors: shortened(writeErrors) }),
      };
    },
  });
}

/** Where a command writes that names one collection. */
const ownPlace = (engine: Engine, command: Command, isCreated: boolean): Promise<Place> =>
  placeOf(engine, command, command.database, collectionName(command), isCreated);

export const insert: Handler = async (engine, command) => {
  // Documents are only still decoded where others than documents are among them.
  const raw = command.sequences.get('documents') ?? statementsOf(command, 'documents').map((each) => encode(each));
  checkCount(raw.length);
  const place = await ownPlace(engine, command, true);
  return runAll(engine, command, raw.length, (target, at, outcome) => {
    const prepared = prepareInsert(raw[at] as Buffer);
    insertDocument(target, place.create(), prepared.id, prepared.raw, prepared.document);
    outcome.n++;
  });
};

export const remove: Handler = async (engine, command) => {
  const statements = statementsOf(command, 'deletes');
  const limited = statements.map((each) => {
    checkFields('delete.deletes', each);
    return isLimited(each);
  });
  const place = await ownPlace(engine, command, false);
  return runAll(engine, command, statements.length, (target, at, outcome) => {
    const statement = statements[at] as { q: Doc; collation?: Doc; hint?: unknown };
    removeMatching(command, place.find(), target, { ...statement, single: limited[at] === true }, outcome);
  });
};

/** Whether a delete removes one document or all. @throws CommandError 9 */
function isLimited({ limit }: Doc): boolean {
  const number = toDouble(limit);
  if (number === 0 || number === 1) return number === 1;
  throw failedToParse(`The limit field in delete objects must be 0 or 1. Got ${String(limit)}`);
}

export const update: Handler = async (engine, command) => {
  const statements = statementsOf(command, 'updates');
  for (const each of statements) checkFields('update.updates', each);
  const place = await ownPlace(
    engine,
    command,
    statements.some((each) => each.upsert === true),
  );
  return runAll(engine, command, statements.length, (target, at, outcome) =>
    updateMatching(engine, command, place, target, statements[at] as unknown as UpdateStatement, outcome),
  );
};
