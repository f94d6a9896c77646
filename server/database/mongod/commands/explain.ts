import type { Engine } from '../engine.ts';
import { badValue } from '../errors.ts';
import { withoutPauses } from '../pauses.ts';
import { compileFilter } from '../query/matcher.ts';
import { type Plan, plan } from '../query/planner.ts';
import { entriesOf } from '../query/scan.ts';
import type { Collection } from '../storage/catalog.ts';
import type { Doc } from '../values/codec.ts';
import { type Command, documentField, type Handler, matchContext, viewOf } from './context.ts';
import { countStage, isCoveredCount, type Search, search } from './search.ts';

export const explain: Handler = (engine, command) => {
  const inner = command.body.explain as Doc;
  const name = Object.keys(inner ?? {})[0];
  if (name === undefined) throw badValue('explain needs a command');
  const collection = engine.catalog.get(command.database, String(inner[name]));
  const statement = ((inner.updates ?? inner.deletes) as Doc[] | undefined)?.[0];
  const filter = documentField(inner, 'filter') ?? documentField(inner, 'query') ?? (statement?.q as Doc) ?? {};
  const first = (inner.pipeline as Doc[] | undefined)?.[0];
  const request: Search = {
    filter: (first?.$match as Doc) ?? filter,
    sort: documentField(inner, 'sort'),
    hint: inner.hint ?? statement?.hint,
  };
  return explainSearch(engine, { ...command, name, body: inner }, collection, request);
};

/** Says which index a search uses, and what it reads. */
export function explainSearch(
  engine: Engine,
  command: Command,
  collection: Collection | undefined,
  request: Search,
): Doc {
  const { body } = command;
  const server = { host: 'localhost', port: 0, version: '8.0.0', gitVersion: '' };
  const namespace = `${command.database}.${String(body[command.name])}`;
  if (collection === undefined) {
    return {
      explainVersion: '1',
      queryPlanner: { namespace, winningPlan: { stage: 'EOF' }, rejectedPlans: [] },
      serverInfo: server,
      ok: 1,
    };
  }
  const context = matchContext(engine, command);
  compileFilter(request.filter, context);
  const chosen = plan(collection, {
    filter: request.filter,
    sort: request.sort,
    hint: request.hint,
    collator: context.collator,
    limited: body.limit !== undefined,
  });
  const view = viewOf(engine, command);
  const started = performance.now();
  const returned = [...withoutPauses(search(view, collection, request, context))].length;
  const examined = chosen.union === undefined ? [...entriesOf(view, chosen)].length : returned;
  const covered = isCount(command) && isCoveredCount(chosen);
  const winningPlan = covered ? describeCount(chosen) : describe(chosen, request);
  return {
    explainVersion: '1',
    queryPlanner: { namespace, indexFilterSet: false, parsedQuery: request.filter, winningPlan, rejectedPlans: [] },
    executionStats: {
      executionSuccess: true,
      nReturned: returned,
      executionTimeMillis: Math.round(performance.now() - started),
      totalKeysExamined: isIndexed(chosen) ? examined : 0,
      totalDocsExamined: covered ? 0 : examined,
      executionStages: winningPlan,
    },
    serverInfo: server,
    ok: 1,
  };
}

/** Whether a command only counts, so that an index can answer it alone. */
function isCount({ name, body }: Command): boolean {
  if (name === 'count') return true;
  const stages = ((body.pipeline ?? []) as Doc[]).filter((stage) => !('$match' in stage));
  return stages.length === 1 && countStage(stages[0] as Doc) !== undefined;
}

function describeCount(chosen: Plan): Doc {
  if (!isIndexed(chosen)) return { stage: 'RECORD_STORE_FAST_COUNT' };
  const { name, key } = chosen.index?.spec ?? { name: '_id_', key: { _id: 1 } };
  return { stage: 'COUNT', inputStage: { stage: 'COUNT_SCAN', keyPattern: key, indexName: name } };
}

const isIndexed = (chosen: Plan) => chosen.index !== undefined || chosen.narrowed;

function describe(chosen: Plan, request: Search): Doc {
  if (!chosen.sorted) {
    return { stage: 'SORT', sortPattern: request.sort, inputStage: describe({ ...chosen, sorted: true }, request) };
  }
  if (chosen.union !== undefined) {
    return {
      stage: 'SUBPLAN',
      inputStage: { stage: 'OR', inputStages: chosen.union.map((each) => describe(each, request)) },
    };
  }
  const direction = chosen.reverse ? 'backward' : 'forward';
  if (!isIndexed(chosen)) return { stage: 'COLLSCAN', direction };
  if (chosen.index === undefined && chosen.points && chosen.ranges.length === 1) {
    return { stage: 'IDHACK', keyPattern: { _id: 1 }, indexName: '_id_' };
  }
  const { name, key } = chosen.index?.spec ?? { name: '_id_', key: { _id: 1 } };
  const scan = {
    stage: 'IXSCAN',
    keyPattern: key,
    indexName: name,
    isMultiKey: chosen.index?.multikey ?? false,
    isUnique: chosen.index?.unique ?? true,
    direction,
  };
  return { stage: 'FETCH', inputStage: scan };
}
