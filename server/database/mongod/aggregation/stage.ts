import type { Memory } from '../memory.ts';
import type { Step } from '../pauses.ts';
import type { MatchContext } from '../query/matcher.ts';
import type { Doc } from '../values/codec.ts';
import type { Reads } from './reads.ts';
import type { Scope, ScopeSettings, Variable } from './scope.ts';

/** The documents between two stages, with pauses. */
export type Rows = Iterable<Step<Doc>>;

/** A compiled stage: what it makes of the documents before it. */
export interface Stage {
  run(input: Rows, memory: Memory): Rows;
  /** It passes nothing on that it does not read: fields that it does not name need not be there. */
  forgets?: boolean;
}

/** What a pipeline is compiled with. */
export interface PipelineContext {
  settings: ScopeSettings;
  variables: ReadonlyMap<string, Variable>;
}

/** Where a stage stands. */
export interface StagePlace extends PipelineContext {
  scope: Scope;
  reads: Reads;
  /** The place in its pipeline. */
  at: number;
}

/** Compiles a stage with its operand. */
export type Compile = (spec: unknown, place: StagePlace) => Stage;

/** A compiled pipeline. */
export interface Pipeline {
  run(input: Rows, memory: Memory): Rows;
  /** The top-level fields of its input that it reads; undefined where it may read any. */
  fields: ReadonlySet<string> | undefined;
}

/** Filters and projections within a pipeline. */
export const matchContextOf = (scope: Scope): MatchContext => ({
  collator: scope.collator,
  expression: (value) => scope.compileField(value),
});
