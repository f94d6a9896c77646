import type { Document } from 'mongodb';
import { compareValues, matches } from './oracle.ts';

/**
 * What an update with operators means by MongoDB's manual, for one document: plain code on copies of JavaScript values, which
 * shares nothing with the engine. It knows what the tests make: whole numbers, texts, null, arrays and documents.
 */

/** An update that the document does not allow. */
export class Refused extends Error {}

interface Change {
  operator: string;
  path: string[];
  operand: unknown;
}

type Holder = Record<string, unknown> | unknown[];

const isArray = Array.isArray;
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !isArray(value);
const isHolder = (value: unknown): value is Holder => isArray(value) || isObject(value);
const isIndex = (part: string): boolean => String(Number(part)) === part && Number(part) >= 0;

/** @param filters of `$[name]`, each about the name alone */
export function updated(before: Document, update: Document, filters: Document[]): Document {
  const written = Object.entries(update).flatMap(([operator, fields]) =>
    Object.entries(fields as Document).map(([path, operand]): Change => ({ operator, path: path.split('.'), operand })),
  );
  refuseOverlap(written);
  const concrete = written.flatMap((change) =>
    places(before, change.path, filters).map((path) => ({ ...change, path })),
  );
  refuseOverlap(concrete);
  concrete.sort((a, b) => order(a.path, b.path));
  const after = structuredClone(before) as Record<string, unknown>;
  for (const change of concrete) apply(after, change);
  return after as Document;
}

/** Refuses paths of which one contains another, or that mean an array by filters and by names. */
function refuseOverlap(changes: Change[]): void {
  for (const [at, { path }] of changes.entries()) {
    for (const { path: other } of changes.slice(at + 1)) {
      const n = path.findIndex((part, position) => part !== other[position]);
      const isWithin = n < 0 || other[n] === undefined;
      if (isWithin || path[n]?.startsWith('$[') !== other[n]?.startsWith('$[')) throw new Refused('conflict');
    }
  }
}

/** The places that a path means in the document as it was found. */
function places(root: unknown, path: string[], filters: Document[]): string[][] {
  const walk = (value: unknown, done: string[], rest: string[]): string[][] => {
    const [part, ...more] = rest;
    if (part === undefined) return [done];
    const into = (name: string) =>
      walk(isHolder(value) ? (value as Record<string, unknown>)[name] : undefined, [...done, name], more);
    const name = /^\$\[(.*)\]$/.exec(part)?.[1];
    if (name === undefined) return into(part);
    if (!isArray(value)) throw new Refused('no array');
    const filter = filters.find((each) => Object.keys(each)[0]?.split('.')[0] === name);
    return value.flatMap((element, at) =>
      filter === undefined || matches({ [name]: element }, filter) ? into(String(at)) : [],
    );
  };
  return walk(root, [], path);
}

function order(a: string[], b: string[]): number {
  const at = a.findIndex((part, n) => part !== b[n]);
  const [x, y] = [a[at], b[at]];
  if (x === undefined || y === undefined) return a.length - b.length;
  if (isIndex(x) && isIndex(y)) return Number(x) - Number(y);
  return x < y ? -1 : 1;
}

function apply(root: Record<string, unknown>, { operator, path, operand }: Change): void {
  const name = path.at(-1) as string;
  let holder: Holder = root;
  const creates = !['$unset', '$pull'].includes(operator);
  for (const part of path.slice(0, -1)) {
    if (isArray(holder) && !isIndex(part)) {
      if (creates) refuse();
      return;
    }
    const next: unknown = (holder as Record<string, unknown>)[part];
    if (isHolder(next)) holder = next;
    else if (next !== undefined && creates) refuse();
    else if (!creates) return;
    else {
      put(holder, part, {});
      holder = (holder as Record<string, unknown>)[part] as Holder;
    }
  }
  if (isArray(holder) && !isIndex(name)) {
    if (creates) refuse();
    return;
  }
  const exists = isArray(holder) ? Number(name) < holder.length : Object.hasOwn(holder, name);
  const old = (holder as Record<string, unknown>)[name];
  if (operator === '$unset') {
    if (exists && isArray(holder)) put(holder, name, null);
    else if (exists) delete (holder as Record<string, unknown>)[name];
    return;
  }
  const value = changed(operator, exists, old, operand);
  if (value !== undefined) put(holder, name, value);
}

const refuse = (): never => {
  throw new Refused('not viable');
};

function put(holder: Holder, name: string, value: unknown): void {
  if (isArray(holder)) while (holder.length < Number(name)) holder.push(null);
  (holder as Record<string, unknown>)[name] = value;
}

/** The value after an operator; undefined where nothing is written. */
function changed(operator: string, exists: boolean, old: unknown, operand: unknown): unknown {
  const list = (): unknown[] => (!exists ? [] : isArray(old) ? [...old] : refuse());
  const number = (): number => (typeof old === 'number' ? old : refuse());
  const same = (a: unknown, b: unknown) => compareValues(a, b) === 0;
  switch (operator) {
    case '$set':
      return structuredClone(operand);
    case '$inc':
      return exists ? number() + (operand as number) : operand;
    case '$min':
      return !exists || compareValues(operand, old) < 0 ? operand : undefined;
    case '$max':
      return !exists || compareValues(operand, old) > 0 ? operand : undefined;
    case '$push':
      return [...list(), ...(operand as Document).$each];
    case '$addToSet': {
      const elements = list();
      return elements.some((each) => same(each, operand)) ? elements : [...elements, operand];
    }
    case '$pull':
      return exists ? list().filter((each) => !same(each, operand)) : undefined;
    default:
      throw new Error(`the oracle does not know ${operator}`);
  }
}
