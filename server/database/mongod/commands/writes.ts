import { failedToParse } from '../errors.ts';
import { insertDocument, prepareInsert } from '../storage/documents.ts';
import { type Doc, encode } from '../values/codec.ts';
import { toDouble } from '../values/numeric.ts';
import { type Command, checkCount, collectionName, type Handler, statementsOf } from './context.ts';
import { checkFields } from './fields.ts';
import { placeOf } from './place.ts';
import { runStatements } from './run-once.ts';
import { removeMatching, updateOne } from './statement-runs.ts';
import { readUpdate, type UpdateStatement } from './update-statement.ts';

export const insert: Handler = async (engine, command) => {
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
  return statementsOf(command, 'documents').map((document) => encode(document));
}

export const remove: Handler = async (engine, command) => {
  const statements = statementsOf(command, 'deletes');
  const limited = statements.map((each) => {
    checkFields('delete.deletes', each);
    return isLimited(each);
  });
  const place = await placeOf(engine, command, command.database, collectionName(command), false);
  return runStatements(
    engine,
    command,
    statements.length,
    (target, at, progress) => {
      const statement = statements[at] as { q: Doc; collation?: Doc; hint?: unknown };
      removeMatching(command, place.find(), target, { ...statement, single: limited[at] === true }, progress);
    },
    ({ n }) => ({ n, ok: 1 }),
  );
};

/** Whether a delete removes one document or all. @throws CommandError 9 */
function isLimited({ limit }: Doc): boolean {
  const number = toDouble(limit);
  if (number === 0 || number === 1) return number === 1;
  throw failedToParse(`The limit field in delete objects must be 0 or 1. Got ${String(limit)}`);
}

export const update: Handler = async (engine, command) => {
  const statements = statementsOf(command, 'updates', readUpdate);
  for (const each of statements) checkFields('update.updates', each);
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
