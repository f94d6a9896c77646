import { badValue, failedToParse } from '../errors.ts';
import { compileFilter, type MatchContext } from '../query/matcher.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { identifierIn } from './paths.ts';

/** The tests of an update's `arrayFilters`, by their identifiers; '' for `$[]`. */
export type ArrayFilters = ReadonlyMap<string, (element: unknown) => boolean>;

/**
 * Compiles the filters, and checks that the paths use each of them and no other.
 * @throws CommandError 9 for one that is not used, or not about one identifier; 2 for an identifier without a filter
 */
export function compileArrayFilters(
  filters: readonly Doc[],
  paths: readonly (readonly string[])[],
  context: MatchContext,
): ArrayFilters {
  const tests = new Map<string, (element: unknown) => boolean>([['', () => true]]);
  for (const filter of filters) {
    const name = identifierOf(filter);
    if (tests.has(name)) throw failedToParse(`Found multiple array filters with the same top-level field name ${name}`);
    const matches = compileFilter(filter, context);
    tests.set(name, (element) => matches({ [name]: element }));
  }
  const used = new Set<string>();
  for (const parts of paths) {
    for (const part of parts) {
      const name = identifierIn(part);
      if (name === undefined) continue;
      if (!tests.has(name))
        throw badValue(`No array filter found for identifier '${name}' in path '${parts.join('.')}'`);
      used.add(name);
    }
  }
  for (const name of tests.keys())
    if (name !== '' && !used.has(name))
      throw failedToParse(`The array filter for identifier '${name}' was not used in the update`);
  return tests;
}

/** The one name that a filter's paths begin with. */
function identifierOf(filter: Doc): string {
  const [name, other] = new Set(topLevelNames(filter));
  if (name === undefined)
    throw failedToParse('Cannot use an expression without a top-level field name in arrayFilters');
  if (other !== undefined) {
    const message = `Expected a single top-level field name, found '${name}' and '${other}'`;
    throw failedToParse(`Error parsing array filter :: ${message}`);
  }
  if (!/^[a-z][a-zA-Z0-9]*$/.test(name)) {
    const rule = 'The top-level field name must be an alphanumeric string beginning with a lowercase letter';
    throw badValue(`${rule}, found '${name}'`);
  }
  return name;
}

function topLevelNames(filter: Doc): string[] {
  return Object.entries(filter).flatMap(([name, value]) => {
    if (!name.startsWith('$')) return [name.split('.', 1)[0] as string];
    return Array.isArray(value) ? value.filter(isDocument).flatMap(topLevelNames) : [];
  });
}
