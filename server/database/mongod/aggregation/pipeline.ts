import { Aggregator } from 'mingo/aggregator';
import { Context, evalExpr } from 'mingo/core';
import type { Iterator as LazyIterator } from 'mingo/lazy';
import { Lazy } from 'mingo/lazy';
import * as accumulator from 'mingo/operators/accumulator';
import * as expression from 'mingo/operators/expression';
import * as pipelineOperators from 'mingo/operators/pipeline';
import * as projection from 'mingo/operators/projection';
import * as query from 'mingo/operators/query';
import * as windowOperators from 'mingo/operators/window';
import type { AnyObject, CollationSpec, Options } from 'mingo/types';
import { badValue, CommandError, notImplemented } from '../errors.ts';
import { compileFilter } from '../query/matcher.ts';
import { sortBy } from '../query/sort.ts';
import type { Doc } from '../values/codec.ts';
import { collatorFor } from '../values/collation.ts';
import { GROUP_KEY, groupedByValue, groupKey } from './group.ts';
import { numberAccumulators, numberOperators } from './numbers.ts';

type Stage = (input: LazyIterator, argument: unknown, options: Options) => LazyIterator;

/** How a pipeline reaches other collections. */
export interface PipelineContext {
  collation?: Doc | undefined;
  /** Variables of `let`. */
  variables?: Doc | undefined;
  /** All documents of a collection of the same database. */
  documentsOf(collection: string): Doc[];
}

const $match: Stage = (input, filter, options) => {
  const matches = compileFilter(filter as Doc, {
    collator: collatorFor(options.collation as Doc | undefined),
    evaluate: (value, document) => evalExpr(document, value, options),
  });
  return input.filter((document) => matches(document as Doc));
};

const $sort: Stage = (input, spec, options) => {
  if (typeof spec !== 'object' || spec === null || Object.keys(spec).length === 0) {
    throw new CommandError(15976, 'Location15976', '$sort stage must have at least one sort key');
  }
  const collator = collatorFor(options.collation as Doc | undefined);
  return input.transform((documents) => Lazy(sortBy(documents as Doc[], (each) => each, spec as Doc, { collator })));
};

const $group: Stage = (input, spec, options) =>
  (pipelineOperators.$group as unknown as Stage)(input, groupedByValue(spec, options), options);

const $sortByCount: Stage = (input, expression, options) =>
  $sort($group(input, { _id: expression, count: { $sum: 1 } }, options), { count: -1 }, options);

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

function refuseScript(): never {
  throw notImplemented('$accumulator needs server-side JavaScript, which this engine does not run');
}

const pipeline = { ...pipelineOperators, $group, $match, $sample, $sort, $sortByCount } as Record<string, unknown>;

const context = Context.init({
  accumulator: { ...accumulator, ...numberAccumulators, $accumulator: refuseScript },
  expression: { ...expression, ...numberOperators, [GROUP_KEY]: groupKey },
  pipeline,
  projection,
  query,
  window: windowOperators,
} as never);

/** The stages that can stand in a pipeline here. */
export const isKnownStage = (name: string): boolean => Object.hasOwn(pipeline, name);

function optionsFor({ collation, variables, documentsOf }: PipelineContext): Partial<Options> {
  return {
    context,
    // Only functions of mingo's own are run: `numberOperators` refuses all others.
    scriptEnabled: true,
    ...(collation === undefined ? {} : { collation: collation as unknown as CollationSpec }),
    ...(variables === undefined ? {} : { variables }),
    collectionResolver: (name) => documentsOf(name) as AnyObject[],
  };
}

/** Runs stages over documents, lazily where the stages allow it. The documents must be decoded as plain numbers. */
export function* runPipeline(stages: readonly Doc[], input: Iterable<Doc>, given: PipelineContext): Generator<Doc> {
  try {
    const results = new Aggregator([...stages], optionsFor(given)).stream(input as Iterable<AnyObject>);
    for (let next = results.next(); !next.done; next = results.next()) yield next.value as Doc;
  } catch (error) {
    throw translated(error);
  }
}

/** Evaluates one expression on one document, for $expr and computed projections. */
export function evaluator(given: PipelineContext): (value: unknown, document: Doc) => unknown {
  const options = optionsFor(given);
  return (value, document) => {
    try {
      return evalExpr(document, value, options as Options);
    } catch (error) {
      throw translated(error);
    }
  };
}

function translated(error: unknown): unknown {
  if (error instanceof CommandError) return error;
  if (error instanceof Error && error.message.startsWith('Use of undefined variable')) {
    return new CommandError(17276, 'Location17276', error.message);
  }
  return error instanceof Error
    ? badValue(`PlanExecutor error during aggregation :: caused by :: ${error.message}`)
    : error;
}
