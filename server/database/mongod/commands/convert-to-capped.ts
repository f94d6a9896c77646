import { everything } from '../query/planner.ts';
import { scan } from '../query/scan.ts';
import { insertDocument } from '../storage/documents.ts';
import { decode } from '../values/decode.ts';
import { collectionName, type Handler } from './context.ts';
import { capBounds } from './create.ts';

/** Makes a collection a capped one: it keeps its newest documents and loses its indexes. */
export const convertToCapped: Handler = async (engine, command) => {
  const { body, database } = command;
  const old = engine.existing(database, collectionName(command));
  const bounds = capBounds(body.size, undefined);
  await engine.transactions.write((target) => {
    const documents = [...scan(target.view, old, everything(old), undefined)];
    engine.catalog.drop(engine.store, old);
    const capped = engine.createCollection(database, old.name, { ...old.options, capped: true, ...bounds });
    for (const { raw } of documents) insertDocument(target, capped, decode(raw)._id, raw);
    engine.catalog.save(engine.store, capped);
  });
  engine.reap();
  return { ok: 1 };
};
