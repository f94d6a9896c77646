import { BSONRegExp } from 'bson';
import { type Doc, isDocument } from '../values/codec.ts';
import { compare, equal, typeRank } from '../values/compare.ts';
import { toDouble } from '../values/numeric.ts';
import { isOperatorDocument } from './matcher.ts';

/** One requirement of a filter on one path that an index could serve. */
export interface Condition {
  path: string;
  operator: '$eq' | '$in' | '$gt' | '$gte' | '$lt' | '$lte' | '$prefix' | '$exists';
  operand: unknown;
}

/** The conditions that every match fulfils, and whether they are the whole filter. */
export interface Conditions {
  list: Condition[];
  complete: boolean;
  /** The branches of the first $or. */
  or: Doc[] | undefined;
}

/** Takes the parts of a filter that indexes understand. */
export function conditionsOf(filter: Doc): Conditions {
  const found: Conditions = { list: [], complete: true, or: undefined };
  collect(filter, '', found);
  return found;
}

function collect(filter: Doc, prefix: string, found: Conditions): void {
  for (const name of Object.keys(filter)) {
    const operand = filter[name];
    if (name === '$and' && Array.isArray(operand)) {
      for (const each of operand) if (isDocument(each)) collect(each, prefix, found);
    } else if (name === '$or' && Array.isArray(operand) && operand.length === 1 && isDocument(operand[0])) {
      collect(operand[0], prefix, found);
    } else if (name.startsWith('$')) {
      if (name === '$comment') continue;
      if (name === '$or' && found.or === undefined && prefix === '') found.or = operand as Doc[];
      found.complete = false;
    } else collectField(`${prefix}${name}`, operand, found);
  }
}

function collectField(path: string, operand: unknown, found: Conditions): void {
  if (!isOperatorDocument(operand)) {
    equality(path, operand, found);
    return;
  }
  for (const operator of Object.keys(operand)) {
    const value = operand[operator];
    switch (operator) {
      case '$eq':
        equality(path, value, found);
        break;
      case '$in':
        if (Array.isArray(value) && value.every(isIndexable)) found.list.push({ path, operator, operand: value });
        else found.complete = false;
        break;
      case '$gt':
      case '$gte':
      case '$lt':
      case '$lte':
        if (isRangeable(value)) found.list.push({ path, operator, operand: value });
        else found.complete = false;
        if (typeRank(value) === 10 && !isAboveNaN(operand)) found.complete = false;
        break;
      case '$regex':
        found.complete = false;
        if (operand.$options === undefined || operand.$options === '') prefixOf(path, value, found);
        break;
      case '$exists':
        found.complete = false;
        if (value === true || value === 1) found.list.push({ path, operator, operand: true });
        break;
      case '$elemMatch':
        found.complete = false;
        if (isDocument(value)) {
          if (isOperatorDocument(value)) collectField(path, value, found);
          else collect(value, `${path}.`, found);
        }
        break;
      case '$all':
        found.complete = false;
        if (Array.isArray(value) && isIndexable(value[0]) && !isOperatorDocument(value[0]))
          equality(path, value[0], found);
        break;
      default:
        found.complete = false;
    }
  }
}

function equality(path: string, operand: unknown, found: Conditions): void {
  if (operand instanceof RegExp || operand instanceof BSONRegExp) {
    found.complete = false;
    prefixOf(path, operand, found);
  } else if (isIndexable(operand)) {
    found.list.push({ path, operator: '$eq', operand });
    if (operand === null || operand === undefined) found.complete = false;
  } else found.complete = false;
}

/** Whether a range of numbers has a lower bound: without one it begins at NaN, which is in the index but less than nothing. */
const isAboveNaN = (operand: Doc): boolean =>
  [operand.$gt, operand.$gte].some((bound) => !Number.isNaN(toDouble(bound)));

const isIndexable = (value: unknown) =>
  !Array.isArray(value) && !(value instanceof RegExp) && !(value instanceof BSONRegExp);

const isRangeable = (value: unknown) => {
  const rank = typeRank(value);
  return rank !== 1 && rank !== 127 && rank !== 5 && rank !== 25 && rank !== 50;
};

/** A regular expression that starts with ^ and plain characters is a range of strings. */
function prefixOf(path: string, expression: unknown, found: Conditions): void {
  let source: string;
  if (expression instanceof RegExp && !/[imx]/.test(expression.flags)) source = expression.source;
  else if (typeof expression === 'string') source = expression;
  else return;
  if (source.includes('|')) return;
  const literal = /^\^((?:[^\\^$.|?*+()[\]{}]|\\[-\\^$.|?*+()[\]{}/])+)(?![?*{])/.exec(source)?.[1];
  if (literal === undefined) return;
  let text = literal.replace(/\\(.)/g, '$1');
  const rest = source.slice(1 + literal.length);
  if (/^[?*{]/.test(rest)) text = text.slice(0, -1);
  if (text !== '') found.list.push({ path, operator: '$prefix', operand: text });
}

/** Whether documents that fulfil `list` all fulfil the filter of a partial index. */
export function implies(list: readonly Condition[], partial: Doc): boolean {
  const wanted = conditionsOf(partial);
  const onlyKnown = Object.keys(partial).every((name) => !name.startsWith('$') || name === '$and');
  return (
    onlyKnown && wanted.list.length > 0 && wanted.list.every((want) => list.some((have) => impliesOne(have, want)))
  );
}

function impliesOne(have: Condition, want: Condition): boolean {
  if (have.path !== want.path) return false;
  if (want.operator === '$exists') return excludesMissing(have);
  const values = have.operator === '$in' ? (have.operand as unknown[]) : [have.operand];
  if (have.operator === '$eq' || have.operator === '$in') return values.every((value) => fulfils(value, want));
  if (have.operator !== want.operator && have.operator.slice(0, 3) !== want.operator.slice(0, 3)) return false;
  if (typeRank(have.operand) !== typeRank(want.operand)) return false;
  const order = compare(have.operand, want.operand);
  const strict = want.operator.length === 3 && have.operator.length === 4;
  return want.operator.startsWith('$gt') ? (strict ? order > 0 : order >= 0) : strict ? order < 0 : order <= 0;
}

function fulfils(value: unknown, want: Condition): boolean {
  if (want.operator === '$eq') return equal(value, want.operand);
  if (want.operator === '$in') return (want.operand as unknown[]).some((each) => equal(value, each));
  if (typeRank(value) !== typeRank(want.operand)) return false;
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

/** Whether no document without the field can fulfil the condition. */
export function excludesMissing({ operator, operand }: Condition): boolean {
  if (operator === '$eq') return operand !== null && operand !== undefined;
  if (operator === '$in') return !(operand as unknown[]).some((each) => each === null || each === undefined);
  return true;
}

/**
 * The top-level fields that a filter looks at, so that matching need not decode the others; undefined when it may look at
 * any of them.
 */
export function fieldsOf(filter: Doc): Set<string> | undefined {
  const fields = new Set<string>();
  return addFields(filter, fields) ? fields : undefined;
}

function addFields(filter: Doc, fields: Set<string>): boolean {
  for (const name of Object.keys(filter)) {
    if (name === '$and' || name === '$or' || name === '$nor') {
      const branches = filter[name];
      if (!Array.isArray(branches) || !branches.every((each) => isDocument(each) && addFields(each, fields)))
        return false;
    } else if (name.startsWith('$')) {
      if (name !== '$comment') return false;
    } else fields.add(name.split('.', 1)[0] as string);
  }
  return true;
}
