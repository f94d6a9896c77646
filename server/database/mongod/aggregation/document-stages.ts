import { failure } from '../errors.ts';
import { fieldsOf } from '../query/conditions.ts';
import { compileFilter } from '../query/matcher.ts';
import { compileStageProjection, flatten } from '../query/projection.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { typeName } from '../values/compare.ts';
import { fieldPath, setAt } from './paths.ts';
import { type Compile, matchContextOf, type Stage } from './stage.ts';

/** A stage that makes a document, or none, of each. */
const each = (change: (document: Doc) => Doc | undefined, forgets = false): Stage => ({
  forgets,
  *run(input) {
    for (const document of input) yield document === undefined ? undefined : change(document);
  },
});

export const $match: Compile = (filter, { scope, reads }) => {
  if (!isDocument(filter)) throw failure(15959, 'the match filter must be an expression in an object');
  const matches = compileFilter(filter, matchContextOf(scope));
  reads.addAll(fieldsOf(filter));
  return each((document) => (matches(document) ? document : undefined));
};

export const $project: Compile = (spec, { scope, reads }) => {
  if (!isDocument(spec)) throw failure(15969, '$project specification must be an object');
  if (Object.keys(spec).length === 0)
    throw failure(51272, 'Invalid $project :: caused by :: projection specification must have at least one field');
  const { project, fields } = compileStageProjection(spec, matchContextOf(scope));
  if (fields !== undefined) reads.addAll(fields);
  return each(project, fields !== undefined);
};

export const $unset: Compile = (spec, place) => {
  const names = Array.isArray(spec) ? spec : [spec];
  if (names.length === 0 || names.some((name) => typeof name !== 'string'))
    throw failure(31120, '$unset specification must be a string or an array of strings');
  return $project(Object.fromEntries(names.map((name) => [name, false])), place);
};

export const $addFields: Compile = (spec, { scope, reads }) => {
  if (!isDocument(spec)) throw failure(40272, '$addFields specification stage must be an object');
  if (Object.keys(spec).length === 0) throw failure(40177, '$addFields specification must have at least one field');
  const fields = flatten(spec).map(([path, expression]) => {
    const parts = fieldPath(path);
    reads.add(parts[0]);
    return { parts, value: scope.compileField(expression) };
  });
  checkDistinct(fields.map(({ parts }) => parts));
  return each((document) => {
    let result: unknown = document;
    for (const { parts, value } of fields) {
      result = setAt(result, parts, value(document));
      // In arrays the value stands in every element.
      if (parts.length > 1) scope.made(result);
    }
    return result as Doc;
  });
};

/** Refuses a path that is the beginning of another. */
function checkDistinct(paths: readonly string[][]): void {
  const texts = paths.map((parts) => parts.join('.')).sort();
  for (const [at, text] of texts.entries()) {
    const next = texts[at + 1];
    if (next === text || next?.startsWith(`${text}.`))
      throw failure(40176, `specification contains two conflicting paths: '${next}'`);
  }
}

export const $replaceWith: Compile = (spec, { scope }) => {
  const value = scope.compile(spec);
  return each((document) => {
    const root = value(document);
    if (isDocument(root)) return root;
    throw failure(
      40228,
      `'newRoot' expression must evaluate to an object, but resulting value was of type ${typeName(root)}`,
    );
  }, true);
};

export const $replaceRoot: Compile = (spec, place) => {
  if (!isDocument(spec)) throw failure(40229, 'expected an object as specification for $replaceRoot stage');
  if (Object.keys(spec).some((name) => name !== 'newRoot'))
    throw failure(40415, 'unrecognized option to $replaceRoot stage: only newRoot is valid');
  if (!Object.hasOwn(spec, 'newRoot')) throw failure(40231, 'no newRoot specified for the $replaceRoot stage');
  return $replaceWith(spec.newRoot, place);
};
