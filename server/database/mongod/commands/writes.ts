import { insertDocument, prepareInsert } from '../storage/documents.ts';
import { type Doc, encode } from '../values/codec.ts';
import { type Command, collectionName, type Handler, statementsOf } from './context.ts';
import { placeOf } from './place.ts';
import { runStatements } from './run-once.ts';
import { removeMatching, updateOne } from './statement-runs.ts';
import { checkCount, checkOptions, checkStatement, checkStatements, isLimited } from './statements.ts';
import { readUpdate, type UpdateStatement } from './update-statement.ts';

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

export const update: Handler = async (engine, command) => {
  checkOptions('update', command.body);
  const statements = statementsOf(command, 'updates', readUpdate);
  checkStatements('update.updates', statements);
  for (const each of statements) checkStatement('updates', each);
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
