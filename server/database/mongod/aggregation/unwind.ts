import { Long } from 'bson';
import { Pace } from '../pauses.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { typeName } from '../values/compare.ts';
import { located } from './operands.ts';
import { fieldPath, setAt } from './paths.ts';
import type { Compile } from './stage.ts';

const UNWIND_FIELDS = new Set(['path', 'includeArrayIndex', 'preserveNullAndEmptyArrays']);

/** One document for each element of an array. */
export const $unwind: Compile = (spec, { reads }) => {
  const given: Doc = isDocument(spec) ? spec : { path: spec };
  const unknown = Object.keys(given).find((name) => !UNWIND_FIELDS.has(name));
  if (unknown !== undefined) throw located(28811, `unrecognized option to $unwind stage: ${unknown}`);
  const { path, includeArrayIndex: index, preserveNullAndEmptyArrays: preserves = false } = given;
  if (typeof path !== 'string')
    throw located(28808, `expected a string as the path for $unwind stage, got ${typeName(path)}`);
  if (!path.startsWith('$'))
    throw located(28818, `path option to $unwind stage should be prefixed with a '$': ${path}`);
  if (typeof preserves !== 'boolean')
    throw located(28809, 'expected a boolean for the preserveNullAndEmptyArrays option to $unwind stage');
  if (index !== undefined && (typeof index !== 'string' || index === ''))
    throw located(28810, 'expected a non-empty string for the includeArrayIndex option to $unwind stage');
  if (index?.toString().startsWith('$'))
    throw located(28822, `includeArrayIndex option to $unwind stage should not be prefixed with a '$': ${index}`);
  const parts = fieldPath(path.slice(1));
  reads.add(parts[0]);
  const indexParts = index === undefined ? undefined : fieldPath(String(index));
  if (indexParts !== undefined) reads.add(indexParts[0]);
  const valueAt = directGetter(parts);
  const indexed = (document: unknown, at: Long | null): Doc =>
    (indexParts === undefined ? document : setAt(document, indexParts, at)) as Doc;
  return {
    *run(input) {
      const pace = new Pace();
      for (const document of input) {
        const value = document === undefined ? undefined : valueAt(document);
        if (document === undefined) yield undefined;
        else if (!Array.isArray(value)) {
          if (preserves || (value !== undefined && value !== null)) yield indexed(document, null);
        } else if (value.length === 0) {
          if (preserves) yield indexed(setAt(document, parts, undefined), null);
        } else {
          for (let at = 0; at < value.length; at++) {
            yield indexed(setAt(document, parts, value[at] ?? null), Long.fromNumber(at));
            if (pace.isDue()) yield undefined;
          }
        }
      }
    },
  };
};

/** Reads a path through documents only: an array on the way ends it. */
function directGetter(parts: readonly string[]): (document: Doc) => unknown {
  return (document) => {
    let value: unknown = document;
    for (const part of parts) {
      if (!isDocument(value) || !Object.hasOwn(value, part)) return undefined;
      value = value[part];
    }
    return value;
  };
}
