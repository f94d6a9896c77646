import { badValue, failure, notImplemented } from '../errors.ts';
import { eachResult, Slices } from '../pauses.ts';
import type { Examined, Plan } from '../query/plan.ts';
import type { Index } from '../storage/catalog.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { fieldNames } from '../values/order.ts';
import { VERSION } from './admin.ts';
import { type Command, collectionOf, type Handler, matchContext, viewOf } from './context.ts';
import { checkFields, isKnownCommand, wrongType } from './fields.ts';
import { searchOf } from './reads.ts';
import { planSearch, type Search, search, searchIn } from './search.ts';

const VERBOSITIES = ['queryPlanner', 'executionStats', 'allPlansExecution'];

/**
 * Says which index a find uses and, unless only the plan is asked for, runs it and says what it reads.
 * @throws CommandError 59 for an unknown command, 238 for one other than find, 40415 for unknown fields of it
 */
export const explain: Handler = async (engine, command) => {
  const { explain: inner, verbosity } = command.body;
  if (!isDocument(inner)) throw wrongType('explain.explain', inner, 'object');
  if (verbosity !== undefined && !VERBOSITIES.includes(verbosity as string))
    throw badValue(`Enumeration value '${String(verbosity)}' for field 'explain.verbosity' is not a valid value.`);
  const name = fieldNames(inner)[0] ?? '';
  if (!isKnownCommand(name)) throw failure(59, `Explain failed due to unknown command: ${name}`);
  if (name !== 'find') throw notImplemented(`explain of ${name} is not supported`);
  checkFields(name, inner);
  const explained: Command = { ...command, name, body: inner };
  const request = searchOf(inner);
  const context = matchContext(explained);
  const collection = collectionOf(engine, explained);
  const reply = (winningPlan: Doc, more: Doc = {}): Doc => ({
    explainVersion: '1',
    queryPlanner: {
      namespace: `${command.database}.${String(inner.find)}`,
      parsedQuery: request.filter,
      winningPlan,
      rejectedPlans: [],
    },
    ...more,
    serverInfo: { version: VERSION },
    ok: 1,
  });
  if (collection === undefined) {
    searchIn(engine, explained, collection, request, context);
    return reply({ stage: 'EOF' });
  }
  const view = viewOf(engine, command);
  const chosen = planSearch(view, collection, request, context);
  const examined: Examined = { keys: 0, documents: 0 };
  const found = search(view, collection, request, context, { ...chosen, examined });
  const winningPlan = describe(chosen, request);
  if (verbosity === 'queryPlanner') return reply(winningPlan);
  const started = performance.now();
  let returned = 0;
  await eachResult(found, new Slices(engine.scheduler, command), () => {
    returned++;
  });
  const executionStats = {
    executionSuccess: true,
    nReturned: returned,
    executionTimeMillis: Math.round(performance.now() - started),
    totalKeysExamined: examined.keys,
    totalDocsExamined: examined.documents,
    executionStages: examined.fellBack && chosen.fallback ? describe(chosen.fallback, request) : winningPlan,
  };
  return reply(winningPlan, { executionStats });
};

/** A plan in MongoDB's words. */
function describe(chosen: Plan, request: Search): Doc {
  const { sorted, union, groups, index, exact } = chosen;
  if (!sorted)
    return { stage: 'SORT', sortPattern: request.sort, inputStage: describe({ ...chosen, sorted: true }, request) };
  const merge = { stage: 'SORT_MERGE', sortPattern: request.sort };
  if (union !== undefined) {
    const inputStages = union.map((each) => describe({ ...each, sorted: true }, request));
    return { ...(chosen.order === undefined ? { stage: 'OR' } : merge), inputStages };
  }
  const direction = chosen.reverse ? 'backward' : 'forward';
  const filter = exact ? {} : { filter: request.filter };
  if (index === undefined && !chosen.narrowed) return { stage: 'COLLSCAN', ...filter, direction };
  if (index === undefined && chosen.points && chosen.ranges.length === 1)
    return { stage: 'IDHACK', ...filter, keyPattern: { _id: 1 }, indexName: '_id_' };
  const scan = { stage: 'IXSCAN', ...describeIndex(index), direction };
  const inputStage = groups === undefined ? scan : { ...merge, inputStages: groups.map(() => ({ ...scan })) };
  return { stage: 'FETCH', ...filter, inputStage };
}

function describeIndex(index: Index | undefined): Doc {
  if (index === undefined) return { keyPattern: { _id: 1 }, indexName: '_id_', isMultiKey: false };
  const { spec, multikey } = index;
  return { keyPattern: spec.key, indexName: spec.name, isMultiKey: multikey };
}
