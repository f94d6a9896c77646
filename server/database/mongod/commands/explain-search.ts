import type { Engine } from '../engine.ts';
import { eachResult, resultOf, Slices } from '../pauses.ts';
import { compileFilter } from '../query/matcher.ts';
import type { Examined, Plan } from '../query/plan.ts';
import type { Collection, Index } from '../storage/catalog.ts';
import type { Doc } from '../values/codec.ts';
import { type Command, matchContext, viewOf } from './context.ts';
import { countEntries, countStage, isCoveredCount, planSearch, type Search, search } from './search.ts';

/** Says which index a search uses and, unless only the plan is asked for, runs it and says what it reads. */
export async function explainSearch(
  engine: Engine,
  command: Command,
  collection: Collection | undefined,
  request: Search,
): Promise<Doc> {
  const { body } = command;
  const serverInfo = { host: 'localhost', port: 0, version: '8.0.0', gitVersion: '' };
  const namespace = `${command.database}.${String(body[command.name])}`;
  const context = matchContext(command);
  compileFilter(request.filter, context);
  const planner = { namespace, indexFilterSet: false, parsedQuery: request.filter };
  const explained = (winningPlan: Doc): Doc => ({
    explainVersion: '1',
    queryPlanner: { ...planner, winningPlan, rejectedPlans: [] },
  });
  if (collection === undefined) return { ...explained({ stage: 'EOF' }), serverInfo, ok: 1 };
  const view = viewOf(engine, command);
  const chosen = planSearch(view, collection, request, context);
  const isCovered = isCount(command) && isCoveredCount(chosen);
  const winningPlan = inWrite(command.name, isCovered ? describeCount(chosen) : describe(chosen, request));
  if (body.verbosity === 'queryPlanner') return { ...explained(winningPlan), serverInfo, ok: 1 };
  const started = performance.now();
  const examined: Examined = { keys: 0, documents: 0 };
  const slices = new Slices(engine.turns, command);
  let returned = 0;
  if (isCovered) {
    returned = await resultOf(countEntries(view, chosen, collection.count), slices);
    examined.keys = isIndexed(chosen) ? returned : 0;
  } else {
    const found = search(view, collection, request, context, { ...chosen, examined });
    await eachResult(found, slices, () => {
      returned++;
    });
  }
  return {
    ...explained(winningPlan),
    executionStats: {
      executionSuccess: true,
      nReturned: returned,
      executionTimeMillis: Math.round(performance.now() - started),
      totalKeysExamined: examined.keys,
      totalDocsExamined: examined.documents,
      executionStages: examined.fellBack && chosen.fallback ? describe(chosen.fallback, request) : winningPlan,
    },
    serverInfo,
    ok: 1,
  };
}

/** Whether a command only counts, so that an index can answer it alone. */
function isCount({ name, body }: Command): boolean {
  if (name === 'count') return true;
  const stages = ((body.pipeline ?? []) as Doc[]).filter((stage) => !('$match' in stage));
  return stages.length === 1 && countStage(stages[0] as Doc) !== undefined;
}

const writeStages: Record<string, string> = {
  update: 'UPDATE',
  delete: 'DELETE',
  findAndModify: 'UPDATE',
  findandmodify: 'UPDATE',
};

function inWrite(name: string, plan: Doc): Doc {
  const stage = writeStages[name];
  return stage === undefined ? plan : { stage, inputStage: plan };
}

function describeCount(chosen: Plan): Doc {
  if (!isIndexed(chosen)) return { stage: 'RECORD_STORE_FAST_COUNT' };
  return { stage: 'COUNT', inputStage: { ...describeIndex(chosen.index), stage: 'COUNT_SCAN' } };
}

const isIndexed = (chosen: Plan) => chosen.index !== undefined || chosen.narrowed;

function describe(chosen: Plan, request: Search): Doc {
  if (!chosen.sorted) {
    return { stage: 'SORT', sortPattern: request.sort, inputStage: describe({ ...chosen, sorted: true }, request) };
  }
  const merge = { stage: 'SORT_MERGE', sortPattern: request.sort };
  if (chosen.union !== undefined) {
    const inputStages = chosen.union.map((each) => describe(each.sorted ? each : { ...each, sorted: true }, request));
    return { stage: 'SUBPLAN', inputStage: { ...(chosen.order === undefined ? { stage: 'OR' } : merge), inputStages } };
  }
  const direction = chosen.reverse ? 'backward' : 'forward';
  const filter = chosen.exact ? {} : { filter: request.filter };
  if (!isIndexed(chosen)) return { stage: 'COLLSCAN', ...filter, direction };
  if (chosen.index === undefined && chosen.points && chosen.ranges.length === 1) {
    return { stage: 'IDHACK', ...filter, keyPattern: { _id: 1 }, indexName: '_id_' };
  }
  const scan = { stage: 'IXSCAN', ...describeIndex(chosen.index), direction };
  const inputStage =
    chosen.groups === undefined ? scan : { ...merge, inputStages: chosen.groups.map(() => ({ ...scan })) };
  return { stage: 'FETCH', ...filter, inputStage };
}

function describeIndex(index: Index | undefined): Doc {
  if (index === undefined) return { keyPattern: { _id: 1 }, indexName: '_id_', isMultiKey: false, isUnique: true };
  const { spec, unique, multikey } = index;
  return {
    keyPattern: spec.key,
    indexName: spec.name,
    isMultiKey: multikey,
    ...(multikey ? { multiKeyPaths: multiKeyPaths(index) } : {}),
    isUnique: unique,
    isSparse: spec.sparse === true,
    isPartial: spec.partialFilterExpression !== undefined,
  };
}

/** For each field of an index the parts of its path that are arrays in some document. */
function multiKeyPaths({ fields, arrays }: Index): Doc {
  const paths = (field: string, bits: number) => {
    const parts = field.split('.');
    return parts
      .map((_part, at) => parts.slice(0, at + 1).join('.'))
      .filter((_path, at) => bits & (1 << Math.min(at, 30)));
  };
  return Object.fromEntries(fields.map((field, at) => [field, paths(field, arrays[at] as number)]));
}
