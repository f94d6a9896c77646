import { BSONRegExp } from 'bson';
import { badValue, failure, notImplemented } from '../errors.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { type Collator, compare, equal, regexText, typeName, typeRank } from '../values/compare.ts';
import { numberKind, toDouble } from '../values/numeric.ts';
import { compile, test } from './regex.ts';

/** Tests one value, without looking into arrays. */
export type Test = (value: unknown) => boolean;

/** What a bare value asks for, and each of $in: a regular expression stands for the texts that it matches, and for itself. */
export const likeness = (operand: unknown, collator: Collator): Test =>
  isRegex(operand) ? regex(operand, undefined) : equality(operand, collator);

/** Equality alone, also with a regular expression. */
export function equality(operand: unknown, collator: Collator): Test {
  if (operand === null || operand === undefined) return (value) => value === null || value === undefined;
  if (typeof operand === 'string' && collator === undefined) return (value) => value === operand;
  return (value) => value !== undefined && equal(value, operand, collator);
}

/** $gt, $gte, $lt and $lte: only values of the operand's own type compare. */
function inequality(operator: string, operand: unknown, collator: Collator): Test {
  if (isRegex(operand)) throw badValue(`Can't have RegEx as arg to ${operator}`);
  const rank = typeRank(operand);
  const accept: Record<string, (order: number) => boolean> = {
    $gt: (order) => order > 0,
    $gte: (order) => order >= 0,
    $lt: (order) => order < 0,
    $lte: (order) => order <= 0,
  };
  const within = accept[operator] as (order: number) => boolean;
  if (operand === null || operand === undefined) {
    const matchesNull = operator === '$gte' || operator === '$lte';
    return (value) => matchesNull && (value === null || value === undefined);
  }
  const nan = numberKind(operand) !== undefined && Number.isNaN(toDouble(operand));
  return (value) => {
    if (value === undefined || typeRank(value) !== rank) return false;
    if (rank === 10 && Number.isNaN(toDouble(value)) !== nan) return false;
    return within(compare(value, operand, collator));
  };
}

function membership(operand: unknown, collator: Collator): Test {
  if (!Array.isArray(operand)) throw badValue('$in needs an array');
  const others: Test[] = [];
  const plain: unknown[] = [];
  for (const each of operand) {
    if (isDocument(each) && Object.keys(each)[0]?.startsWith('$')) throw badValue('cannot nest $ under $in');
    if (each === null || each === undefined || isRegex(each)) others.push(likeness(each, collator));
    else plain.push(each);
  }
  plain.sort((a, b) => compare(a, b, collator));
  return (value) => (value !== undefined && isAmong(plain, value, collator)) || others.some((other) => other(value));
}

/** Whether a value is one of a list that is in order. */
function isAmong(ordered: readonly unknown[], value: unknown, collator: Collator): boolean {
  let [low, high] = [0, ordered.length - 1];
  while (low <= high) {
    const middle = (low + high) >> 1;
    const order = compare(ordered[middle], value, collator);
    if (order === 0) return true;
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return false;
}

/** Whether a value is a regular expression. */
export const isRegex = (value: unknown): value is BSONRegExp => value instanceof BSONRegExp;

/** A regular expression, or pattern text with `$options`. */
function regex(operand: unknown, options: unknown): Test {
  const [pattern, flags] = patternOf(operand, options);
  const expression = compile(pattern, flags);
  const own = regexText(new BSONRegExp(pattern, flags));
  return (value) => (typeof value === 'string' ? test(expression, value) : isRegex(value) && regexText(value) === own);
}

/** The pattern and the options of a regular expression's operand. */
function patternOf(operand: unknown, options: unknown): [pattern: string, options: string] {
  if (options !== undefined && typeof options !== 'string') throw badValue('$options has to be a string');
  if (typeof operand === 'string') return [operand, options ?? ''];
  if (!isRegex(operand)) throw badValue('$regex has to be a string');
  const { pattern, options: own } = operand;
  if (own !== '' && options !== undefined) throw failure(51075, 'options set in both $regex and $options');
  return [pattern, options ?? own];
}

/** BSON's types by their names. */
const types = new Set('double string object array binData objectId bool date null regex int timestamp long'.split(' '));

function type(operand: unknown): Test {
  if (typeof operand !== 'string') throw notImplemented('$type with anything but one name of a type is not supported');
  if (operand !== 'number' && !types.has(operand)) throw badValue(`Unknown type name alias: ${operand}`);
  const isWanted = (value: unknown) =>
    operand === 'number' ? numberKind(value) !== undefined : typeName(value) === operand;
  return (value) => value !== undefined && isWanted(value);
}

/** The operators that only wrap a test on a value, by name. */
export function valueOperator(name: string, operand: unknown, siblings: Doc, collator?: Collator): Test | undefined {
  switch (name) {
    case '$eq':
      return equality(operand, collator);
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      return inequality(name, operand, collator);
    case '$in':
      return membership(operand, collator);
    case '$regex':
      return regex(operand, siblings.$options);
    case '$type':
      return type(operand);
    default:
      return undefined;
  }
}
