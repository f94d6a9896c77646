import { Binary, Long } from 'mongodb';
import type { Value } from './types.ts';

/** What matching refers to beyond the two values. */
export interface MatchScope {
  lsidOf(session: string): unknown;
  entity(id: string): unknown;
}

/** The first difference between a value and what is expected of it, with its path; undefined when it matches. */
export function mismatch(
  expected: unknown,
  actual: unknown,
  scope: MatchScope,
  path = '',
  root = false,
): string | undefined {
  if (actual instanceof Map) return mismatch(expected, Object.fromEntries(actual), scope, path, root);
  if (isPlain(expected)) {
    const operator = Object.keys(expected)[0];
    if (operator?.startsWith('$$')) return special(operator, expected[operator], actual, scope, path, root);
    if (!isObject(actual)) return `${path}: expected a document, got ${show(actual)}`;
    for (const [name, value] of Object.entries(expected)) {
      const inner = `${path}.${name}`;
      if (isPlain(value) && '$$exists' in value) {
        const exists = (actual as Value)[name] !== undefined;
        if (exists !== value.$$exists) return `${inner}: ${exists ? 'exists' : 'is missing'}`;
        continue;
      }
      if (isPlain(value) && '$$unsetOrMatches' in value && (actual as Value)[name] === undefined) continue;
      if ((actual as Value)[name] === undefined && !(isPlain(value) && Object.keys(value)[0]?.startsWith('$$'))) {
        return `${inner}: missing, expected ${show(value)}`;
      }
      const difference = mismatch(value, (actual as Value)[name], scope, inner);
      if (difference !== undefined) return difference;
    }
    if (root) return undefined;
    const extra = Object.keys(actual).find(
      (name) => (actual as Value)[name] !== undefined && !Object.hasOwn(expected, name),
    );
    return extra === undefined ? undefined : `${path}.${extra}: unexpected ${show((actual as Value)[extra])}`;
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return `${path}: expected an array, got ${show(actual)}`;
    if (expected.length !== actual.length)
      return `${path}: ${actual.length} elements instead of ${expected.length}: ${show(actual)}`;
    for (const [at, element] of expected.entries()) {
      const difference = mismatch(element, actual[at], scope, `${path}[${at}]`, root);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }
  const meant = isPlain(actual) && Object.keys(actual).join() === '$eq' ? actual.$eq : actual;
  return equal(expected, meant) ? undefined : `${path}: ${show(actual)} instead of ${show(expected)}`;
}

function special(
  operator: string,
  operand: unknown,
  actual: unknown,
  scope: MatchScope,
  path: string,
  root: boolean,
): string | undefined {
  switch (operator) {
    case '$$exists':
      return (actual !== undefined) === operand ? undefined : `${path}: exists is not ${operand}`;
    case '$$unsetOrMatches':
      return actual === undefined || actual === null ? undefined : mismatch(operand, actual, scope, path, root);
    case '$$sessionLsid':
      return equal(scope.lsidOf(operand as string), actual) ? undefined : `${path}: another session`;
    case '$$matchesEntity':
      return mismatch(scope.entity(operand as string), actual, scope, path);
    case '$$matchesHexBytes':
      return Buffer.from(actual as Uint8Array).toString('hex') === operand ? undefined : `${path}: other bytes`;
    case '$$type': {
      const names = Array.isArray(operand) ? operand : [operand];
      return names.some((name) => isType(name as string, actual))
        ? undefined
        : `${path}: not a ${names.join(' or ')}: ${show(actual)}`;
    }
    default:
      return `${path}: unknown operator ${operator}`;
  }
}

function isType(name: string, value: unknown): boolean {
  const bson = (value as { _bsontype?: string } | null)?._bsontype;
  switch (name) {
    case 'int':
    case 'long':
    case 'number':
    case 'double':
      return (
        typeof value === 'number' ||
        typeof value === 'bigint' ||
        bson === 'Long' ||
        bson === 'Int32' ||
        bson === 'Double'
      );
    case 'string':
      return typeof value === 'string';
    case 'bool':
      return typeof value === 'boolean';
    case 'object':
      return isObject(value);
    case 'array':
      return Array.isArray(value);
    case 'objectId':
      return bson === 'ObjectId';
    case 'date':
      return value instanceof Date;
    case 'binData':
      return value instanceof Binary;
    case 'timestamp':
      return bson === 'Timestamp';
    default:
      return false;
  }
}

const isObject = (value: unknown): value is Value =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isPlain(value: unknown): value is Value {
  return (
    isObject(value) && (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null)
  );
}

const isNumber = (value: unknown) =>
  typeof value === 'number' ||
  typeof value === 'bigint' ||
  value instanceof Long ||
  isBson(value, 'Int32') ||
  isBson(value, 'Double');

const isBson = (value: unknown, type: string) => (value as { _bsontype?: string } | null)?._bsontype === type;

function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (isNumber(a) && isNumber(b)) return Number(a) === Number(b);
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  if (isObject(a) && isObject(b) && '_bsontype' in a)
    return a._bsontype === b._bsontype && JSON.stringify(a) === JSON.stringify(b);
  if (isObject(a) && isObject(b)) return JSON.stringify(a) === JSON.stringify(b);
  return false;
}

export const show = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 300);
