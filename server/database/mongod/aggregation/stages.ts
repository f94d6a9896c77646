import { Long } from 'bson';
import { Aggregator } from 'mingo/aggregator';
import { Lazy } from 'mingo/lazy';
import * as pipelineOperators from 'mingo/operators/pipeline';
import type { AnyObject, Options } from 'mingo/types';
import { CommandError, failedToParse } from '../errors.ts';
import { compileFilter } from '../query/matcher.ts';
import { getPath } from '../query/paths.ts';
import { compileProjection, flatten } from '../query/projection.ts';
import { sortBy } from '../query/sort.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { collatorFor } from '../values/collation.ts';
import { compare } from '../values/compare.ts';
import { plain } from '../values/plain.ts';
import { groupedByValue } from './group.ts';
import { $graphLookup, $lookup } from './lookup.ts';
import { evaluate } from './options.ts';
import { type Stage, setAt } from './stage.ts';

const mingo = pipelineOperators as unknown as Record<string, Stage>;

const contextOf = (options: Options) => ({
  collator: collatorFor(options.collation as Doc | undefined),
  evaluate: (value: unknown, document: Doc) => evaluate(document, value, options),
});

const $match: Stage = (input, filter, options) => {
  const matches = compileFilter(filter as Doc, contextOf(options));
  return input.filter((document) => matches(document as Doc));
};

const $sort: Stage = (input, spec, options) => {
  if (typeof spec !== 'object' || spec === null || Object.keys(spec).length === 0) {
    throw new CommandError(15976, 'Location15976', '$sort stage must have at least one sort key');
  }
  const collator = collatorFor(options.collation as Doc | undefined);
  return input.transform((documents) =>
    Lazy(sortBy([...(documents as Doc[])], (each) => each, spec as Doc, { collator })),
  );
};

const $group: Stage = (input, spec, options) => (mingo.$group as Stage)(input, groupedByValue(spec, options), options);

const $sortByCount: Stage = (input, expression, options) =>
  $sort($group(input, { _id: expression, count: { $sum: 1 } }, options), { count: -1 }, options);

const $project: Stage = (input, spec, options) => {
  if (!isDocument(spec) || Object.keys(spec).length === 0)
    throw new CommandError(
      51272,
      'Location51272',
      'Invalid $project :: caused by :: projection specification must have at least one field',
    );
  const project = compileProjection(spec, {}, contextOf(options));
  return project === undefined ? input : input.map((document) => project(document as Doc));
};

const $unset: Stage = (input, fields, options) => {
  const names = Array.isArray(fields) ? fields : [fields];
  if (names.length === 0 || names.some((each) => typeof each !== 'string'))
    throw new CommandError(31120, 'Location31120', '$unset specification must be a string or an array of strings');
  return $project(input, Object.fromEntries(names.map((name) => [name, false])), options);
};

const $addFields: Stage = (input, spec, options) => {
  if (!isDocument(spec))
    throw new CommandError(40272, 'Location40272', '$addFields specification stage must be an object');
  const fields = flatten(spec).map(([path, expression]) => ({ parts: path.split('.'), expression }));
  return input.map((document) => {
    let result: unknown = document;
    for (const { parts, expression } of fields) result = setAt(result, parts, evaluate(document, expression, options));
    return result as AnyObject;
  });
};

/** One document for each element of an array. */
const $unwind: Stage = (input, given) => {
  const { path, includeArrayIndex, preserveNullAndEmptyArrays, ...others } = (
    isDocument(given) ? given : { path: given }
  ) as Doc;
  if (typeof path !== 'string' || !path.startsWith('$'))
    throw new CommandError(
      28818,
      'Location28818',
      `path option to $unwind stage should be prefixed with a '$': ${String(path)}`,
    );
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw new CommandError(28811, 'Location28811', `unrecognized option to $unwind stage: ${unknown}`);
  const parts = path.slice(1).split('.');
  const indexed = (document: unknown, at: Long | null) =>
    typeof includeArrayIndex === 'string' ? setAt(document, includeArrayIndex.split('.'), at) : document;
  function* unwound(): Generator<AnyObject> {
    for (const document of input) {
      const value = getPath(document, parts);
      const isEmpty = value === undefined || value === null || (Array.isArray(value) && value.length === 0);
      if (isEmpty) {
        const kept = Array.isArray(value) ? setAt(document, parts, undefined) : document;
        if (preserveNullAndEmptyArrays) yield indexed(kept, null) as AnyObject;
      } else if (!Array.isArray(value)) yield indexed(document, null) as AnyObject;
      else {
        for (let at = 0; at < value.length; at++)
          yield indexed(setAt(document, parts, value[at] ?? null), Long.fromNumber(at)) as AnyObject;
      }
    }
  }
  return Lazy(unwound());
};

/** $bucket is a $group by the boundary below a value, as MongoDB runs it. */
const $bucket: Stage = (input, spec, options) => {
  const { groupBy, boundaries, output = { count: { $sum: 1 } }, ...others } = spec as Doc;
  if (!Array.isArray(boundaries) || boundaries.length < 2)
    throw new CommandError(40192, 'Location40192', "The $bucket 'boundaries' field must have at least 2 values");
  for (let at = 1; at < boundaries.length; at++) {
    if (compare(boundaries[at - 1], boundaries[at]) >= 0)
      throw new CommandError(
        40194,
        'Location40194',
        "The 'boundaries' option to $bucket must be sorted in ascending order",
      );
  }
  const otherwise = 'default' in others ? { $literal: others.default } : { $switch: { branches: [] } };
  const key = boundaries.slice(1).reduceRight<Doc>((other, most, at) => {
    const least = { $literal: boundaries[at] };
    return { $cond: [{ $and: [{ $gte: [groupBy, least] }, { $lt: [groupBy, { $literal: most }] }] }, least, other] };
  }, otherwise);
  return $sort($group(input, { _id: key, ...(output as Doc) }, options), { _id: 1 }, options);
};

/** Takes documents at random, each at most once. */
const $sample: Stage = (input, spec) =>
  input.transform((documents) => {
    const rows = [...(documents as Doc[])];
    const size = Math.min(Number((spec as Doc).size), rows.length);
    for (let at = 0; at < size; at++) {
      const other = at + Math.floor(Math.random() * (rows.length - at));
      [rows[at], rows[other]] = [rows[other] as Doc, rows[at] as Doc];
    }
    return Lazy(rows.slice(0, size));
  });

const $facet: Stage = (input, spec, options) => {
  if (!isDocument(spec)) throw failedToParse('the $facet specification must be an object');
  return input.transform((documents) => {
    const results = Object.entries(spec).map(([name, stages]) => [
      name,
      new Aggregator(stages as AnyObject[], options).run([...documents] as AnyObject[], options),
    ]);
    return Lazy([Object.fromEntries(results)]);
  });
};

/** mingo's stage, whose argument holds numbers as JavaScript has them. */
const withPlainArgument =
  (name: string): Stage =>
  (input, argument, options) =>
    (mingo[name] as Stage)(input, plain(argument), options);

/** mingo's stage that computes with the numbers of documents itself: int64 and doubles become plain numbers. */
const onPlainDocuments =
  (name: string): Stage =>
  (input, argument, options) =>
    (mingo[name] as Stage)(
      input.map((document) => plain(document)),
      plain(argument),
      options,
    );

/** All stages that stand in a pipeline. */
export const stages: Record<string, Stage> = {
  ...mingo,
  $addFields,
  $bucket,
  $bucketAuto: onPlainDocuments('$bucketAuto'),
  $densify: onPlainDocuments('$densify'),
  $facet,
  $fill: onPlainDocuments('$fill'),
  $graphLookup,
  $group,
  $limit: withPlainArgument('$limit'),
  $lookup,
  $match,
  $project,
  $sample,
  $set: $addFields,
  $setWindowFields: onPlainDocuments('$setWindowFields'),
  $skip: withPlainArgument('$skip'),
  $sort,
  $sortByCount,
  $unset,
  $unwind,
};
