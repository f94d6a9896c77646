import { CommandError } from '../errors.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { typeName } from '../values/compare.ts';
import { toDouble } from '../values/numeric.ts';
import type { Expression, Operator, Scope } from './scope.ts';

export const isNil = (value: unknown): value is null | undefined => value === null || value === undefined;

/** An error with a code that has no name in MongoDB. */
export const located = (code: number, message: string) => new CommandError(code, `Location${code}`, message);

/** The compiled arguments of an operator; a single one may stand without an array. */
export function argumentsOf(operand: unknown, scope: Scope, name: string, least: number, most = least): Expression[] {
  const list = Array.isArray(operand) ? operand : [operand];
  if (list.length >= least && list.length <= most) return list.map((each) => scope.compile(each));
  if (least === most)
    throw located(16020, `Expression ${name} takes exactly ${least} arguments. ${list.length} were passed in.`);
  throw located(
    28667,
    `Expression ${name} takes at least ${least} arguments, and at most ${most}, but ${list.length} were passed in.`,
  );
}

/** An operator of one argument. */
export const unary =
  (compute: (value: unknown, name: string, scope: Scope) => unknown): Operator =>
  (operand, scope, name) => {
    const [argument] = argumentsOf(operand, scope, name, 1) as [Expression];
    return (root) => compute(argument(root), name, scope);
  };

/** An operator of as many arguments as are allowed, all of which are evaluated. */
export const nary =
  (least: number, most: number, compute: (values: unknown[], name: string, scope: Scope) => unknown): Operator =>
  (operand, scope, name) => {
    const list = argumentsOf(operand, scope, name, least, most);
    return (root) =>
      compute(
        list.map((each) => each(root)),
        name,
        scope,
      );
  };

/** The same, but null where one of the arguments is null or missing. */
export const nullable = (
  least: number,
  most: number,
  compute: (values: unknown[], name: string, scope: Scope) => unknown,
): Operator => nary(least, most, (values, name, scope) => (values.some(isNil) ? null : compute(values, name, scope)));

/**
 * The parts of an operand that is a document of named arguments.
 * @throws CommandError 9 for an operand of another kind, an unknown name, or a required one that is missing
 */
export function namedOperands(
  operand: unknown,
  name: string,
  required: readonly string[],
  optional: readonly string[] = [],
): Doc {
  if (!isDocument(operand)) throw parseError(`${name} needs an object, found ${typeName(operand)}`);
  const unknown = Object.keys(operand).find((each) => !required.includes(each) && !optional.includes(each));
  if (unknown !== undefined) throw parseError(`${name} found an unknown argument: ${unknown}`);
  const missing = required.find((each) => !Object.hasOwn(operand, each));
  if (missing !== undefined) throw parseError(`Missing '${missing}' parameter to ${name}`);
  return operand;
}

const parseError = (message: string) => new CommandError(9, 'FailedToParse', message);

/** An array. @throws CommandError with this code for anything else */
export function arrayOf(value: unknown, name: string, code: number): unknown[] {
  if (Array.isArray(value)) return value;
  throw located(code, `${name} needs an array, found ${typeName(value)}`);
}

/** A string. @throws CommandError with this code for anything else */
export function stringOf(value: unknown, name: string, code: number): string {
  if (typeof value === 'string') return value;
  throw located(code, `${name} needs a string, found ${typeName(value)}`);
}

/** An integer in the range of int32, of any type of numbers. @throws CommandError with this code for anything else */
export function integerOf(value: unknown, name: string, code: number): number {
  const number = toDouble(value);
  if (Number.isInteger(number) && (number | 0) === number) return number;
  throw located(code, `${name} needs a 32-bit integer, found ${typeName(value)} ${String(value)}`);
}
