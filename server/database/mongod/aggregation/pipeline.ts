import { failedToParse, failure, typeMismatch } from '../errors.ts';
import { Memory } from '../memory.ts';
import { withoutPauses } from '../pauses.ts';
import { Effort } from '../query/effort.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import type { Collator } from '../values/compare.ts';
import { operatorNamed } from './operators.ts';
import { Reads } from './reads.ts';
import { Scope, type ScopeSettings, type Variable } from './scope.ts';
import type { Pipeline, PipelineContext, Rows, Stage } from './stage.ts';
import { compileStage } from './stages.ts';

/** What the expressions of a command have in common. `deadline` is on the clock of `performance`. */
export const settingsFor = (collator: Collator, now = new Date(), deadline?: number): ScopeSettings => ({
  collator,
  now,
  effort: new Effort(deadline),
  operatorNamed,
});

/** A place for expressions outside of a pipeline, where nobody asks which fields they read. */
export const scopeFor = (settings: ScopeSettings, variables: ReadonlyMap<string, Variable> = new Map()): Scope =>
  new Scope(settings, variables, new Reads());

/**
 * Compiles a pipeline. `first` is the place of its first stage in the whole that the client has sent.
 * @throws CommandError for whatever in it is malformed or not supported, whatever documents there are
 */
export function compilePipeline(
  stages: unknown,
  context: PipelineContext,
  { first = 0 }: { first?: number } = {},
): Pipeline {
  const list = stagesOf(stages);
  const reads = new Reads();
  const compiled: Stage[] = [];
  let needed: Reads | undefined = reads;
  for (const [at, stage] of list.entries()) {
    const [[name, spec] = ['', undefined]] = Object.entries(stage);
    const own: Reads = needed ?? new Reads();
    const result = compileStage(name, spec, {
      ...context,
      scope: new Scope(context.settings, context.variables, own),
      reads: own,
      at: at + first,
    });
    compiled.push(result);
    if (result.forgets) needed = undefined;
  }
  if (needed !== undefined) reads.add(undefined);
  return {
    fields: reads.names,
    run: (input, memory) => compiled.reduce((rows: Rows, stage) => stage.run(rows, memory), input),
  };
}

/** The stages of a pipeline, each a document with one field. */
export function stagesOf(pipeline: unknown): Doc[] {
  if (!Array.isArray(pipeline)) throw typeMismatch("'pipeline' option must be specified as an array");
  for (const stage of pipeline) {
    if (!isDocument(stage)) throw typeMismatch("Each element of the 'pipeline' array must be an object");
    const names = Object.keys(stage);
    if (names.length !== 1)
      throw failure(40323, 'A pipeline stage specification object must contain exactly one field.');
    if (!names[0]?.startsWith('$')) throw failedToParse(`Unrecognized pipeline stage name: '${names[0]}'`);
  }
  return pipeline as Doc[];
}

/** Compiles a pipeline for single documents, which it changes each into another. */
export function compileChange(stages: unknown, context: PipelineContext): (document: Doc) => Doc {
  const pipeline = compilePipeline(stages, context);
  return (document) => {
    context.settings.effort.restart();
    const [result = {}] = withoutPauses(pipeline.run([document], new Memory()));
    return result;
  };
}
