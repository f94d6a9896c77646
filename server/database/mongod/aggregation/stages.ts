import { failure, notImplemented } from '../errors.ts';
import { Pace, type Step } from '../pauses.ts';
import { compileSort } from '../query/sort.ts';
import { type Sorting, sorted } from '../query/sorted.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { numberKind, toDouble } from '../values/numeric.ts';
import { sizeOf } from '../values/size.ts';
import { $addFields, $match, $project, $replaceRoot, $replaceWith, $unset } from './document-stages.ts';
import { compileGroup } from './group.ts';
import type { Compile, Stage, StagePlace } from './stage.ts';
import { $unwind } from './unwind.ts';

interface SortRow {
  document: Doc;
  values: unknown[];
  size: number;
}

const $sort: Compile = (spec, { scope, reads }) => {
  if (!isDocument(spec) || Object.keys(spec).length === 0)
    throw failure(15976, '$sort stage must have at least one sort key');
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
      for (const row of sorted(rows(), sorting)) yield row?.document;
    },
  };
};

/** The operand of $skip and $limit. @throws CommandError 5107201 for anything but a whole number from `least` on */
export function stageCount(name: string, value: unknown, least: number): number {
  const number = toDouble(value);
  if (numberKind(value) !== undefined && Number.isInteger(number) && number >= least) return number;
  const wanted = least === 1 ? 'positive' : 'non-negative';
  throw failure(
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

const $count: Compile = (spec) => {
  if (typeof spec !== 'string') throw failure(40156, 'the count field must be a string');
  if (spec === '') throw failure(40157, 'the count field must be a non-empty string');
  if (spec.startsWith('$')) throw failure(40158, 'the count field cannot be a $-prefixed path');
  if (spec.includes('.')) throw failure(40160, "the count field cannot contain '.'");
  return {
    forgets: true,
    *run(input) {
      let count = 0;
      for (const document of input) {
        if (document === undefined) yield undefined;
        else count++;
      }
      if (count > 0) yield { [spec]: count };
    },
  };
};

const $documents: Compile = (spec, { scope }) => {
  const value = scope.compile(spec);
  return {
    *run() {
      const documents = value({});
      if (!Array.isArray(documents) || !documents.every(isDocument))
        throw failure(5858203, 'an array of documents is expected for $documents');
      const pace = new Pace();
      for (const document of documents as Doc[]) {
        yield document;
        if (pace.isDue()) yield undefined;
      }
    },
  };
};

const compilers: Record<string, Compile> = {
  $addFields,
  $count,
  $documents,
  $group: compileGroup,
  $limit,
  $match,
  $project,
  $replaceRoot,
  $replaceWith,
  $set: $addFields,
  $skip,
  $sort,
  $unset,
  $unwind,
};

/** Stages that only the command itself knows how to run. */
const ofCommand = new Set(['$out', '$merge', '$listLocalSessions']);

/** Compiles a stage. @throws CommandError 238 for all that this engine has not */
export function compileStage(name: string, spec: unknown, place: StagePlace): Stage {
  const compile = Object.hasOwn(compilers, name) ? compilers[name] : undefined;
  if (name === '$documents' && place.at > 0) throw notFirst(name);
  if (compile !== undefined) return compile(spec, place);
  if (ofCommand.has(name)) throw notFirst(name);
  if (name === '$listSearchIndexes') throw failure(31082, 'Search indexes are only available on MongoDB Atlas');
  throw notImplemented(`the stage ${name} is not supported`);
}

const notFirst = (name: string) => failure(40602, `${name} is only valid as the first stage in a pipeline`);
