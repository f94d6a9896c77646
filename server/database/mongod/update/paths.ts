import { badValue, failure, notImplemented, pathConflict } from '../errors.ts';

const index = /^(0|[1-9]\d*)$/;

/** Whether a part of a path is the position of an element where an update meets an array. */
export const isIndex = (part: string): boolean => index.test(part);

/** The name in `$[name]`, empty for `$[]`; undefined for other parts. */
export const identifierIn = (part: string): string | undefined => /^\$\[(.*)\]$/.exec(part)?.[1];

/** The parts of the path of an update operator, which may stand for elements: `$[]`, `$[name]`. @throws CommandError 238 for `$` */
export function pathParts(path: string): string[] {
  const parts = path.split('.');
  if (path === '') throw failure(56, 'An empty update path is not valid.');
  if (parts.includes('')) {
    const message = `The update path '${path}' contains an empty field name, which is not allowed.`;
    throw failure(56, message);
  }
  for (const [at, part] of parts.entries()) {
    if (!part.startsWith('$')) continue;
    if (part === '$') throw notImplemented(`the positional operator in '${path}' is not supported`);
    if (identifierIn(part) === undefined)
      throw failure(52, `The dollar ($) prefixed field '${part}' in '${path}' is not valid for storage.`);
    if (at === 0)
      throw badValue(
        `Cannot have array filter identifier (i.e. '$[<id>]') element in the first position in path '${path}'`,
      );
  }
  return parts;
}

/** Whether a path means elements that depend on the document. */
export const isDynamic = (parts: readonly string[]): boolean => parts.some((part) => part.startsWith('$'));

/** The order in which an update makes new fields: by name, positions by number. */
export function comparePaths(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const x = a[i] as string;
    const y = b[i] as string;
    if (x === y) continue;
    if (isIndex(x) && isIndex(y)) return Number(x) - Number(y);
    return x < y ? -1 : 1;
  }
  return a.length - b.length;
}

/**
 * Refuses paths of one update that contain one another, or that mean an array in two ways.
 * @param paths in the order in which they are written
 */
export function checkConflicts(paths: readonly (readonly string[])[]): void {
  const ordered = paths.map((parts, written) => ({ parts, written })).sort((a, b) => comparePaths(a.parts, b.parts));
  for (const [at, { parts, written }] of ordered.entries()) {
    const next = ordered[at + 1];
    if (next === undefined) return;
    const common = commonLength(parts, next.parts);
    if (common < parts.length && isFiltered(parts, common) === isFiltered(next.parts, common)) continue;
    const later = (written > next.written ? parts : next.parts).join('.');
    throw pathConflict(`Updating the path '${later}' would create a conflict at '${parts.slice(0, common).join('.')}'`);
  }
}

/** Refuses paths that mean the same elements in a document, or one of which contains another. They are in order. */
export function checkOverlap(paths: readonly (readonly string[])[]): void {
  for (const [at, parts] of paths.entries()) {
    const next = paths[at + 1];
    if (next !== undefined && commonLength(parts, next) === parts.length)
      throw pathConflict(`Update created a conflict at '${parts.join('.')}'`);
  }
}

function commonLength(a: readonly string[], b: readonly string[]): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

const isFiltered = (parts: readonly string[], at: number): boolean => parts[at]?.startsWith('$[') === true;
