import { failure } from '../errors.ts';
import { collectionName, type Handler } from './context.ts';
import { placeOf } from './place.ts';

/** Creates a collection; creating one that exists changes nothing, as collections have no options. */
export const create: Handler = async (engine, command) => {
  const { database, transaction } = command;
  const name = collectionName(command);
  if (transaction !== undefined && engine.find(database, name, transaction) !== undefined)
    throw failure(48, `namespace ${database}.${name} already exists`);
  const place = await placeOf(engine, command, database, name, true);
  if (transaction === undefined) await engine.transactions.write(() => void place.create());
  return { ok: 1 };
};
