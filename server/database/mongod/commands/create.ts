import { CommandError } from '../errors.ts';
import { collectionName, type Handler } from './context.ts';

/** Creates a collection; creating one that exists changes nothing, as collections have no options. */
export const create: Handler = async (engine, command) => {
  const { database, transaction } = command;
  const name = collectionName(command);
  if (transaction !== undefined) {
    if (engine.find(database, name, transaction) !== undefined)
      throw new CommandError(48, 'NamespaceExists', `namespace ${database}.${name} already exists`);
    await engine.createInTransaction(transaction, database, name);
    return { ok: 1 };
  }
  await engine.transactions.write(() => {
    if (engine.catalog.get(database, name) === undefined) engine.createCollection(database, name);
  });
  return { ok: 1 };
};
