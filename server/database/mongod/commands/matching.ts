import { fieldsOf } from '../query/conditions.ts';
import { type MatchContext, searchMatcher } from '../query/matcher.ts';
import { plan } from '../query/planner.ts';
import { type Found, scan } from '../query/scan.ts';
import { sortBy } from '../query/sort.ts';
import type { Collection } from '../storage/catalog.ts';
import { documentKey, type Target } from '../storage/documents.ts';
import type { Doc } from '../values/codec.ts';
import { decode, decodeFields } from '../values/decode.ts';
import { isPlainId } from './search.ts';

/** The documents that a statement means: all of them before the first is written. */
export function matching(
  target: Target,
  collection: Collection,
  request: { filter: Doc; sort?: Doc | undefined; hint?: unknown },
  context: MatchContext,
  single: boolean,
): Found[] {
  const { filter } = request;
  const names = Object.keys(filter);
  const byId = isPlainId(filter._id) && context.collator === undefined && request.hint === undefined;
  if (byId && names.length === 1) return at(target, documentKey(collection, filter._id));
  const test = { matches: searchMatcher(filter, context), fields: fieldsOf(filter) };
  if (byId && !names.some((name) => name.startsWith('$')))
    return at(target, documentKey(collection, filter._id)).filter(({ raw }) =>
      test.matches(test.fields === undefined ? decode(raw) : decodeFields(raw, test.fields)),
    );
  const chosen = plan(collection, {
    ...request,
    view: target.view,
    collator: context.collator,
    limit: single ? 1 : undefined,
  });
  const found: Found[] = [];
  for (const each of scan(target.view, collection, chosen, test, single && chosen.sorted ? 1 : undefined)) {
    found.push(each);
    if (single && chosen.sorted) break;
  }
  if (chosen.sorted || request.sort === undefined) return found;
  const sorted = sortBy(found, (each) => each.document ?? decode(each.raw), request.sort, context);
  return single ? sorted.slice(0, 1) : sorted;
}

/** The document with this key, if there is one. */
function at({ view }: Target, key: Buffer): Found[] {
  const raw = view.get(key);
  return raw === undefined ? [] : [{ key, raw, document: undefined }];
}
