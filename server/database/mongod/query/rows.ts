import { failure } from '../errors.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { isPosition } from './paths.ts';

/** What several paths hold in a document, as an index or a sort sees it. */
export interface Rows {
  /**
   * A value for each path: a row for each element of the array that the paths end in or cross, null for what is missing,
   * undefined for an empty array.
   */
  rows: unknown[][];
  /** For each path 1 where it ends in an array here, or crosses one; undefined when none does. */
  arrays: number[] | undefined;
  /** Two of the paths that lead to different arrays: then there are no rows. */
  parallel: [string, string] | undefined;
}

/**
 * Follows several paths through a document.
 * @param isStored for the rows that an index holds of a document that may have been stored by an earlier version: that took
 *   such a number for a field
 * @throws CommandError 16746 where a number is both a position in an array and a field of its elements
 */
export function rowsOf(document: Doc, paths: readonly string[], isStored = false): Rows {
  const state: Rows = { rows: [], arrays: undefined, parallel: undefined };
  expand(
    paths.map((path) => walk({ value: document, parts: path.split('.'), at: 0, done: false }, isStored)),
    state,
    isStored,
  );
  if (state.parallel !== undefined) state.rows = [];
  return state;
}

/** How far one path has been followed. */
interface Step {
  value: unknown;
  parts: string[];
  at: number;
  done: boolean;
}

/** Follows a path as far as it crosses no array that has to be taken apart. */
function walk(step: Step, isStored: boolean): Step {
  let { value, at } = step;
  const { parts } = step;
  while (at < parts.length) {
    const part = parts[at] as string;
    if (Array.isArray(value)) {
      const position = isPosition(part) ? Number(part) : value.length;
      if (position >= value.length) return { value, parts, at, done: false };
      if (value.some((each) => isDocument(each) && Object.hasOwn(each, part))) {
        if (isStored) return { value, parts, at, done: false };
        throw ambiguous(part);
      }
      value = value[position];
    } else if (isDocument(value) && Object.hasOwn(value, part)) value = value[part];
    else return { value: null, parts, at: parts.length, done: true };
    at++;
  }
  return { value: value ?? null, parts, at, done: !Array.isArray(value) };
}

/** The error of MongoDB where a number may be a position in an array or a field of its elements. */
const ambiguous = (part: string) =>
  failure(
    16746,
    `Ambiguous field name found in array (do not use numeric field names in embedded elements in an array), field: '${part}'`,
  );

function expand(steps: Step[], state: Rows, isStored: boolean): void {
  const list = steps.find((step) => !step.done)?.value as unknown[] | undefined;
  if (list === undefined) {
    state.rows.push(steps.map((step) => step.value));
    return;
  }
  const other = steps.find((step) => !step.done && step.value !== list);
  if (other !== undefined) {
    const first = steps.find((step) => step.value === list) as Step;
    state.parallel = [other.parts.join('.'), first.parts.join('.')];
    return;
  }
  const arrays = state.arrays ?? steps.map(() => 0);
  state.arrays = arrays;
  for (const [field, step] of steps.entries()) if (!step.done) arrays[field] = 1;
  for (const element of list.length === 0 ? [undefined] : list) {
    const next = steps.map((step): Step => {
      if (step.done) return step;
      const ended = step.at === step.parts.length;
      if (ended) return { ...step, value: element ?? (list.length === 0 ? undefined : null), done: true };
      return isDocument(element) ? walk({ ...step, value: element }, isStored) : { ...step, value: null, done: true };
    });
    expand(next, state, isStored);
  }
}
