import { compilePipeline, stagesOf } from '../aggregation/pipeline.ts';
import { stageCount } from '../aggregation/stages.ts';
import type { Engine } from '../engine.ts';
import { failedToParse, failure, invalidOptions } from '../errors.ts';
import { Memory } from '../memory.ts';
import type { Step } from '../pauses.ts';
import { decoded, type Found } from '../query/scan.ts';
import type { Collection } from '../storage/catalog.ts';
import { type Doc, encode, isDocument } from '../values/codec.ts';
import {
  type Command,
  collectionOf,
  countField,
  documentField,
  type Handler,
  ownerOf,
  pipelineContext,
} from './context.ts';
import { checkFields } from './fields.ts';
import { compileOutput } from './output.ts';
import { cursorReply } from './replies.ts';
import { countMatches, countStage, type Search, searchIn } from './search.ts';

export const aggregate: Handler = async (engine, command) => {
  const { body, database } = command;
  const stages = stagesOf(body.pipeline);
  if (!isDocument(body.cursor)) throw failedToParse("The 'cursor' option is required");
  checkFields('aggregate.cursor', body.cursor);
  const name = typeof body.aggregate === 'string' ? body.aggregate : undefined;
  const collection = name === undefined ? undefined : collectionOf(engine, command);
  const output = outputStage(stages);
  const write = output === undefined ? undefined : prepareOutput(engine, command, output);
  const { head, rest } = splitSearch(output === undefined ? stages : stages.slice(0, -1), body.hint);
  const results = prepare(engine, command, collection, head, rest, stages.length - rest.length - (output ? 1 : 0));
  const namespace = `${database}.${name ?? '$cmd.aggregate'}`;
  if (write !== undefined) {
    await write(results());
    const batch = await engine.cursors.open(namespace, [][Symbol.iterator](), 1);
    return cursorReply(namespace, batch, 'firstBatch');
  }
  const batchSize = countField(body.cursor, 'batchSize');
  const batch = await engine.cursors.open(namespace, results(), batchSize, {
    owner: ownerOf(command),
    limits: command,
  });
  return cursorReply(namespace, batch, 'firstBatch');
};

function outputStage(stages: readonly Doc[]): Doc | undefined {
  const at = stages.findIndex((stage) => '$out' in stage || '$merge' in stage);
  if (at < 0) return undefined;
  if (at !== stages.length - 1) {
    throw failure(40601, `${Object.keys(stages[at] as Doc)[0]} can only be the final stage in the pipeline`);
  }
  return stages[at];
}

function prepareOutput(engine: Engine, command: Command, stage: Doc) {
  const { transaction, body } = command;
  const [name, spec] = Object.entries(stage)[0] as [string, unknown];
  if (transaction !== undefined) throw failure(263, `${name} cannot be used in a transaction`);
  if ((body.readConcern as Doc | undefined)?.level === 'linearizable')
    throw invalidOptions(`${name} cannot be used with a 'linearizable' read concern level`);
  return compileOutput(engine, command, name, spec);
}

/** The first stages, as far as they are a search that the planner can run. */
function splitSearch(stages: readonly Doc[], hint: unknown): { head: Search; rest: Doc[] } {
  const head: Search = { filter: {}, hint };
  let at = 0;
  const filters: Doc[] = [];
  while (stages[at] !== undefined && isDocument((stages[at] as Doc).$match)) filters.push(stages[at++]?.$match as Doc);
  if (filters.length === 1) head.filter = filters[0] as Doc;
  else if (filters.length > 1) head.filter = { $and: filters };
  const sort = stages[at]?.$sort;
  if (isDocument(sort) && Object.keys(sort).length > 0) {
    head.sort = sort;
    at++;
  }
  const skip = stages[at]?.$skip;
  if (skip !== undefined) {
    head.skip = stageCount('$skip', skip, 0);
    at++;
  }
  const limit = stages[at]?.$limit;
  if (limit !== undefined) {
    head.limit = stageCount('$limit', limit, 1);
    at++;
  }
  return { head, rest: stages.slice(at) };
}

/**
 * Compiles a pipeline; what it returns runs it.
 * @param first the place of the first stage of `rest`
 * @throws CommandError for whatever is wrong in it, whether there are documents or not
 */
function prepare(
  engine: Engine,
  command: Command,
  collection: Collection | undefined,
  head: Search,
  rest: readonly Doc[],
  first: number,
): () => Generator<Step<Buffer>> {
  const collation = documentField(command.body, 'collation');
  const special = first === 0 ? specialSource(command, rest[0]) : undefined;
  if (special === undefined && typeof command.body.aggregate !== 'string') checkStandsAlone(rest[0]);
  const counted = rest.length === 1 && head.sort === undefined ? countStage(rest[0] as Doc) : undefined;
  if (counted !== undefined && collection !== undefined) {
    return function* () {
      const total = yield* countMatches(engine, command, collection, head);
      const bounded = Math.max(0, Math.min(total - (head.skip ?? 0), head.limit ?? Number.MAX_SAFE_INTEGER));
      if (bounded > 0) yield encode(counted(bounded));
    };
  }
  const found = searchIn(engine, command, collection, head);
  const stages = special === undefined ? rest : rest.slice(1);
  const pipeline = compilePipeline(stages, pipelineContext(command, collation), {
    first: first + rest.length - stages.length,
  });
  return function* () {
    if (rest.length === 0) {
      for (const each of found) yield each?.raw;
      return;
    }
    const input = special ?? documentsOf(found, pipeline.fields);
    for (const document of pipeline.run(input, new Memory())) yield document && encode(document);
  };
}

/** Found documents, decoded for a pipeline: all of each, or only the fields that it reads. */
function* documentsOf(found: Iterable<Step<Found>>, fields?: ReadonlySet<string>): Generator<Step<Doc>> {
  for (const each of found) yield each && decoded(each, fields);
}

/** Refuses a pipeline without a collection whose first stage needs one. */
function checkStandsAlone(stage: Doc | undefined): void {
  const [name] = Object.keys(stage ?? {});
  if (name === '$documents') return;
  const message = `{aggregate: 1} is not valid for '${name ?? 'an empty pipeline'}'; a collection is required.`;
  throw failure(73, message);
}

/** The documents of a first stage that reads something else than the documents of a collection. */
const specialSource = ({ body }: Command, stage: Doc | undefined): Doc[] | undefined =>
  stage !== undefined && '$listLocalSessions' in stage ? [{ _id: body.lsid, lastUse: new Date() }] : undefined;
