import { Binary, type Document, Double, Int32, Long, ObjectId } from 'mongodb';

/**
 * What a filter, a sort and `distinct` mean by MongoDB's manual, for one document at a time and without any index. It shares
 * no code with the engine, is slow, and knows the types that the tests make.
 */

/** The order of BSON types, as the manual's "Comparison/Sort Order" lists them; undefined stands for an empty array in a sort. */
function rank(value: unknown): number {
  if (value === undefined) return 0;
  if (value === null) return 1;
  if (isNumber(value)) return 2;
  if (typeof value === 'string') return 3;
  if (isObject(value)) return 4;
  if (Array.isArray(value)) return 5;
  if (value instanceof Binary) return 6;
  if (value instanceof ObjectId) return 7;
  if (typeof value === 'boolean') return 8;
  if (value instanceof Date) return 9;
  if (value instanceof RegExp) return 11;
  throw new Error(`the oracle does not know ${String(value)}`);
}

const isNumber = (value: unknown): boolean =>
  typeof value === 'number' || value instanceof Long || value instanceof Double || value instanceof Int32;

const isObject = (value: unknown): value is Document =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** A number as an integer of 2^-20, which holds what the tests make exactly; NaN and the infinities apart. */
function scaled(value: unknown): bigint {
  if (value instanceof Long) return value.toBigInt() << 20n;
  return BigInt(plainNumber(value) * 2 ** 20);
}

const plainNumber = (value: unknown): number =>
  value instanceof Double || value instanceof Int32 ? value.valueOf() : (value as number);

function compareNumbers(a: unknown, b: unknown): number {
  const isSpecial = (value: unknown) => !(value instanceof Long) && !Number.isFinite(plainNumber(value));
  if (!isSpecial(a) && !isSpecial(b)) {
    const [x, y] = [scaled(a), scaled(b)];
    return x < y ? -1 : x > y ? 1 : 0;
  }
  const [x, y] = [a, b].map((each) => (each instanceof Long ? 0 : plainNumber(each))) as [number, number];
  if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(y)) - Number(Number.isNaN(x));
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Orders any two values. */
export function compareValues(a: unknown, b: unknown): number {
  const types = rank(a) - rank(b);
  if (types !== 0) return types;
  if (a === undefined || a === null) return 0;
  if (isNumber(a)) return compareNumbers(a, b);
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string));
  if (Array.isArray(a)) return compareLists(a, b as unknown[], compareValues);
  if (isObject(a)) {
    const fields = (value: Document) => Object.entries(value);
    return compareLists(fields(a), fields(b as Document), ([n, x], [m, y]) => {
      return rank(x) - rank(y) || Buffer.compare(Buffer.from(n), Buffer.from(m)) || compareValues(x, y);
    });
  }
  if (a instanceof ObjectId) return Buffer.compare(a.id, (b as ObjectId).id);
  if (a instanceof Date) return a.getTime() - (b as Date).getTime();
  if (a instanceof RegExp) return String(a) < String(b) ? -1 : Number(String(a) > String(b));
  return Number(a) - Number(b);
}

function compareLists<T>(a: readonly T[], b: readonly T[], compare: (x: T, y: T) => number): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compare(a[i] as T, b[i] as T);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

/** What a dotted path reaches: through every document of an array, and by position; undefined for what is missing. */
function reached(value: unknown, [part, ...rest]: readonly string[]): unknown[] {
  if (part === undefined) return [value];
  if (isObject(value)) return reached(Object.hasOwn(value, part) ? value[part] : undefined, rest);
  if (!Array.isArray(value)) return [undefined];
  const found = value.filter(isObject).flatMap((each) => reached(each, [part, ...rest]));
  if (/^\d+$/.test(part) && Number(part) < value.length) found.push(...reached(value[Number(part)], rest));
  return found;
}

type Test = (value: unknown) => boolean;

/** The test of one operator on one value, without looking into arrays; undefined for those that are not of that kind. */
function valueTest(operator: string, operand: unknown): Test | undefined {
  switch (operator) {
    case '$eq':
      if (operand === null) return (value) => value === null || value === undefined;
      if (operand instanceof RegExp)
        return (value) =>
          typeof value === 'string'
            ? operand.test(value)
            : value instanceof RegExp && String(value) === String(operand);
      return (value) => value !== undefined && compareValues(value, operand) === 0;
    case '$in': {
      const tests = (operand as unknown[]).map((each) => valueTest('$eq', each) as Test);
      return (value) => tests.some((test) => test(value));
    }
    case '$regex':
      return valueTest('$eq', operand);
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      return (value) => isOnSide(operator, value ?? null, operand);
    case '$type':
      return (value) => value !== undefined && typeNames(value).includes(operand as string);
    default:
      return undefined;
  }
}

function isOnSide(operator: string, value: unknown, operand: unknown): boolean {
  if (rank(value) !== rank(operand)) return false;
  const isNaNumber = (each: unknown) => isNumber(each) && !(each instanceof Long) && Number.isNaN(plainNumber(each));
  if (isNaNumber(value) !== isNaNumber(operand)) return false;
  const order = compareValues(value, operand);
  if (order === 0) return operator.endsWith('e');
  return operator.startsWith('$gt') ? order > 0 : order < 0;
}

function typeNames(value: unknown): string[] {
  if (value instanceof Long) return ['long', 'number'];
  if (isNumber(value)) {
    const isInt =
      value instanceof Int32 || (!(value instanceof Double) && Number.isInteger(value) && !Object.is(value, -0));
    return [isInt ? 'int' : 'double', 'number'];
  }
  const names: Record<number, string> = {
    1: 'null',
    3: 'string',
    4: 'object',
    5: 'array',
    7: 'objectId',
    8: 'bool',
    9: 'date',
    11: 'regex',
  };
  return [names[rank(value)] ?? ''];
}

/** Whether a condition holds for the values that a path reaches. `isFlat`: for one element, whose own elements do not count. */
function holds(values: readonly unknown[], condition: unknown, isFlat: boolean): boolean {
  const isOperators = isObject(condition) && Object.keys(condition)[0]?.startsWith('$') === true;
  const operators = isOperators ? Object.entries(condition) : [['$eq', condition] as const];
  return operators.every(([operator, operand]) => operatorHolds(values, operator, operand, isFlat));
}

function operatorHolds(values: readonly unknown[], operator: string, operand: unknown, isFlat: boolean): boolean {
  const test = valueTest(operator, operand);
  if (test !== undefined)
    return values.some((value) => test(value) || (!isFlat && Array.isArray(value) && value.some((each) => test(each))));
  switch (operator) {
    case '$ne':
      return !operatorHolds(values, '$eq', operand, isFlat);
    case '$nin':
      return !operatorHolds(values, '$in', operand, isFlat);
    case '$exists':
      return values.some((value) => value !== undefined) === operand;
    case '$elemMatch':
      return values.some(
        (value) => Array.isArray(value) && value.some((each) => elementHolds(each, operand as Document)),
      );
    default:
      throw new Error(`the oracle does not know ${operator}`);
  }
}

function elementHolds(element: unknown, condition: Document): boolean {
  const [first = ''] = Object.keys(condition);
  if (first.startsWith('$') && !['$and', '$or'].includes(first)) return holds([element], condition, true);
  if (Array.isArray(element)) return matches({ ...element }, condition);
  return isObject(element) && matches(element, condition);
}

/** Whether a document fulfils a filter. */
export function matches(document: Document, filter: Document): boolean {
  return Object.entries(filter).every(([name, operand]) => {
    if (name === '$and') return (operand as Document[]).every((each) => matches(document, each));
    if (name === '$or') return (operand as Document[]).some((each) => matches(document, each));
    return holds(reached(document, name.split('.')), operand, false);
  });
}

/** How far one path of a sort has been followed; `trail` is where. */
interface Cursor {
  value: unknown;
  rest: string[];
  trail: string;
}

/** Why a document cannot be sorted: two paths lead to different arrays, or a number is both a position and a name. */
class Unsortable extends Error {}

function follow({ value, rest, trail }: Cursor): Cursor {
  const [part, ...further] = rest;
  if (part === undefined) return { value, rest, trail };
  const on = (next: unknown) => follow({ value: next, rest: further, trail: `${trail}.${part}` });
  if (isObject(value)) return Object.hasOwn(value, part) ? on(value[part]) : { value: null, rest: [], trail };
  if (!Array.isArray(value)) return { value: null, rest: [], trail };
  if (!/^\d+$/.test(part) || Number(part) >= value.length) return { value, rest, trail };
  if (value.some((each) => isObject(each) && Object.hasOwn(each, part))) throw new Unsortable();
  return on(value[Number(part)]);
}

/** The rows of values that a document has for the paths of a sort: one for each element of the array that they lead to. */
function sortRows(cursors: readonly (Cursor | { final: unknown })[]): unknown[][] {
  const arrays = cursors.filter((each) => 'rest' in each && Array.isArray(each.value)) as Cursor[];
  const [first] = arrays;
  if (first === undefined) return [cursors.map((each) => ('final' in each ? each.final : (each.value ?? null)))];
  if (arrays.some(({ trail }) => trail !== first.trail)) throw new Unsortable();
  const list = first.value as unknown[];
  const elements = list.length === 0 ? [undefined] : list;
  return elements.flatMap((element, at) =>
    sortRows(
      cursors.map((each) => {
        if (!('rest' in each) || !Array.isArray(each.value)) return each;
        if (each.rest.length === 0) return { final: element };
        return isObject(element) ? follow({ ...each, value: element, trail: `${each.trail}[${at}]` }) : { final: null };
      }),
    ),
  );
}

/**
 * The values by which a document is sorted: of an array the smallest upwards, the largest downwards.
 * @throws Unsortable
 */
function sortKey(document: Document, sort: Document): unknown[] {
  const directions = Object.values(sort) as number[];
  const rows = sortRows(Object.keys(sort).map((path) => follow({ value: document, rest: path.split('.'), trail: '' })));
  return rows.reduce((best, row) => (compareRows(row, best, directions) < 0 ? row : best));
}

function compareRows(a: readonly unknown[], b: readonly unknown[], directions: readonly number[]): number {
  for (const [at, direction] of directions.entries()) {
    const order = compareValues(a[at], b[at]);
    if (order !== 0) return order * direction;
  }
  return 0;
}

/** Orders documents by a sort; of equal ones neither comes first. */
export const compareBy = (sort: Document) => (a: Document, b: Document) =>
  compareRows(sortKey(a, sort), sortKey(b, sort), Object.values(sort) as number[]);

/** Whether a document cannot be sorted. */
export function isUnsortable(document: Document, sort: Document): boolean {
  try {
    sortKey(document, sort);
    return false;
  } catch (error) {
    if (error instanceof Unsortable) return true;
    throw error;
  }
}

/** The values of a path, each once. */
export function distinctValues(documents: readonly Document[], path: string): unknown[] {
  const all = documents
    .flatMap((each) => reached(each, path.split('.')))
    .flatMap((value) => (Array.isArray(value) ? value : [value]))
    .filter((value) => value !== undefined);
  return all.filter((value, at) => all.findIndex((other) => compareValues(other, value) === 0) === at);
}
