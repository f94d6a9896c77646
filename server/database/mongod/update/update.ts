import { ObjectId } from 'bson';
import { badValue, CommandError, failedToParse, pathConflict } from '../errors.ts';
import { compileFilter, isOperatorDocument, type MatchContext, type Matcher } from '../query/matcher.ts';
import { isRegex } from '../query/operators.ts';
import { isPosition } from '../query/paths.ts';
import { checkId } from '../storage/documents.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { equal } from '../values/compare.ts';
import { clone } from '../values/fields.ts';
import { withIdFirst } from '../values/order.ts';
import { Draft } from './draft.ts';
import { type Change, changeFor, operatorFields, renameChange, unknownModifier } from './operators.ts';

/** A compiled update: the document as it becomes, the same object when nothing changes. */
export type Update = (document: Doc, inserting: boolean) => Doc;

/** What an update needs beside itself. */
export interface UpdateContext extends MatchContext {
  /** The filter that chose the document, for the positional operator. */
  filter: Doc;
  arrayFilters?: Doc[] | undefined;
  /** Compiles an aggregation pipeline that changes a document, for updates given as a pipeline. */
  compilePipeline: (pipeline: Doc[]) => (document: Doc) => Doc;
}

interface Step {
  path: string;
  parts: string[];
  dynamic: boolean;
  change: Change;
}

/** Compiles an update given as operators, as a replacement or as a pipeline. */
export function compileUpdate(update: unknown, context: UpdateContext): Update {
  if (Array.isArray(update)) return pipelineUpdate(update as Doc[], context);
  if (!isDocument(update)) throw failedToParse('Update argument must be either an object or an array');
  if (isReplacement(update)) return replacement(update);
  const steps = compileSteps(update, context);
  return (document, inserting) => {
    const draft = new Draft(document);
    for (const step of steps) {
      const paths = step.dynamic ? expand(draft.root, step.parts, context) : [step.parts];
      for (const path of paths) step.change(draft, path, inserting);
    }
    checkImmutable(document, draft.root, inserting);
    return draft.changed ? draft.root : document;
  };
}

/** Whether an update replaces the whole document. */
export function isReplacement(update: Doc): boolean {
  return !Object.keys(update)[0]?.startsWith('$');
}

function replacement(update: Doc): Update {
  for (const name of Object.keys(update)) {
    if (name.startsWith('$')) {
      throw new CommandError(
        52,
        'DollarPrefixedFieldName',
        `The dollar ($) prefixed field '${name}' in '${name}' is not allowed in the context of an update's replacement document.`,
      );
    }
  }
  return (document, inserting) => {
    const { _id: id } = update;
    const hasId = Object.hasOwn(update, '_id');
    if (!inserting && hasId && !equal(id, document._id)) throw immutable('_id');
    const kept = Object.hasOwn(document, '_id') && !(inserting && hasId) ? document._id : id;
    return kept === undefined ? update : withIdFirst(kept, update);
  };
}

function pipelineUpdate(pipeline: Doc[], context: UpdateContext): Update {
  for (const stage of pipeline) {
    const name = Object.keys(stage)[0] ?? '';
    if (!['$set', '$addFields', '$unset', '$project', '$replaceRoot', '$replaceWith'].includes(name)) {
      throw invalidStage(name);
    }
  }
  const change = context.compilePipeline(pipeline);
  return (document, inserting) => {
    const result = change(document);
    if (!Object.hasOwn(result, '_id') && Object.hasOwn(document, '_id')) {
      return withIdFirst(document._id, result);
    }
    checkImmutable(document, result, inserting);
    return result;
  };
}

const invalidStage = (name: string) =>
  new CommandError(72, 'InvalidOptions', `${name} is not allowed to be used within an update`);

function compileSteps(update: Doc, context: UpdateContext): Step[] {
  const steps: Step[] = [];
  const claimed: string[] = [];
  for (const operator of Object.keys(update)) {
    const fields = operatorFields(operator, update[operator]);
    for (const path of Object.keys(fields)) {
      checkPath(path);
      const change =
        operator === '$rename' ? renameChange(fields[path], path) : changeFor(operator, fields[path], path, context);
      if (change === undefined) throw unknownModifier(operator);
      const parts = path.split('.');
      claim(claimed, path);
      if (operator === '$rename') claim(claimed, fields[path] as string);
      steps.push({ path, parts, dynamic: parts.some((part) => part.startsWith('$')), change });
    }
    if (Object.keys(fields).length === 0 && changeFor(operator, 0, '', {}) === undefined && operator !== '$rename') {
      throw unknownModifier(operator);
    }
  }
  checkFiltersUsed(steps, context.arrayFilters);
  return steps.length > 1 ? steps.sort((a, b) => comparePaths(a.parts, b.parts)) : steps;
}

/** The order in which an update makes new fields: by name, positions by number. */
export function comparePaths(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const x = a[i] as string;
    const y = b[i] as string;
    if (x === y) continue;
    if (isPosition(x) && isPosition(y)) return Number(x) - Number(y);
    return x < y ? -1 : 1;
  }
  return a.length - b.length;
}

function checkPath(path: string): void {
  if (path === '') throw new CommandError(56, 'EmptyFieldName', 'An empty update path is not valid.');
  if (path.startsWith('.') || path.endsWith('.') || path.includes('..')) {
    throw new CommandError(
      56,
      'EmptyFieldName',
      `The update path '${path}' contains an empty field name, which is not allowed.`,
    );
  }
  if (path.startsWith('$')) {
    throw new CommandError(
      52,
      'DollarPrefixedFieldName',
      `The dollar ($) prefixed field '${path}' in '${path}' is not valid for storage.`,
    );
  }
}

function claim(claimed: string[], path: string): void {
  for (const other of claimed) {
    const [short, long] = other.length < path.length ? [other, path] : [path, other];
    if (other === path || long.startsWith(`${short}.`)) {
      throw pathConflict(`Updating the path '${path}' would create a conflict at '${short}'`);
    }
  }
  claimed.push(path);
}

function checkFiltersUsed(steps: readonly Step[], arrayFilters: Doc[] | undefined): void {
  const names = new Set<string>();
  for (const filter of arrayFilters ?? []) {
    const name = identifierOf(filter);
    if (names.has(name)) {
      throw failedToParse(`Found multiple array filters with the same top-level field name ${name}`);
    }
    names.add(name);
    if (!steps.some((step) => step.parts.includes(`$[${name}]`))) {
      throw failedToParse(`The array filter for identifier '${name}' was not used in the update`);
    }
  }
}

/** Turns a path with $, $[] or $[name] into the paths of the elements that it means in this document. */
function expand(document: Doc, parts: readonly string[], context: UpdateContext): string[][] {
  const at = parts.findIndex((part) => part.startsWith('$'));
  if (at < 0) return [[...parts]];
  const head = parts.slice(0, at);
  const rest = parts.slice(at + 1);
  const list = new Draft(document).get(head);
  const part = parts[at] as string;
  if (part === '$') {
    const position = matchedPosition(document, head.join('.'), list, context);
    return expand(document, [...head, String(position), ...rest], context);
  }
  if (!Array.isArray(list)) {
    throw badValue(`The path '${head.join('.')}' must exist in the document in order to apply array updates.`);
  }
  const matches = part === '$[]' ? () => true : arrayFilter(part.slice(2, -1), context);
  return list.flatMap((element, position) =>
    matches(element) ? expand(document, [...head, String(position), ...rest], context) : [],
  );
}

function arrayFilter(name: string, context: UpdateContext): (element: unknown) => boolean {
  const filter = context.arrayFilters?.find((each) => identifierOf(each) === name);
  if (filter === undefined) throw badValue(`No array filter found for identifier '${name}' in path`);
  const matches = compileFilter(filter, context);
  return (element) => matches({ [name]: element });
}

/** The one name that a filter's paths begin with. */
function identifierOf(filter: Doc): string {
  const [name, other] = new Set(topLevelNames(filter));
  if (name === undefined)
    throw failedToParse('Cannot use an expression without a top-level field name in arrayFilters');
  if (other !== undefined) {
    throw failedToParse(
      `Error parsing array filter :: Expected a single top-level field name, found '${name}' and '${other}'`,
    );
  }
  if (!/^[a-z][a-zA-Z0-9]*$/.test(name)) {
    throw badValue(
      `The top-level field name must be an alphanumeric string beginning with a lowercase letter, found '${name}'`,
    );
  }
  return name;
}

function topLevelNames(filter: Doc): string[] {
  return Object.entries(filter).flatMap(([name, value]) => {
    if (!name.startsWith('$')) return [name.split('.', 1)[0] as string];
    return Array.isArray(value) ? value.filter(isDocument).flatMap(topLevelNames) : [];
  });
}

function matchedPosition(document: Doc, path: string, list: unknown, context: UpdateContext): number {
  const matches = restricted(context.filter, path, context);
  if (Array.isArray(list) && matches !== undefined) {
    for (let i = 0; i < list.length; i++) {
      const draft = new Draft(document);
      draft.set(path.split('.'), [list[i]]);
      if (matches(draft.root)) return i;
    }
  }
  throw badValue('The positional operator did not find the match needed from the query.');
}

/** The conditions of a filter that are about an array. */
function restricted(filter: Doc, path: string, context: UpdateContext): Matcher | undefined {
  const tests: Matcher[] = [];
  for (const name of Object.keys(filter)) {
    if (name === '$and') {
      for (const each of filter.$and as Doc[]) {
        const inner = restricted(each, path, context);
        if (inner !== undefined) tests.push(inner);
      }
    } else if (name === path || name.startsWith(`${path}.`))
      tests.push(compileFilter({ [name]: filter[name] }, context));
  }
  return tests.length === 0 ? undefined : (document) => tests.every((test) => test(document));
}

function checkImmutable(before: Doc, after: Doc, inserting: boolean): void {
  if (before === after || before._id === after._id) return;
  if (inserting && !Object.hasOwn(before, '_id')) return;
  if (!equal(before._id, after._id)) throw immutable('_id');
}

const immutable = (field: string) =>
  new CommandError(
    66,
    'ImmutableField',
    `Performing an update on the path '${field}' would modify the immutable field '${field}'`,
  );

/** The document that an upsert inserts: what the filter pins down, changed by the update. */
export function upsertDocument(filter: Doc, update: Update, isReplace: boolean): Doc {
  const draft = new Draft({});
  for (const [path, value] of equalitiesOf(filter)) {
    if (isReplace && path !== '_id') continue;
    if (path.split('.').some((part) => part.startsWith('$'))) continue;
    draft.set(path.split('.'), clone(value));
  }
  const result = update(draft.root, true);
  const { _id: id } = result;
  const chosen = Object.hasOwn(result, '_id') && id !== undefined ? id : new ObjectId();
  checkId(chosen);
  return withIdFirst(chosen, result);
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
      const list = (condition.$in ?? condition.$all) as unknown[] | undefined;
      if (Array.isArray(list) && list.length === 1 && !isOperatorDocument(list[0])) yield [name, list[0]];
    }
  }
}
