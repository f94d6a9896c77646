import { evalExpr } from 'mingo/core';
import type { Any, Options } from 'mingo/types';
import { isDocument } from '../values/codec.ts';
import { numberKind, toDouble } from '../values/numeric.ts';

/** An operator in an expression: of the document (or what stands for it), the operator's argument and mingo's options. */
export type Operator = (obj: Any, expr: Any, options: Options) => unknown;

/** An accumulator of a group; `expr` is null where the values stand in an expression instead of documents. */
export type Accumulator = (collection: Any[], expr: Any, options: Options) => unknown;

/** What mingo's types leave out of its options: they know their class, which it does not export. */
interface Computing extends Options {
  readonly local: { root?: unknown; groupId?: unknown };
  update(locals: object): Computing;
  constructor: { init(options: Options): Computing };
}

export const evaluate = (obj: unknown, expr: unknown, options: Options): unknown => evalExpr(obj as Any, expr, options);

/** The value of an operator's one argument, which may stand in an array. */
export const operand = (obj: unknown, expr: unknown, options: Options): unknown =>
  evaluate(obj, Array.isArray(expr) && expr.length === 1 ? expr[0] : expr, options);

/** Options of their own for a computation within another, with these variables beside those around it. */
export const within = (options: Options, locals: { root?: unknown; variables?: object }): Options =>
  (options as Computing).constructor.init(options).update(locals);

/** Whether an operator stands for an accumulator: its document is the list of a group's. */
export const isGroup = (obj: unknown, options: Options): obj is Any[] =>
  Array.isArray(obj) && (options as Computing).local.root === obj;

/** What `n` of an accumulator may refer to. */
export const groupKeyOf = (options: Options): unknown => (options as Computing).local.groupId ?? {};

/** The values of an expression for the documents of a group, undefined for missing ones; or an array's own values. */
export function valuesOf(collection: readonly Any[], expr: Any, options: Options): unknown[] {
  if (expr === null || expr === undefined) return collection as unknown[];
  const field = typeof expr === 'string' ? /^\$([^$.]+)$/.exec(expr)?.[1] : undefined;
  if (field !== undefined && field !== '__proto__')
    return collection.map((each) => (isDocument(each) && Object.hasOwn(each, field) ? each[field] : undefined));
  const own = within(options, {}) as Computing;
  return collection.map((root) => evalExpr(root, expr, own.update({ root })));
}

/** A number as mingo knows it; anything else as it is. */
export const plainNumber = (value: unknown): unknown => {
  const kind = typeof value === 'object' ? numberKind(value) : undefined;
  if (kind === undefined || kind === 'decimal') return value;
  const number = toDouble(value);
  return kind === 'long' && !Number.isSafeInteger(number) ? value : number;
};

const isConstant = (expr: unknown): boolean =>
  typeof expr === 'string' ? !expr.startsWith('$') : typeof expr !== 'object' || expr === null;

/** An operator's argument with its parts evaluated, and their numbers as mingo knows them. */
export function plainOperands(obj: unknown, expr: unknown, options: Options): unknown {
  const part = (each: unknown) => (isConstant(each) ? each : { $literal: plainNumber(evaluate(obj, each, options)) });
  if (Array.isArray(expr)) return expr.map(part);
  if (!isDocument(expr) || Object.keys(expr)[0]?.startsWith('$')) return part(expr);
  return Object.fromEntries(Object.entries(expr).map(([name, each]) => [name, part(each)]));
}
