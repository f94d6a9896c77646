import { timeIsOver } from '../pauses.ts';
import { fieldsOf } from '../query/conditions.ts';
import { type MatchContext, searchMatcher } from '../query/matcher.ts';
import { plan } from '../query/planner.ts';
import { type Found, pausingScan, type Test } from '../query/scan.ts';
import { sortBy } from '../query/sort.ts';
import type { Collection } from '../storage/catalog.ts';
import { documentKey, type Target } from '../storage/documents.ts';
import type { Doc } from '../values/codec.ts';
import { decode, decodeFields } from '../values/decode.ts';
import { Interrupted, type LongSearch } from './long-search.ts';
import { isPlainId, search } from './search.ts';

/** What a statement looks for. */
export interface Request {
  filter: Doc;
  sort?: Doc | undefined;
  hint?: unknown;
}

/** Pauses that a search within a group of writes may leave out: so many times 32 documents. */
const MAX_PAUSES = 64;

/**
 * The documents that a statement means: all of them before the first is written, or, after a long search, the next of them.
 * @param long what is known of a search that takes too long for a group; without it the search takes what it takes
 * @throws Interrupted when it takes too long: the search goes on outside of the group
 */
export function matching(
  target: Target,
  collection: Collection,
  request: Request,
  context: MatchContext,
  single: boolean,
  long?: LongSearch,
): Found[] {
  const { filter } = request;
  const names = Object.keys(filter);
  const byId = isPlainId(filter._id) && context.collator === undefined && request.hint === undefined;
  if (byId && names.length === 1) return at(target, documentKey(collection, filter._id));
  const test = { matches: searchMatcher(filter, context), fields: fieldsOf(filter) };
  const meets = ({ raw }: Found) => isMatch(raw, test);
  if (byId && !names.some((name) => name.startsWith('$')))
    return at(target, documentKey(collection, filter._id)).filter(meets);
  const known = long
    ?.next(collection)
    ?.flatMap((key) => at(target, key))
    .filter(meets);
  if (known !== undefined && !(single && known.length === 0 && long?.searchAgain())) return known;
  const limit = single ? 1 : undefined;
  const { collator, remaining } = context;
  const chosen = plan(collection, { ...request, view: target.view, collator, remaining, limit });
  const found: Found[] = [];
  let pauses = 0;
  for (const each of pausingScan(target.view, collection, chosen, test, single && chosen.sorted ? 1 : undefined)) {
    if (each !== undefined) found.push(each);
    else if (remaining !== undefined && remaining() <= 0) throw timeIsOver();
    else if (++pauses > MAX_PAUSES && long?.mayInterrupt)
      throw new Interrupted((slices) =>
        long.find(
          collection,
          search(target.view, collection, { ...request, ...(single && { limit: 1 }) }, context),
          slices,
        ),
      );
    if (single && chosen.sorted && each !== undefined) break;
  }
  if (chosen.sorted || request.sort === undefined) return found;
  const sorted = sortBy(found, (each) => each.document ?? decode(each.raw), request.sort, context);
  return single ? sorted.slice(0, 1) : sorted;
}

const isMatch = (raw: Buffer, { matches, fields }: Test): boolean =>
  matches(fields === undefined ? decode(raw) : decodeFields(raw, fields));

/** The document with this key, if there is one. */
function at({ view }: Target, key: Buffer): Found[] {
  const raw = view.get(key);
  return raw === undefined ? [] : [{ key, raw, document: undefined }];
}
