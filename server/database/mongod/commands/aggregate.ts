import { fieldsRead } from '../aggregation/dependencies.ts';
import { runPipeline } from '../aggregation/pipeline.ts';
import type { Engine } from '../engine.ts';
import { CommandError, failedToParse, invalidOptions, notImplemented } from '../errors.ts';
import { type Collection, indexSpecs } from '../storage/catalog.ts';
import { type Doc, encode, isDocument } from '../values/codec.ts';
import { plain } from '../values/plain.ts';
import {
  type Command,
  countField,
  documentField,
  type Handler,
  matchContext,
  ownerOf,
  pipelineContext,
  viewOf,
} from './context.ts';
import { explainSearch } from './explain.ts';
import { writeOutput } from './output.ts';
import { cursorReply } from './replies.ts';
import { countMatches, countStage, decoded, type Search, search, stagesOf } from './search.ts';

export const aggregate: Handler = async (engine, command) => {
  const { body, database } = command;
  const stages = stagesOf(body.pipeline);
  if (body.explain !== true && !isDocument(body.cursor)) {
    throw failedToParse("The 'cursor' option is required, except for aggregate with the explain argument");
  }
  const name = typeof body.aggregate === 'string' ? body.aggregate : undefined;
  const collection = name === undefined ? undefined : engine.find(database, name, command.transaction);
  const { head, rest } = splitSearch(stages, body.hint);
  const output = outputStage(rest);
  if (output !== undefined && command.transaction !== undefined) {
    throw new CommandError(
      263,
      'OperationNotSupportedInTransaction',
      `${Object.keys(output)[0]} cannot be used in a transaction`,
    );
  }
  const level = (body.readConcern as Doc | undefined)?.level;
  if (output !== undefined && level === 'linearizable') {
    throw invalidOptions(`${Object.keys(output)[0]} cannot be used with a 'linearizable' read concern level`);
  }
  if (body.explain === true) return explainSearch(engine, command, collection, head);
  const remaining = output === undefined ? rest : rest.slice(0, -1);
  const results = evaluate(engine, command, collection, head, remaining);
  const namespace = `${database}.${name ?? '$cmd.aggregate'}`;
  if (output !== undefined) {
    await writeOutput(engine, command, output, results);
    return cursorReply(namespace, engine.cursors.open(namespace, [][Symbol.iterator](), 1), 'firstBatch');
  }
  const batchSize = countField((body.cursor ?? {}) as Doc, 'batchSize');
  const batch = engine.cursors.open(namespace, results, batchSize, { owner: ownerOf(command) });
  return cursorReply(namespace, batch, 'firstBatch');
};

function outputStage(stages: readonly Doc[]): Doc | undefined {
  const at = stages.findIndex((stage) => '$out' in stage || '$merge' in stage);
  if (at < 0) return undefined;
  if (at !== stages.length - 1) {
    throw new CommandError(
      40601,
      'Location40601',
      `${Object.keys(stages[at] as Doc)[0]} can only be the final stage in the pipeline`,
    );
  }
  return stages[at];
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

function stageCount(name: string, value: unknown, least: number): number {
  const number = plain(value);
  if (typeof number !== 'number' || number < least) {
    throw new CommandError(
      5107201,
      'Location5107201',
      `invalid argument to ${name} stage: Expected a ${least === 1 ? 'positive' : 'non-negative'} number in: ${name}: ${String(value)}`,
    );
  }
  return number;
}

function* evaluate(
  engine: Engine,
  command: Command,
  collection: Collection | undefined,
  head: Search,
  rest: Doc[],
): Generator<Buffer> {
  const context = pipelineContext(engine, command, documentField(command.body, 'collation'));
  const counted =
    collection !== undefined && rest.length === 1 && head.sort === undefined ? countStage(rest[0] as Doc) : undefined;
  if (collection !== undefined && counted !== undefined) {
    const total = countMatches(engine, command, collection, head);
    const bounded = Math.max(0, Math.min(total - (head.skip ?? 0), head.limit ?? Number.MAX_SAFE_INTEGER));
    if (bounded > 0) yield encode(counted(bounded));
    return;
  }
  const special = specialSource(command, collection, rest[0]);
  if (special !== undefined) {
    for (const document of runPipeline(rest.slice(1), special, context)) yield encode(document);
    return;
  }
  const filters = matchContext(engine, command);
  const found = collection === undefined ? [] : search(viewOf(engine, command), collection, head, filters);
  if (rest.length === 0) {
    for (const each of found) yield each.raw;
    return;
  }
  for (const document of runPipeline(rest, decoded(found, fieldsRead(rest)), context)) yield encode(document);
}

function specialSource(
  command: Command,
  collection: Collection | undefined,
  stage: Doc | undefined,
): Doc[] | undefined {
  if (stage === undefined) return undefined;
  if ('$collStats' in stage) return [collectionStatistics(collection)];
  if ('$indexStats' in stage) {
    if (collection === undefined) return [];
    return indexSpecs(collection).map((spec) => ({
      name: spec.name,
      key: spec.key,
      spec,
      accesses: { ops: 0, since: new Date() },
    }));
  }
  if ('$currentOp' in stage || '$listSessions' in stage) return [];
  if ('$listLocalSessions' in stage) return [{ _id: command.body.lsid, lastUse: new Date() }];
  if ('$documents' in stage) {
    if (!Array.isArray(stage.$documents)) throw invalidOptions('$documents needs an array');
    return stage.$documents as Doc[];
  }
  if (typeof command.body.aggregate !== 'string') {
    throw new CommandError(
      73,
      'InvalidNamespace',
      `{aggregate: 1} is not valid for '${Object.keys(stage)[0]}'; a collection is required.`,
    );
  }
  return undefined;
}

function collectionStatistics(collection: Collection | undefined): Doc {
  if (collection === undefined) throw notImplemented('$collStats needs a collection');
  const { namespace: ns, count, size } = collection;
  const nindexes = indexSpecs(collection).length;
  return {
    ns,
    count,
    storageStats: {
      count,
      size,
      capped: false,
      avgObjSize: count === 0 ? 0 : Math.round(size / count),
      nindexes,
    },
  };
}
