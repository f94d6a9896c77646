import { badValue } from '../errors.ts';
import type { Doc } from '../values/codec.ts';
import { compileFilter, isOperatorDocument, type MatchContext } from './matcher.ts';
import { isPosition } from './paths.ts';

/** Conditions that a query meets without pointing at an element: negations, and what is about the array as a whole. */
const pointless = new Set(['$ne', '$nin', '$not', '$size', '$comment']);

/**
 * The element of an array that `$` of an update or a projection stands for: the first one that meets the query's condition on this array. MongoDB's manual
 * leaves open which one it is where several conditions are met first by different elements: that is refused here, as `$` would
 * change one that the query does not mean.
 * @param path of the array, in a document that the filter matches
 * @throws CommandError 2 where no condition points at an element, or several at different ones
 */
export function matchedPosition(
  filter: Doc,
  document: Doc,
  path: string,
  list: unknown,
  context: MatchContext,
): number {
  const found = new Set<number | undefined>();
  if (Array.isArray(list)) collect(filter, { document, path, list, context }, found);
  const [position] = found;
  if (position === undefined || found.has(undefined))
    throw badValue('The positional operator did not find the match needed from the query.');
  if (found.size > 1)
    throw badValue(
      `The positional operator is ambiguous: different elements of '${path}' meet the conditions of the query first. Use $elemMatch.`,
    );
  return position;
}

interface Search {
  document: Doc;
  path: string;
  list: readonly unknown[];
  context: MatchContext;
}

/** Adds the positions to which the conditions of a filter point; undefined for a branch of $or that points at none. */
function collect(filter: Doc, search: Search, found: Set<number | undefined>): void {
  const { path, document, context } = search;
  for (const [name, condition] of Object.entries(filter)) {
    if (name === '$and') for (const each of condition as Doc[]) collect(each, search, found);
    else if (name === '$or') {
      for (const branch of condition as Doc[]) {
        if (!compileFilter(branch, context)(document)) continue;
        const own = new Set<number | undefined>();
        collect(branch, search, own);
        if (own.size === 0) own.add(undefined);
        for (const each of own) found.add(each);
      }
    } else if (name === path || (name.startsWith(`${path}.`) && !isPosition(firstPart(name, path)))) {
      for (const single of singleConditions(condition)) {
        const position = firstPosition(name, single, search);
        if (position !== undefined) found.add(position);
      }
    }
  }
}

const firstPart = (name: string, path: string): string => name.slice(path.length + 1).split('.', 1)[0] as string;

/** The conditions of which one on a field consists. */
function singleConditions(condition: unknown): unknown[] {
  if (Array.isArray(condition)) return [];
  if (!isOperatorDocument(condition)) return [condition];
  return Object.entries(condition).flatMap(([operator, operand]) => {
    if (pointless.has(operator) || operator === '$options' || (Array.isArray(operand) && !isListed(operator)))
      return [];
    if (operator === '$regex')
      return [{ $regex: operand, ...('$options' in condition && { $options: condition.$options }) }];
    if (operator === '$all') return (operand as unknown[]).flatMap((each) => singleConditions(each));
    return [{ [operator]: operand }];
  });
}

const isListed = (operator: string): boolean => ['$in', '$all', '$mod', '$type'].includes(operator);

/** The first element that meets a condition. */
function firstPosition(name: string, condition: unknown, { path, list, context }: Search): number | undefined {
  const isWhole = name === path;
  const operator = isOperatorDocument(condition) ? Object.keys(condition)[0] : undefined;
  if (isWhole && operator === '$exists') return undefined;
  const matches = compileFilter({ [name]: condition }, context);
  const isSingle = (element: unknown) => isWhole && operator !== '$elemMatch' && !Array.isArray(element);
  const position = list.findIndex((element) => matches(nest(path.split('.'), isSingle(element) ? element : [element])));
  return position < 0 ? undefined : position;
}

/** A document with only this value, at a path. */
const nest = (parts: readonly string[], value: unknown): Doc =>
  parts.reduceRight<unknown>((inner, part) => ({ [part]: inner }), value) as Doc;
