import { failure, notImplemented } from '../errors.ts';
import { Pace } from '../pauses.ts';
import { isDocument } from '../values/codec.ts';
import { typeName } from '../values/compare.ts';
import { fieldPath, setAt } from './paths.ts';
import type { Compile } from './stage.ts';

/** One document for each element of an array; none where it is empty, or there is nothing. */
export const $unwind: Compile = (spec, { reads }) => {
  const { path, ...options } = isDocument(spec) ? spec : { path: spec };
  const [option] = Object.keys(options);
  if (option === 'includeArrayIndex' || option === 'preserveNullAndEmptyArrays')
    throw notImplemented(`$unwind with ${option} is not supported`);
  if (option !== undefined) throw failure(28811, `unrecognized option to $unwind stage: ${option}`);
  if (typeof path !== 'string')
    throw failure(28808, `expected a string as the path for $unwind stage, got ${typeName(path)}`);
  if (!path.startsWith('$'))
    throw failure(28818, `path option to $unwind stage should be prefixed with a '$': ${path}`);
  const parts = fieldPath(path.slice(1));
  reads.add(parts[0]);
  return {
    *run(input) {
      const pace = new Pace();
      for (const document of input) {
        if (document === undefined) {
          yield undefined;
          continue;
        }
        // An array on the way ends the path.
        const value = parts.reduce<unknown>(
          (holder, part) => (isDocument(holder) && Object.hasOwn(holder, part) ? holder[part] : undefined),
          document,
        );
        if (!Array.isArray(value)) {
          if (value !== undefined && value !== null) yield document;
          continue;
        }
        for (const element of value) {
          yield setAt(document, parts, element ?? null) as typeof document;
          if (pace.isDue()) yield undefined;
        }
      }
    },
  };
};
