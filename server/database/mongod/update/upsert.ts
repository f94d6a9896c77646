import { ObjectId } from 'bson';
import { failure } from '../errors.ts';
import { isOperatorDocument } from '../query/matcher.ts';
import { isRegex } from '../query/operators.ts';
import { checkId } from '../storage/documents.ts';
import type { Doc } from '../values/codec.ts';
import { clone } from '../values/fields.ts';
import { withIdFirst } from '../values/order.ts';
import { Draft } from './draft.ts';
import type { Update } from './update.ts';

/** The document that an upsert inserts: what the filter pins down, changed by the update. */
export function upsertDocument(filter: Doc, update: Update, isReplace: boolean): Doc {
  const draft = new Draft({});
  const taken = new Set<string>();
  for (const [path, value] of equalitiesOf(filter)) {
    if (isReplace && path !== '_id' && !path.startsWith('_id.')) continue;
    if (path.split('.').some((part) => part.startsWith('$'))) continue;
    checkPinned(path, taken);
    draft.set(path.split('.'), clone(value));
  }
  const result = update(draft.root, true);
  const { _id: id } = result;
  const chosen = Object.hasOwn(result, '_id') && id !== undefined ? id : new ObjectId();
  checkId(chosen);
  return withIdFirst(chosen, result);
}

/** Refuses a field that the filter pins down twice, or an _id of which it pins down a part. */
function checkPinned(path: string, taken: Set<string>): void {
  const parts = path.split('.');
  if (parts[0] === '_id' && parts.length > 1) {
    const message = `field at '_id' must be exactly specified, field at sub-path '${path}' found`;
    throw failure(111, message);
  }
  const around = parts.map((_part, at) => parts.slice(0, at + 1).join('.'));
  const twice = around.find((each) => taken.has(each)) ?? [...taken].find((each) => each.startsWith(`${path}.`));
  if (twice !== undefined) {
    const message =
      twice === path
        ? `cannot infer query fields to set, path '${path}' is matched twice`
        : `cannot infer query fields to set, both paths '${path}' and '${twice}' are matched`;
    throw failure(54, message);
  }
  taken.add(path);
}

/** The fields that a filter requires to have one certain value. */
function* equalitiesOf(filter: Doc): Generator<[string, unknown]> {
  for (const [name, condition] of Object.entries(filter)) {
    if (name === '$and' || (name === '$or' && (condition as Doc[]).length === 1)) {
      for (const each of condition as Doc[]) yield* equalitiesOf(each);
    } else if (name.startsWith('$')) continue;
    else if (!isOperatorDocument(condition)) {
      if (!isRegex(condition)) yield [name, condition];
    } else if (Object.hasOwn(condition, '$eq')) yield [name, condition.$eq];
    else {
      const list = condition.$in as unknown[] | undefined;
      const [value] = list ?? [];
      if (list?.length === 1 && !isOperatorDocument(value) && !isRegex(value)) yield [name, value];
    }
  }
}
