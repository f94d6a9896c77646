import type { Doc } from '../values/codec.ts';
import { compare, equal, typeRank } from '../values/compare.ts';
import { toDouble } from '../values/numeric.ts';
import { type Condition, conditionsOf, excludesMissing } from './conditions.ts';
import { isOperatorDocument } from './matcher.ts';

/** Whether documents that fulfil `list` all fulfil the filter of a partial index. */
export function implies(list: readonly Condition[], partial: Doc): boolean {
  const wanted = partialConditions(partial);
  return wanted?.every((want) => list.some((have) => impliesOne(have, want))) ?? false;
}

/** The conditions that a partial index's filter is made of; undefined where it is made of anything else too. */
function partialConditions(partial: Doc): Condition[] | undefined {
  const all: Condition[] = [];
  for (const [path, operand] of Object.entries(partial)) {
    if (path === '$and' && Array.isArray(operand)) {
      for (const each of operand) {
        const inner = partialConditions(each as Doc);
        if (inner === undefined) return undefined;
        all.push(...inner);
      }
      continue;
    }
    if (path.startsWith('$')) return undefined;
    const operators = isOperatorDocument(operand) ? Object.entries(operand) : [['$eq', operand] as const];
    for (const [operator, value] of operators) {
      const [condition, ...others] = conditionsOf({ [path]: { [operator]: value } }).list;
      if (condition === undefined || others.length > 0 || !known.has(operator)) return undefined;
      all.push(condition);
    }
  }
  return all;
}

const known: ReadonlySet<string> = new Set(['$eq', '$in', '$gt', '$gte', '$lt', '$lte', '$exists']);

function impliesOne(have: Condition, want: Condition): boolean {
  if (have.path !== want.path) return false;
  if (want.operator === '$exists') return excludesMissing(have);
  if (have.operator === '$eq') return fulfils(have.operand, want);
  if (have.operator === '$in') return (have.operand as unknown[]).every((value) => fulfils(value, want));
  if (!isRange(have) || !isRange(want) || have.operator.slice(0, 3) !== want.operator.slice(0, 3)) return false;
  if (typeRank(have.operand) !== typeRank(want.operand) || isNaNumber(have.operand) || isNaNumber(want.operand))
    return false;
  const order = compare(have.operand, want.operand);
  const strict = want.operator.length === 3 && have.operator.length === 4;
  return want.operator.startsWith('$gt') ? (strict ? order > 0 : order >= 0) : strict ? order < 0 : order <= 0;
}

const isRange = ({ operator }: Condition): boolean => operator.startsWith('$gt') || operator.startsWith('$lt');

const isNaNumber = (value: unknown): boolean => typeRank(value) === 10 && Number.isNaN(toDouble(value));

function fulfils(value: unknown, want: Condition): boolean {
  if (want.operator === '$eq') return equal(value, want.operand);
  if (want.operator === '$in') return (want.operand as unknown[]).some((each) => equal(value, each));
  if (typeRank(value) !== typeRank(want.operand) || isNaNumber(value) || isNaNumber(want.operand)) return false;
  const order = compare(value, want.operand);
  switch (want.operator) {
    case '$gt':
      return order > 0;
    case '$gte':
      return order >= 0;
    case '$lt':
      return order < 0;
    case '$lte':
      return order <= 0;
    default:
      return false;
  }
}
