import { Aggregator } from 'mingo/aggregator';
import { Context, evalExpr } from 'mingo/core';
import * as projection from 'mingo/operators/projection';
import * as query from 'mingo/operators/query';
import * as windowOperators from 'mingo/operators/window';
import type { AnyObject, CollationSpec, Options } from 'mingo/types';
import { badValue, CommandError } from '../errors.ts';
import type { Doc } from '../values/codec.ts';
import { expressionOperators, groupAccumulators } from './operators.ts';
import { stages } from './stages.ts';

/** How a pipeline reaches other collections. */
export interface PipelineContext {
  collation?: Doc | undefined;
  /** Variables of `let`. */
  variables?: Doc | undefined;
  /** All documents of a collection of the same database. */
  documentsOf(collection: string): Doc[];
}

/** The name of an operator that yields the options it is called with. */
const OPTIONS = '$_options';

const context = Context.init({
  accumulator: groupAccumulators,
  expression: { ...expressionOperators, [OPTIONS]: (_obj: unknown, _expr: unknown, options: Options) => options },
  pipeline: stages,
  projection,
  query,
  window: windowOperators,
} as never);

/** The stages that can stand in a pipeline here. */
export const isKnownStage = (name: string): boolean => Object.hasOwn(stages, name);

/** mingo's options, complete: incomplete ones it completes anew for every expression, which costs more than that. */
function optionsFor({ collation, variables, documentsOf }: PipelineContext): Options {
  const options = {
    context,
    // Only functions of mingo's own are run: the engine's $function refuses all others.
    scriptEnabled: true,
    ...(collation === undefined ? {} : { collation: collation as unknown as CollationSpec }),
    ...(variables === undefined ? {} : { variables }),
    collectionResolver: (name: string) => documentsOf(name) as AnyObject[],
  };
  return evalExpr(null, { [OPTIONS]: 1 }, options as unknown as Options) as unknown as Options;
}

/** Runs stages over documents, lazily where the stages allow it. */
export function* runPipeline(pipeline: readonly Doc[], input: Iterable<Doc>, given: PipelineContext): Generator<Doc> {
  try {
    const options = optionsFor(given);
    const results = new Aggregator([...pipeline], options).stream(input as Iterable<AnyObject>, options);
    for (let next = results.next(); !next.done; next = results.next()) yield next.value as Doc;
  } catch (error) {
    throw translated(error);
  }
}

/** Evaluates one expression on one document, for $expr and computed projections. */
export function evaluator(given: PipelineContext): (value: unknown, document: Doc) => unknown {
  let options: Options | undefined;
  return (value, document) => {
    try {
      options ??= optionsFor(given);
      return evalExpr(document, value, options);
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
