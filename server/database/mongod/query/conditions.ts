import { type Doc, isDocument } from '../values/codec.ts';
import { typeRank } from '../values/compare.ts';
import { toDouble } from '../values/numeric.ts';
import { isOperatorDocument } from './matcher.ts';
import { isRegex } from './operators.ts';
import { isPosition } from './paths.ts';

/** One requirement of a filter on one path that an index could serve. */
export interface Condition {
  path: string;
  operator: '$eq' | '$in' | '$gt' | '$gte' | '$lt' | '$lte';
  operand: unknown;
}

/** The conditions that every match fulfils. */
export interface Conditions {
  list: Condition[];
  /** Whether these, and the branches of `or` where it is there, are the whole filter. */
  complete: boolean;
  /** The branches of the first $or. */
  or: Doc[] | undefined;
}

/** Whether a condition asks for null, which also stands for what is missing, and whose key some arrays have. */
export function asksForNull({ operator, operand }: Condition): boolean {
  return operator === '$in' ? (operand as unknown[]).some(isNull) : operator === '$eq' && isNull(operand);
}

const isNull = (value: unknown): boolean => value === null || value === undefined;

/** Takes the parts of a filter that indexes understand. */
export function conditionsOf(filter: Doc): Conditions {
  const found: Conditions = { list: [], complete: true, or: undefined };
  collect(filter, '', found);
  return found;
}

/** @param prefix the path before the fields of this part of the filter */
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
      else found.complete = false;
    } else if (prefix !== '' && isPosition(name.split('.', 1)[0] as string)) {
      // $elemMatch takes an array within the array for a document of positions; an index does not.
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
      case '$elemMatch':
        found.complete = false;
        if (isDocument(value)) {
          if (isOperatorDocument(value)) collectField(path, value, found);
          else collect(value, `${path}.`, found);
        }
        break;
      default:
        found.complete = false;
    }
  }
}

function equality(path: string, operand: unknown, found: Conditions): void {
  if (isIndexable(operand)) found.list.push({ path, operator: '$eq', operand });
  else found.complete = false;
}

/** Whether a range of numbers has a lower bound: without one it begins at NaN, which is in the index but less than nothing. */
const isAboveNaN = (operand: Doc): boolean =>
  [operand.$gt, operand.$gte].some((bound) => !Number.isNaN(toDouble(bound)));

const isIndexable = (value: unknown) => !Array.isArray(value) && !isRegex(value);

const isRangeable = (value: unknown) => {
  const rank = typeRank(value);
  return rank !== 5 && rank !== 25 && rank !== 50;
};

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
    if (name === '$and' || name === '$or') {
      const branches = filter[name];
      if (!Array.isArray(branches) || !branches.every((each) => isDocument(each) && addFields(each, fields)))
        return false;
    } else if (name.startsWith('$')) {
      if (name !== '$comment') return false;
    } else fields.add(name.split('.', 1)[0] as string);
  }
  return true;
}
