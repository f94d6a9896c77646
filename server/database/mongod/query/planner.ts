import type { Collection, Index } from '../storage/catalog.ts';
import { typeRank } from '../values/compare.ts';
import { encodePrefix, successor } from '../values/keys.ts';
import { type Bounds, boundsOf, type IndexShape } from './bounds.ts';
import { type Candidate, cheapest } from './choice.ts';
import { asksForNull, type Condition, type Conditions, conditionsOf } from './conditions.ts';
import { hintOf } from './hint.ts';
import { providedOrder, wantedOrder } from './order.ts';
import type { Group, Plan, PlanRequest } from './plan.ts';
import { Planning } from './planning.ts';

/** The most groups of ranges that are merged; MongoDB's internalQueryMaxScansToExplode. */
const MAX_GROUPS = 200;

/**
 * Chooses how to find the documents of a filter in order.
 * @throws CommandError 2 for a hint that names no index, or one that lacks documents which the filter may match
 */
export function plan(collection: Collection, request: PlanRequest): Plan {
  const conditions = conditionsOf(request.filter);
  const planning = new Planning(request.remaining);
  const hinted = hintOf(collection, request);
  if (hinted?.natural !== undefined) return readAll(collection, request, conditions, hinted.natural);
  if (hinted !== undefined) return candidateFor(collection, hinted.index, conditions, request, planning).plan;
  return best(collection, conditions, request, planning)?.plan ?? readAll(collection, request, conditions, 1);
}

/** The plan that reads an index, whatever documents that lacks. */
export const planBy = (collection: Collection, index: Index, request: PlanRequest): Plan =>
  candidateFor(collection, index, conditionsOf(request.filter), request, new Planning(request.remaining)).plan;

/** The plan that reads a whole collection in the order of _id. */
export const everything = (collection: Collection): Plan =>
  readAll(collection, { filter: {} }, { list: [], complete: true, or: undefined }, 1);

function readAll(
  collection: Collection,
  { sort }: Pick<PlanRequest, 'filter' | 'sort'>,
  conditions: Conditions,
  direction: number,
): Plan {
  return {
    ...NOTHING,
    ranges: [{ low: collection.ident, high: successor(collection.ident) }],
    reverse: direction < 0,
    sorted: wantedOrder(sort) === undefined,
    exact: isWhole(conditions) && conditions.list.length === 0,
  };
}

/** Whether a filter consists of the conditions of its list. */
const isWhole = ({ complete, or }: Conditions): boolean => complete && or === undefined;

const NOTHING: Plan = {
  index: undefined,
  ranges: [],
  groups: undefined,
  points: false,
  reverse: false,
  sorted: true,
  exact: false,
  narrowed: false,
  distinct: true,
  union: undefined,
  order: undefined,
};

/** The cheapest way by an index or by several; undefined where no index helps. */
function best(
  collection: Collection,
  conditions: Conditions,
  request: PlanRequest,
  planning: Planning,
): Candidate | undefined {
  const helpful: Candidate[] = [];
  const names = request.sort === undefined ? [] : Object.keys(request.sort);
  for (const index of [undefined, ...collection.indexes]) {
    const first = index?.fields[0] ?? '_id';
    if (!names.includes(first) && !conditions.list.some(({ path }) => path === first)) continue;
    if (index !== undefined && !isUsable(index, request)) continue;
    const candidate = candidateFor(collection, index, conditions, request, planning);
    if (candidate.score > 0) helpful.push(candidate);
  }
  const union = unionFor(collection, conditions, request, planning);
  if (union !== undefined) helpful.push(union);
  return cheapest(helpful, collection, request, planning);
}

/** Whether an index is as old as what is read. */
const isUsable = ({ since = 0 }: Index, { view }: PlanRequest): boolean => since <= (view.snapshotGroup ?? since);

/** Whether strings in a value would be compared by the collation of the query, which no index follows. */
const hasText = (value: unknown): boolean =>
  Array.isArray(value) ? value.some(hasText) : [15, 20, 25].includes(typeRank(value));

/**
 * What is known of an index. The entries of one that is not unique end in the document's own key: it serves as if _id were its
 * last field.
 */
function shapeOf(collection: Collection, index: Index | undefined): IndexShape {
  const { ident, cut } = collection;
  if (index === undefined) return { fields: ['_id'], directions: [1], ident, unique: true, arrays: [0], cut };
  if (index.unique || cut || index.fields.includes('_id')) return index;
  const { fields, directions, arrays } = index;
  return {
    fields: [...fields, '_id'],
    directions: [...directions, 1],
    ident: index.ident,
    unique: false,
    arrays: [...arrays, 0],
    cut: index.cut,
  };
}

function candidateFor(
  collection: Collection,
  index: Index | undefined,
  conditions: Conditions,
  request: PlanRequest,
  planning: Planning,
): Candidate {
  const { list } = conditions;
  const shape = shapeOf(collection, index);
  const usable = request.collator === undefined ? list : list.filter((each) => !hasText(each.operand));
  const bounds = boundsOf(shape, usable, planning.rangesLeft);
  const { combinations, used, fixed } = bounds;
  planning.addRanges(combinations.length);
  const wanted = wantedOrder(request.sort);
  const provided =
    wanted === undefined || request.collator !== undefined
      ? undefined
      : providedOrder(shape, bounds, wanted, !collection.cut);
  const groups = provided === undefined || provided.merged === 0 ? undefined : groupsOf(shape, bounds, provided.merged);
  const isMerged = groups !== undefined && groups.length > 1 && groups.length <= MAX_GROUPS;
  const sorted =
    wanted === undefined || (provided !== undefined && (isMerged || groups === undefined || groups.length < 2));
  const points = bounds.points && !isMerged;
  const plan: Plan = {
    ...NOTHING,
    index,
    ranges: combinations.map(({ range }) => range),
    groups: isMerged ? groups : undefined,
    points,
    reverse: sorted && (provided?.reverse ?? false),
    sorted,
    exact: isWhole(conditions) && used.size === list.length && !bounds.widened && !mayMeetArrays(shape, list),
    narrowed: used.size > 0,
    distinct: shape.arrays.every((bits, field) => bits === 0 || fixed[field] === true) && !bounds.widened,
  };
  return { plan, used, score: scoreOf(used, bounds.points) + (sorted && wanted !== undefined ? 4 : 0) };
}

/** Whether an entry that a condition on null finds may be that of an array. */
const mayMeetArrays = ({ fields, arrays }: IndexShape, list: readonly Condition[]): boolean =>
  list.some((each) => asksForNull(each) && arrays[fields.indexOf(each.path)] !== 0);

/** How much conditions narrow a search, by rule of thumb; what `choice` falls back on where counting decides nothing. */
function scoreOf(used: ReadonlySet<Condition>, points: boolean): number {
  let score = points ? 1000 : 0;
  let ranges = 0;
  for (const { operator, operand } of used) {
    if (operator === '$eq') score += 10;
    else if (operator === '$in') score += (operand as unknown[]).length === 1 ? 10 : 8;
    else ranges++;
  }
  return score + (ranges > 0 ? 5 : 0) + (ranges > 1 ? 1 : 0);
}

/** The ranges of combinations that agree in the first fields, together. */
function groupsOf({ directions, ident }: IndexShape, { combinations }: Bounds, first: number): Group[] {
  const groups = new Map<string, Group>();
  for (const { values, range } of combinations) {
    const head = encodePrefix(values.slice(0, first), directions, ident);
    const text = head.latin1Slice(0, head.length);
    const group = groups.get(text);
    if (group === undefined) groups.set(text, { head: head.length, ranges: [range] });
    else group.ranges.push(range);
  }
  return [...groups.values()];
}

/**
 * A plan for each branch of an $or, beside the other conditions, where each narrows the search by a condition of its own and
 * they have not too many ranges together.
 */
function unionFor(
  collection: Collection,
  conditions: Conditions,
  request: PlanRequest,
  planning: Planning,
): Candidate | undefined {
  const { list, complete, or } = conditions;
  if (or === undefined) return undefined;
  const branches: Candidate[] = [];
  for (const filter of or) {
    const own = conditionsOf(filter);
    const branch = best(
      collection,
      { list: [...list, ...own.list], complete: complete && own.complete, or: own.or },
      request,
      planning,
    );
    if (branch === undefined || planning.rangesLeft < 0 || !usesOne(branch, own)) return undefined;
    branches.push(branch);
  }
  const plans = branches.map(({ plan }) => plan);
  const isWanted = wantedOrder(request.sort) !== undefined;
  const sorted = !isWanted || plans.every((each) => each.sorted);
  const order = sorted && isWanted ? request.sort : undefined;
  const plan: Plan = { ...NOTHING, sorted, order, narrowed: true, union: plans };
  const common = list.filter((each) => branches.every(({ used }) => used.has(each)));
  return { plan, used: new Set([...common, or]), score: Math.min(...branches.map(({ score }) => score)) };
}

const usesOne = ({ used }: Candidate, { list, or }: Conditions): boolean =>
  list.some((each) => used.has(each)) || (or !== undefined && used.has(or));
