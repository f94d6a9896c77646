import type { Engine } from '../engine.ts';
import { writeConflict } from '../errors.ts';
import type { Collection } from '../storage/catalog.ts';
import type { Command } from './context.ts';

/**
 * Where a command writes. It is looked up within the group, each time anew: while a write waits, its collection may be dropped,
 * renamed or created by others.
 */
export interface Place {
  find(): Collection | undefined;
  /**
   * The collection, which comes into being where there is none.
   * @throws CommandError 112 in a transaction, whose collection has been dropped by another: made anew, all would see it
   */
  create(): Collection;
}

/** @throws CommandError 73 for a name that no collection may have */
export async function placeOf(
  engine: Engine,
  { transaction }: Command,
  database: string,
  name: string,
  isCreated: boolean,
): Promise<Place> {
  if (isCreated) await engine.prepareForWrite(database, name, transaction);
  const find = () => engine.find(database, name, transaction);
  const make = () => {
    if (transaction !== undefined) throw writeConflict();
    return engine.createCollection(database, name);
  };
  return { find, create: () => find() ?? make() };
}
