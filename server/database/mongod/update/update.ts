import { badValue, failedToParse, failure, invalidOptions } from '../errors.ts';
import type { MatchContext } from '../query/matcher.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { equal, typeName } from '../values/compare.ts';
import { withIdFirst } from '../values/order.ts';
import { type ArrayFilters, compileArrayFilters } from './array-filters.ts';
import { Draft } from './draft.ts';
import { type Change, operatorFields, operatorOf } from './operators.ts';
import { checkConflicts, checkOverlap, comparePaths, identifierIn, isDynamic, pathParts } from './paths.ts';

/** A compiled update: the document as it becomes, the same object when nothing changes. */
export type Update = (document: Doc, inserting: boolean) => Doc;

/** What an update needs beside itself. */
export interface UpdateContext extends MatchContext {
  arrayFilters?: Doc[] | undefined;
  /** Compiles an aggregation pipeline that changes a document, for updates given as a pipeline. */
  compilePipeline: (pipeline: Doc[]) => (document: Doc) => Doc;
}

/** A change of what lies at a path. */
interface Step {
  parts: readonly string[];
  change: Change;
}

/** Compiles an update given as operators, as a replacement or as a pipeline. */
export function compileUpdate(update: unknown, context: UpdateContext): Update {
  const { arrayFilters } = context;
  if (Array.isArray(update)) {
    if (arrayFilters !== undefined) throw failedToParse('Cannot specify arrayFilters and a pipeline update');
    return pipelineUpdate(update, context);
  }
  if (!isDocument(update)) throw failedToParse('Update argument must be either an object or an array');
  if (isReplacement(update)) {
    compileArrayFilters(arrayFilters ?? [], [], context);
    return replacement(update);
  }
  const steps = compileSteps(update, context);
  const filters = compileArrayFilters(
    arrayFilters ?? [],
    steps.map(({ parts }) => parts),
    context,
  );
  const isPositional = steps.some(({ parts }) => isDynamic(parts));
  return (document, inserting) => {
    const draft = new Draft(document);
    for (const { parts, change } of isPositional ? located(steps, document, filters) : steps)
      change(draft, parts, inserting);
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
      throw failure(
        52,
        `The dollar ($) prefixed field '${name}' in '${name}' is not allowed in the context of an update's replacement document.`,
      );
    }
  }
  return (document, inserting) => {
    const { _id: id } = update;
    const hasId = Object.hasOwn(update, '_id');
    if (hasId && Object.hasOwn(document, '_id') && !equal(id, document._id)) throw immutable('_id');
    const kept = Object.hasOwn(document, '_id') && !(inserting && hasId) ? document._id : id;
    return kept === undefined ? update : withIdFirst(kept, update);
  };
}

const updateStages = new Set(['$set', '$addFields', '$unset', '$project', '$replaceRoot', '$replaceWith']);

function pipelineUpdate(pipeline: unknown[], context: UpdateContext): Update {
  for (const stage of pipeline) {
    const [name] = isDocument(stage) ? Object.keys(stage) : [];
    if (name !== undefined && !updateStages.has(name))
      throw invalidOptions(`${name} is not allowed to be used within an update`);
  }
  const change = context.compilePipeline(pipeline as Doc[]);
  return (document, inserting) => {
    const result = change(document);
    if (!Object.hasOwn(result, '_id') && Object.hasOwn(document, '_id')) {
      return withIdFirst(document._id, result);
    }
    checkImmutable(document, result, inserting);
    return result;
  };
}

/** The steps of an update in the order in which they make new fields. */
function compileSteps(update: Doc, context: UpdateContext): Step[] {
  const steps: Step[] = [];
  for (const operator of Object.keys(update)) {
    const compile = operatorOf(operator);
    const fields = operatorFields(operator, update[operator]);
    for (const path of Object.keys(fields))
      steps.push({ parts: pathParts(path), change: compile(fields[path], path, context) });
  }
  checkConflicts(steps.map(({ parts }) => parts));
  return steps.sort((a, b) => comparePaths(a.parts, b.parts));
}

/** The steps at the elements that their paths mean in a document as it was found, before anything in it is changed. */
function located(steps: readonly Step[], document: Doc, filters: ArrayFilters): Step[] {
  const found = new Draft(document);
  const expand = (parts: readonly string[]): (readonly string[])[] => {
    const at = parts.findIndex((part) => part.startsWith('$'));
    if (at < 0) return [parts];
    const head = parts.slice(0, at);
    const part = parts[at] as string;
    const list = found.get(head);
    const withElement = (position: number) => [...head, String(position), ...parts.slice(at + 1)];
    if (list === undefined)
      throw badValue(`The path '${head.join('.')}' must exist in the document in order to apply array updates.`);
    if (!Array.isArray(list))
      throw badValue(`Cannot apply array updates to non-array element ${head.join('.')}: ${typeName(list)}`);
    const matches = filters.get(identifierIn(part) as string) as (element: unknown) => boolean;
    return list.flatMap((element, position) => (matches(element) ? expand(withElement(position)) : []));
  };
  const all = steps.flatMap(({ parts, change }) => expand(parts).map((each) => ({ parts: each, change })));
  all.sort((a, b) => comparePaths(a.parts, b.parts));
  checkOverlap(all.map(({ parts }) => parts));
  return all;
}

function checkImmutable(before: Doc, after: Doc, inserting: boolean): void {
  if (before === after || before._id === after._id) return;
  if (inserting && !Object.hasOwn(before, '_id')) return;
  if (!equal(before._id, after._id)) throw immutable('_id');
}

const immutable = (field: string) =>
  failure(66, `Performing an update on the path '${field}' would modify the immutable field '${field}'`);
