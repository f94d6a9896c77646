import type { Memory } from '../memory.ts';
import type { Scope } from './scope.ts';

/** What an accumulator has gathered of one group so far. */
export interface Accumulation {
  add(document: unknown): void;
  readonly result: unknown;
}

/** Begins the accumulation of a group with this key. */
export type Accumulator = (key: unknown, memory: Memory) => Accumulation;

/** Compiles an accumulator with its operand. */
export type CompileAccumulator = (operand: unknown, scope: Scope, name: string) => Accumulator;
