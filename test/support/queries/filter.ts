type Plain = Record<string, unknown>;

/** How narrowly a filter names a field: one value, or one of several. */
export type Named = 'one' | 'several';

/** The fields that every document found has a known value in; conditions of other kinds name nothing. */
export function namedFields(filter: Plain): Map<string, Named> {
  const found = new Map<string, Named>();
  for (const [field, condition] of Object.entries(filter)) {
    if (field === '$and') for (const each of condition as Plain[]) merge(found, namedFields(each));
    else if (field === '$or') merge(found, namedInEach(condition as Plain[]));
    else if (!field.startsWith('$')) {
      const named = namedBy(condition);
      if (named) merge(found, new Map([[field, named]]));
    }
  }
  return found;
}

function merge(into: Map<string, Named>, more: Map<string, Named>): void {
  for (const [field, named] of more) into.set(field, into.get(field) === 'one' ? 'one' : named);
}

/** What all branches name; one value where it is the same in all. */
function namedInEach(branches: readonly Plain[]): Map<string, Named> {
  const [first, ...others] = branches.map(namedFields);
  const result = new Map<string, Named>();
  for (const [field, named] of first ?? []) {
    if (!others.every((other) => other.has(field))) continue;
    const values = new Set(branches.map((branch) => JSON.stringify(valueIn(branch, field))));
    const isOne = named === 'one' && values.size === 1 && others.every((other) => other.get(field) === 'one');
    result.set(field, isOne ? 'one' : 'several');
  }
  return result;
}

function valueIn(filter: Plain, field: string): unknown {
  if (field in filter) return filter[field];
  return ((filter.$and ?? []) as Plain[]).map((each) => valueIn(each, field)).find((value) => value !== undefined);
}

function namedBy(condition: unknown): Named | undefined {
  if (condition instanceof RegExp) return undefined;
  if (!isOperators(condition)) return 'one';
  if ('$eq' in condition) return 'one';
  const { $in: list } = condition as { $in?: unknown[] };
  if (!list) return undefined;
  return list.length === 1 ? 'one' : 'several';
}

const isOperators = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && Object.keys(value).some((key) => key.startsWith('$'));

/** A filter without its values, to tell kinds of queries apart; of lists it remains whether they hold several. */
export function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.some((each) => typeof each === 'object' && each !== null)
      ? value.map(shapeOf)
      : value.length > 1
        ? 'several'
        : 'one';
  }
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return '?';
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]));
}

/** Whether a filter has an empty list of values: it finds nothing, whatever index is read. */
export function findsNothing(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value)) return value.some(findsNothing);
  return Object.entries(value).some(([key, inner]) =>
    key === '$in' ? (inner as unknown[]).length === 0 : key !== '$or' && findsNothing(inner),
  );
}
