import type { Engine } from '../engine.ts';
import { CommandError, failedToParse, notImplemented } from '../errors.ts';
import { Memory } from '../memory.ts';
import { Slices, type Step } from '../pauses.ts';
import { Replacement } from '../storage/replacement.ts';
import { isDocument } from '../values/codec.ts';
import type { Command } from './context.ts';
import { compileMerge } from './merge.ts';

/** Where the last stage of a pipeline writes. */
interface Destination {
  database: string;
  name: string;
}

/** Results that are written in one group: about as many as take 10 ms. */
const BATCH = 256;
const BATCH_BYTES = 4 * 1024 * 1024;

/** Compiles the last stage, $out or $merge; what it returns writes a pipeline's results. */
export function compileOutput(
  engine: Engine,
  command: Command,
  name: string,
  spec: unknown,
): (results: Iterable<Step<Buffer>>) => Promise<void> {
  if (name === '$out') {
    const destination = outOf(command, spec);
    return (results) => writeOut(engine, command, destination, results);
  }
  const options = isDocument(spec) ? spec : { into: spec };
  const destination = destinationOf(command, options.into);
  const merge = compileMerge(command, options);
  const isSource = destination.database === command.database && destination.name === command.body.aggregate;
  return async (results) => {
    const collection = await engine.collectionForWrite(destination.database, destination.name);
    merge.checkUnique(collection);
    const rows = isSource ? await collected(engine, command, results) : results;
    await inBatches(engine, command, rows, async (batch) => {
      let next = 0;
      await engine.transactions.write((target) => {
        if (collection.dropped)
          throw new CommandError(175, 'QueryPlanKilled', `${collection.namespace} was dropped while it was written`);
        for (; next < batch.length; next++) merge.write(target, collection, batch[next] as Buffer);
      }, command.deadline);
    });
  };
}

function destinationOf(command: Command, into: unknown): Destination {
  if (typeof into === 'string') return { database: command.database, name: into };
  if (isDocument(into) && typeof into.coll === 'string')
    return { database: String(into.db ?? command.database), name: into.coll };
  throw failedToParse('$out and $merge need a collection name');
}

function outOf(command: Command, spec: unknown): Destination {
  if (isDocument(spec)) {
    if (spec.timeseries !== undefined) throw notImplemented('time series collections are not supported');
    const unknown = Object.keys(spec).find((field) => field !== 'db' && field !== 'coll');
    if (unknown !== undefined)
      throw new CommandError(40415, 'Location40415', `BSON field '$out.${unknown}' is an unknown field.`);
  }
  return destinationOf(command, spec);
}

/** All results, where they are read from the collection that they go to: a reader must not meet what is written. */
async function collected(engine: Engine, command: Command, results: Iterable<Step<Buffer>>): Promise<Buffer[]> {
  const memory = new Memory();
  const rows: Buffer[] = [];
  const slices = new Slices(engine.turns, command);
  for (const row of results) {
    if (row !== undefined) {
      memory.add(row.length, '$merge');
      rows.push(row);
    } else if (slices.isOver) await slices.pause();
  }
  return rows;
}

async function inBatches(
  engine: Engine,
  command: Command,
  results: Iterable<Step<Buffer>>,
  write: (batch: Buffer[]) => Promise<void>,
): Promise<void> {
  const slices = new Slices(engine.turns, command);
  let batch: Buffer[] = [];
  let bytes = 0;
  for (const row of results) {
    if (row === undefined) {
      if (slices.isOver) await slices.pause();
      continue;
    }
    batch.push(row);
    bytes += row.length;
    if (batch.length < BATCH && bytes < BATCH_BYTES) continue;
    await write(batch);
    batch = [];
    bytes = 0;
    if (slices.isOver) await slices.pause();
  }
  if (batch.length > 0) await write(batch);
}

/** Puts the results in the place of a collection, all or none of them; what reads it meanwhile sees the old one. */
async function writeOut(
  engine: Engine,
  command: Command,
  { database, name }: Destination,
  results: Iterable<Step<Buffer>>,
): Promise<void> {
  const { transactions } = engine;
  let replacement: Replacement | undefined;
  await transactions.write(() => {
    replacement = new Replacement(engine.store, engine.catalog, engine.newCollection(database, name, {}));
  });
  const begun = replacement as unknown as Replacement;
  try {
    await inBatches(engine, command, results, async (batch) => {
      let next = 0;
      await transactions.write((target) => {
        for (; next < batch.length; next++) begun.insert(target, batch[next] as Buffer);
      });
    });
    await transactions.write(() => begun.finish(engine.store.currentGroup));
  } catch (error) {
    await transactions.write(() => begun.abort());
    throw error;
  } finally {
    engine.reap();
  }
}
