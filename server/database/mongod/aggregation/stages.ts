import { CommandError, failedToParse, notImplemented } from '../errors.ts';
import { Pace, type Step } from '../pauses.ts';
import { compileStageProjection } from '../query/projection.ts';
import { compileSort } from '../query/sort.ts';
import { type Sorting, sorted } from '../query/sorted.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { numberKind, toDouble } from '../values/numeric.ts';
import { sizeOf } from '../values/size.ts';
import { $addFields, $match, $project, $replaceRoot, $replaceWith, $unset } from './document-stages.ts';
import { compileGroup } from './group.ts';
import { compileForeign, compileLookup } from './lookup.ts';
import { located } from './operands.ts';
import type { Compile, Stage, StagePlace } from './stage.ts';
import { $unwind } from './unwind.ts';

interface SortRow {
  document: Doc;
  values: unknown[];
  size: number;
}

const $sort: Compile = (spec, { scope, reads, most }) => {
  if (!isDocument(spec) || Object.keys(spec).length === 0)
    throw located(15976, '$sort stage must have at least one sort key');
  const { fields, valuesOf, order } = compileSort(spec, scope.collator);
  reads.addAll(fields);
  return {
    *run(input, memory) {
      function* rows(): Generator<Step<SortRow>> {
        for (const document of input)
          yield document && { document, values: valuesOf(document), size: sizeOf(document) };
      }
      const sorting: Sorting<SortRow> = {
        order: (a, b) => order(a.values, b.values),
        hold: ({ size }, sign) => memory.add(sign * (size + 64), '$sort'),
      };
      for (const row of sorted(rows(), sorting, most)) yield row?.document;
    },
  };
};

/** The operand of $skip and $limit. @throws CommandError 5107201 for anything but a whole number from `least` on */
export function stageCount(name: string, value: unknown, least: number): number {
  const number = toDouble(value);
  if (numberKind(value) !== undefined && Number.isInteger(number) && number >= least) return number;
  const wanted = least === 1 ? 'positive' : 'non-negative';
  throw located(
    5107201,
    `invalid argument to ${name} stage: Expected a ${wanted} number in: ${name}: ${String(value)}`,
  );
}

const $skip: Compile = (spec) => {
  const count = stageCount('$skip', spec, 0);
  return {
    *run(input) {
      let skipped = 0;
      for (const document of input) {
        if (document !== undefined && skipped++ < count) continue;
        yield document;
      }
    },
  };
};

const $limit: Compile = (spec) => {
  const count = stageCount('$limit', spec, 1);
  return {
    *run(input) {
      let taken = 0;
      for (const document of input) {
        yield document;
        if (document !== undefined && ++taken >= count) return;
      }
    },
  };
};

const $count: Compile = (spec, place) => {
  if (typeof spec !== 'string') throw located(40156, 'the count field must be a string');
  if (spec === '') throw located(40157, 'the count field must be a non-empty string');
  if (spec.startsWith('$')) throw located(40158, 'the count field cannot be a $-prefixed path');
  if (spec.includes('.')) throw located(40160, "the count field cannot contain '.'");
  const { run } = compileGroup({ _id: null, [spec]: { $sum: 1 } }, place);
  const { project } = compileStageProjection({ _id: 0 }, {});
  return {
    forgets: true,
    *run(input, memory) {
      for (const counted of run(input, memory)) yield counted && project(counted);
    },
  };
};

const $sortByCount: Compile = (spec, place) => {
  const isExpression = isDocument(spec) ? Object.keys(spec)[0]?.startsWith('$') : String(spec).startsWith('$');
  if (!isExpression) throw located(40149, 'the sortByCount field must be a $-prefixed path or an expression');
  const group = compileGroup({ _id: spec, count: { $sum: 1 } }, place);
  const sort = $sort({ count: -1 }, { ...place, most: undefined });
  return { forgets: true, run: (input, memory) => sort.run(group.run(input, memory), memory) };
};

const $facet: Compile = (spec, { nested, reads }) => {
  if (!isDocument(spec) || Object.keys(spec).length === 0)
    throw located(40169, 'the $facet specification must be a non-empty object');
  const facets = Object.entries(spec).map(([name, stages]) => {
    if (name === '' || name.startsWith('$') || name.includes('.'))
      throw located(40170, `invalid name of a facet: '${name}'`);
    const pipeline = nested(stages);
    reads.addAll(pipeline.fields);
    return { name, pipeline };
  });
  return {
    forgets: true,
    *run(input, memory) {
      const documents: Doc[] = [];
      for (const document of input) {
        if (document === undefined) yield undefined;
        else {
          memory.add(sizeOf(document), '$facet');
          documents.push(document);
        }
      }
      const result: Doc = {};
      for (const { name, pipeline } of facets) {
        const rows: Doc[] = [];
        for (const row of pipeline.run(paced(documents), memory)) {
          if (row === undefined) yield undefined;
          else {
            memory.add(sizeOf(row), '$facet');
            rows.push(row);
          }
        }
        result[name] = rows;
      }
      yield result;
    },
  };
};

/** Documents with pauses. */
function* paced(documents: Iterable<Doc>): Generator<Step<Doc>> {
  const pace = new Pace();
  for (const document of documents) {
    yield document;
    if (pace.isDue()) yield undefined;
  }
}

const $unionWith: Compile = (spec, place) => {
  const given: Doc = typeof spec === 'string' ? { coll: spec } : isDocument(spec) ? spec : {};
  if (typeof spec !== 'string' && !isDocument(spec))
    throw failedToParse('the $unionWith specification must be an object or string');
  const unknown = Object.keys(given).find((name) => name !== 'coll' && name !== 'pipeline');
  if (unknown !== undefined) throw located(40415, `BSON field '$unionWith.${unknown}' is an unknown field.`);
  const { rest, source } = compileForeign(given.pipeline ?? [], given.coll, place);
  return {
    *run(input, memory) {
      yield* input;
      yield* rest.run(source(), memory);
    },
  };
};

/** Takes documents at random, each at most once, in one pass: each has the same chance to be among those that are kept. */
const $sample: Compile = (spec) => {
  if (!isDocument(spec) || Object.keys(spec).join() !== 'size')
    throw located(28745, "$sample needs an object with the field 'size'");
  const size = toDouble(spec.size);
  if (!(numberKind(spec.size) !== undefined && size > 0))
    throw located(28747, 'size argument to $sample must be a positive integer');
  return {
    *run(input, memory) {
      const kept: Doc[] = [];
      let seen = 0;
      for (const document of input) {
        if (document === undefined) {
          yield undefined;
          continue;
        }
        const at = seen < size ? kept.length : Math.floor(Math.random() * (seen + 1));
        seen++;
        if (at >= size) continue;
        memory.add(sizeOf(document) - sizeOf(kept[at] ?? 0), '$sample');
        kept[at] = document;
      }
      for (let at = kept.length - 1; at >= 0; at--) {
        const other = Math.floor(Math.random() * (at + 1));
        [kept[at], kept[other]] = [kept[other] as Doc, kept[at] as Doc];
      }
      yield* paced(kept);
    },
  };
};

const $documents: Compile = (spec, { scope }) => {
  const value = scope.compile(spec);
  return {
    *run() {
      const documents = value({});
      if (!Array.isArray(documents) || !documents.every(isDocument))
        throw located(5858203, 'an array of documents is expected for $documents');
      yield* paced(documents as Doc[]);
    },
  };
};

const compilers: Record<string, Compile> = {
  $addFields,
  $count,
  $documents,
  $facet,
  $group: compileGroup,
  $limit,
  $lookup: compileLookup,
  $match,
  $project,
  $replaceRoot,
  $replaceWith,
  $sample,
  $set: $addFields,
  $skip,
  $sort,
  $sortByCount,
  $unionWith,
  $unset,
  $unwind,
};

/** Stages that only the command itself knows how to run, and that stand in no other stage. */
const ofCommand = new Set('$out $merge $collStats $indexStats $currentOp $listLocalSessions $listSessions'.split(' '));

/** Stages that MongoDB 8.0 has and this engine has not. */
const missing = new Set(
  `$bucket $bucketAuto $changeStream $changeStreamSplitLargeEvent $densify $fill $geoNear $graphLookup $listClusterCatalog
$listSampledQueries $planCacheStats $querySettings $queryStats $rankFusion $redact $scoreFusion $search $searchMeta $setWindowFields
$shardedDataDistribution $vectorSearch`.split(/\s+/),
);

/**
 * Compiles a stage.
 * @throws CommandError 238 for one that MongoDB has and this engine has not, 40324 for one that nobody has
 */
export function compileStage(name: string, spec: unknown, place: StagePlace): Stage {
  const compile = Object.hasOwn(compilers, name) ? compilers[name] : undefined;
  if (name === '$documents' && place.at > 0) throw notFirst(name);
  if (compile !== undefined) return compile(spec, place);
  if (ofCommand.has(name)) {
    if (place.isNested) throw located(40600, `${name} is not allowed to be used within another stage`);
    throw notFirst(name);
  }
  if (name === '$listSearchIndexes')
    throw new CommandError(31082, 'SearchNotEnabled', 'Search indexes are only available on MongoDB Atlas');
  if (missing.has(name)) throw notImplemented(`the stage ${name} is not supported`);
  throw located(40324, `Unrecognized pipeline stage name: '${name}'`);
}

const notFirst = (name: string) => located(40602, `${name} is only valid as the first stage in a pipeline`);
