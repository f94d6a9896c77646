import { CommandError } from '../errors.ts';
import { compileFilter, type Matcher } from '../query/matcher.ts';
import { isPosition, pathExists } from '../query/paths.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { encodeKey } from '../values/keys.ts';
import type { Index } from './catalog.ts';

const compiledFilters = new WeakMap<Doc, Matcher>();

/** The matcher of a filter that is kept with a collection or an index. */
function compiled(filter: Doc): Matcher {
  let matches = compiledFilters.get(filter);
  if (matches === undefined) {
    matches = compileFilter(filter);
    compiledFilters.set(filter, matches);
  }
  return matches;
}

function isIndexed(index: Index, document: Doc): boolean {
  const { partialFilterExpression: partial, sparse } = index.spec;
  if (partial !== undefined && !compiled(partial)(document)) return false;
  return !sparse || index.fields.some((field) => pathExists(document, field.split('.')));
}

/** The keys of a document in an index, without the document's own key. */
export function entriesOf(index: Index, document: Doc): { keys: Buffer[]; multikey: boolean } {
  if (!isIndexed(index, document)) return { keys: [], multikey: false };
  const { rows, multikey } = indexedRows(index, document);
  const keys = rows.map((values) => encodeKey(values, index.directions, index.ident));
  return { keys: keys.length === 1 ? keys : distinct(keys), multikey };
}

const distinct = (keys: Buffer[]): Buffer[] => [
  ...new Map(keys.map((key) => [key.latin1Slice(0, key.length), key])).values(),
];

/** The values that an index holds for a document: a row for each element of the array that its paths end in or cross. */
export function indexedRows(index: Index, document: Doc): { rows: unknown[][]; multikey: boolean } {
  const state = { rows: [] as unknown[][], multikey: false };
  const start = index.fields.map((field) => walk({ value: document, parts: field.split('.'), at: 0, done: false }));
  expand(start, state);
  return state;
}

/** How far one path of an index has been followed. */
interface Step {
  value: unknown;
  parts: string[];
  at: number;
  done: boolean;
}

/** Follows a path as far as it crosses no array that has to be taken apart. */
function walk(step: Step): Step {
  let { value, at } = step;
  const { parts } = step;
  while (at < parts.length) {
    const part = parts[at] as string;
    if (Array.isArray(value)) {
      const position = isPosition(part) ? Number(part) : value.length;
      const named = value.some((each) => isDocument(each) && Object.hasOwn(each, part));
      if (position >= value.length || named) return { value, parts, at, done: false };
      value = value[position];
    } else if (isDocument(value) && Object.hasOwn(value, part)) value = value[part];
    else return { value: null, parts, at: parts.length, done: true };
    at++;
  }
  return { value: value ?? null, parts, at, done: !Array.isArray(value) };
}

function expand(steps: Step[], state: { rows: unknown[][]; multikey: boolean }): void {
  const list = steps.find((step) => !step.done)?.value as unknown[] | undefined;
  if (list === undefined) {
    state.rows.push(steps.map((step) => step.value));
    return;
  }
  const other = steps.find((step) => !step.done && step.value !== list);
  if (other !== undefined) {
    const names = [other, steps.find((step) => step.value === list) as Step].map(({ parts }) => `[${parts[0]}]`);
    throw new CommandError(171, 'CannotIndexParallelArrays', `cannot index parallel arrays ${names.join(' ')}`);
  }
  state.multikey = true;
  for (const element of list.length === 0 ? [undefined] : list) {
    const next = steps.map((step): Step => {
      if (step.done) return step;
      const ended = step.at === step.parts.length;
      if (ended) return { ...step, value: element ?? (list.length === 0 ? undefined : null), done: true };
      return isDocument(element) ? walk({ ...step, value: element }) : { ...step, value: null, done: true };
    });
    expand(next, state);
  }
}
