import { badValue, failedToParse } from '../errors.ts';
import { compileProjection } from '../query/projection.ts';
import { claimDocument, insertDocument, removeDocument } from '../storage/documents.ts';
import { isReplacement } from '../update/update.ts';
import { upsertDocument } from '../update/upsert.ts';
import { type Doc, encodeForStorage, isDocument } from '../values/codec.ts';
import { decode } from '../values/decode.ts';
import { collectionName, documentField, type Handler, matchContext } from './context.ts';
import { matching } from './matching.ts';
import { applyTo, compileStatement, runOnce } from './writes.ts';

export const findAndModify: Handler = async (engine, command) => {
  const { body } = command;
  const filter = documentField(body, 'query') ?? {};
  const sort = documentField(body, 'sort');
  const removing = body.remove === true;
  if (removing && body.update !== undefined) throw failedToParse('Cannot specify both an update and remove=true');
  if (removing && body.new === true)
    throw failedToParse("Cannot specify both new=true and remove=true; 'remove' always returns the deleted document");
  if (removing && body.upsert === true) throw failedToParse('Cannot specify both upsert=true and remove=true');
  if (!removing && body.update === undefined) throw failedToParse('Either an update or remove=true must be specified');
  const name = collectionName(command);
  const collection =
    body.upsert === true
      ? await engine.collectionForWrite(command.database, name, command.transaction)
      : engine.find(command.database, name, command.transaction);
  const context = matchContext(engine, command);
  const project = compileProjection(documentField(body, 'fields'), filter, context);
  const change = removing
    ? undefined
    : compileStatement(
        engine,
        command,
        {
          q: filter,
          u: body.update,
          ...(body.arrayFilters === undefined ? {} : { arrayFilters: body.arrayFilters as Doc[] }),
        },
        context,
      );
  let value: Doc | null = null;
  let lastErrorObject: Doc = removing ? { n: 0 } : { n: 0, updatedExisting: false };
  return runOnce(
    engine,
    command,
    (target) => {
      if (collection === undefined) return;
      const [found] = matching(target, collection, { filter, sort, hint: body.hint }, context, true);
      if (found === undefined) {
        if (change === undefined || body.upsert !== true) return;
        const document = upsertDocument(filter, change, isDocument(body.update) && isReplacement(body.update));
        insertDocument(target, collection, document._id, encodeForStorage(document), document);
        lastErrorObject = { n: 1, updatedExisting: false, upserted: document._id };
        if (body.new === true) value = document;
        return;
      }
      claimDocument(target, found.key);
      const before = found.document ?? decode(found.raw);
      value = before;
      if (change === undefined) {
        removeDocument(target, collection, found.key, found.raw, before);
        lastErrorObject = { n: 1 };
        return;
      }
      applyTo(target, collection, { ...found, document: before }, change);
      lastErrorObject = { n: 1, updatedExisting: true };
      if (body.new === true) value = decode(target.view.get(found.key) ?? badKey());
    },
    () => ({ lastErrorObject, value: value === null || project === undefined ? value : project(value), ok: 1 }),
  );
};

function badKey(): never {
  throw badValue('the document vanished while it was changed');
}
