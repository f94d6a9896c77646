import { failedToParse } from '../errors.ts';
import { compileFilter } from '../query/matcher.ts';
import { compileProjection } from '../query/projection.ts';
import { removeDocument } from '../storage/documents.ts';
import type { Doc } from '../values/codec.ts';
import { decode } from '../values/decode.ts';
import { collectionName, documentField, type Handler, isSet, matchContext } from './context.ts';
import { Matches } from './matching.ts';
import { placeOf } from './place.ts';
import { runOnce } from './run-once.ts';
import { applyTo, compileStatement, insertFor } from './statement-runs.ts';

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
  const project = compileProjection(documentField(body, 'fields'), context);
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
  const matches = new Matches();
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
      else
        matches.writeEach(target, collection, { filter, sort, hint: body.hint }, context, true, (found) => {
          const document = found.document ?? decode(found.raw);
          if (change === undefined) removeDocument(target, collection, found.key, found.raw, document);
          else applyTo(target, collection, { ...found, document }, change);
          lastErrorObject = { n: 1, ...(removing ? {} : { updatedExisting: true }) };
          value = returnsNew ? decode(target.view.get(found.key) as Buffer) : document;
        });
      if (matches.any || change === undefined || !upserts) return;
      const document = insertFor(target, place, filter, body.update, change);
      lastErrorObject = { n: 1, updatedExisting: false, upserted: document._id };
      if (returnsNew) value = document;
    },
    () => ({ lastErrorObject, value: value === null || project === undefined ? value : project.project(value), ok: 1 }),
  );
};
