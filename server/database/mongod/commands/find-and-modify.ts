import { badValue, failedToParse } from '../errors.ts';
import { compileFilter } from '../query/matcher.ts';
import { compileProjection } from '../query/projection.ts';
import { claimDocument, insertDocument, removeDocument } from '../storage/documents.ts';
import { isReplacement } from '../update/update.ts';
import { upsertDocument } from '../update/upsert.ts';
import { type Doc, encodeForStorage, isDocument } from '../values/codec.ts';
import { decode } from '../values/decode.ts';
import { collectionName, documentField, type Handler, isSet, matchContext } from './context.ts';
import { LongSearch } from './long-search.ts';
import { matching } from './matching.ts';
import { placeOf } from './place.ts';
import { runOnce } from './run-once.ts';
import { applyTo, compileStatement } from './statement-runs.ts';

export const findAndModify: Handler = async (engine, command) => {
  const { body } = command;
  const filter = documentField(body, 'query') ?? {};
  const sort = documentField(body, 'sort');
  const removing = isSet(body.remove);
  const returnsNew = isSet(body.new);
  const upserts = isSet(body.upsert);
  if (removing && body.update !== undefined) throw failedToParse('Cannot specify both an update and remove=true');
  if (removing && returnsNew)
    throw failedToParse("Cannot specify both new=true and remove=true; 'remove' always returns the deleted document");
  if (removing && upserts) throw failedToParse('Cannot specify both upsert=true and remove=true');
  if (!removing && body.update === undefined) throw failedToParse('Either an update or remove=true must be specified');
  const name = collectionName(command);
  if (removing && body.arrayFilters !== undefined) throw failedToParse('Cannot specify arrayFilters and remove=true');
  const place = await placeOf(engine, command, command.database, name, upserts);
  const context = matchContext(command);
  const project = compileProjection(documentField(body, 'fields'), filter, context);
  const change = removing
    ? undefined
    : compileStatement(
        command,
        {
          q: filter,
          u: body.update,
          ...(body.arrayFilters === undefined ? {} : { arrayFilters: body.arrayFilters as Doc[] }),
        },
        context,
      );
  const search = new LongSearch();
  let value: Doc | null;
  let lastErrorObject: Doc;
  return runOnce(
    engine,
    command,
    (target) => {
      value = null;
      lastErrorObject = removing ? { n: 0 } : { n: 0, updatedExisting: false };
      const collection = place.find();
      if (collection === undefined) compileFilter(filter, context);
      const [found] =
        collection === undefined
          ? []
          : matching(target, collection, { filter, sort, hint: body.hint }, context, true, search);
      if (collection === undefined || found === undefined) {
        if (change === undefined || !upserts) return;
        const document = upsertDocument(filter, change, isDocument(body.update) && isReplacement(body.update));
        insertDocument(target, place.create(), document._id, encodeForStorage(document), document);
        lastErrorObject = { n: 1, updatedExisting: false, upserted: document._id };
        if (returnsNew) value = document;
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
      if (returnsNew) value = decode(target.view.get(found.key) ?? badKey());
    },
    () => ({ lastErrorObject, value: value === null || project === undefined ? value : project(value), ok: 1 }),
  );
};

function badKey(): never {
  throw badValue('the document vanished while it was changed');
}
