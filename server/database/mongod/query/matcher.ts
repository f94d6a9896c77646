import { badValue, notImplemented } from '../errors.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import type { Collator } from '../values/compare.ts';
import { toDouble } from '../values/numeric.ts';
import { type Effort, someOf } from './effort.ts';
import { equality, isRegex, likeness, type Test, type ValueOperator, valueOperator } from './operators.ts';
import { visitPath } from './paths.ts';

/** Whether a document fits a filter. */
export type Matcher = (document: Doc) => boolean;

/** What a filter needs beside itself. */
export interface MatchContext {
  collator?: Collator | undefined;
  /** Compiles an aggregation expression, for $expr and computed projections. */
  expression?: ((expression: unknown) => (document: unknown) => unknown) | undefined;
  /** What is tested is an element of an array: its own elements, if it has any, do not count. */
  isElement?: boolean;
  /** The time that is left, in milliseconds, for what takes long within one document. */
  remaining?: (() => number) | undefined;
  /** Ends what takes too long for one document. */
  effort?: Effort | undefined;
}

/** Compiles a filter; an unknown operator or a malformed operand is a BadValue error. */
export function compileFilter(filter: Doc, context: MatchContext = {}): Matcher {
  const tests: Matcher[] = [];
  for (const name of Object.keys(filter)) {
    const operand = filter[name];
    tests.push(name.startsWith('$') ? logical(name, operand, context) : field(name, operand, context));
  }
  return allOf(tests);
}

function allOf(tests: readonly Matcher[]): Matcher {
  if (tests.length === 1) return tests[0] as Matcher;
  return (document) => {
    for (const test of tests) if (!test(document)) return false;
    return true;
  };
}

/** Operators of filters that MongoDB has and this engine has not. */
const missing =
  /^\$(all|always(True|False)|bits(All|Any)(Set|Clear)|jsonSchema|mod|near|nearSphere|geo.*|within|text|where)$/;

function logical(name: string, operand: unknown, context: MatchContext): Matcher {
  switch (name) {
    case '$and':
      return allOf(branches(name, operand, context));
    case '$or': {
      const any = branches(name, operand, context);
      return (document) => any.some((test) => test(document));
    }
    case '$nor': {
      const none = branches(name, operand, context);
      return (document) => !none.some((test) => test(document));
    }
    case '$expr': {
      if (context.expression === undefined) throw notImplemented('$expr is not allowed in this context');
      const evaluate = context.expression(operand);
      return (document) => isTruthy(evaluate(document));
    }
    case '$comment':
      return () => true;
    default:
      if (missing.test(name)) throw notImplemented(`the operator ${name} is not supported`);
      throw badValue(
        `unknown top level operator: ${name}. If you have a field name that starts with a '$' symbol, consider using $getField or $setField.`,
      );
  }
}

/** Whether an expression's value counts as true: all but false, null, what is missing, and zero of any type. */
const isTruthy = (value: unknown): boolean =>
  value !== null && value !== undefined && value !== false && toDouble(value) !== 0;

function branches(name: string, operand: unknown, context: MatchContext): Matcher[] {
  if (!Array.isArray(operand)) throw badValue(`${name} must be an array`);
  if (operand.length === 0) throw badValue(`${name} argument must be a non-empty array`);
  return operand.map((each) => {
    if (!isDocument(each)) throw badValue('$or/$and/$nor entries need to be full objects');
    return compileFilter(each, context);
  });
}

/** Whether a condition on a field is made of operators, rather than a document to be equal to. */
export function isOperatorDocument(value: unknown): value is Doc {
  if (!isDocument(value)) return false;
  const first = Object.keys(value)[0];
  return first?.startsWith('$') === true && first !== '$ref' && first !== '$id' && first !== '$db';
}

function field(path: string, condition: unknown, context: MatchContext): Matcher {
  const parts = path.split('.');
  if (!isOperatorDocument(condition)) return reach(parts, likeness(condition, context), context);
  const tests = Object.keys(condition).flatMap((name) => {
    if (name === '$options') {
      if (condition.$regex === undefined) throw badValue('$options needs a $regex');
      return [];
    }
    return [operator(parts, name, condition[name], condition, context)];
  });
  return allOf(tests);
}

function operator(parts: string[], name: string, operand: unknown, siblings: Doc, context: MatchContext): Matcher {
  const plain = valueOperator(name, operand, siblings, context);
  if (plain !== undefined) return reach(parts, plain, context);
  switch (name) {
    case '$ne': {
      if (isRegex(operand)) throw badValue("Can't have regex as arg to $ne.");
      const same = reach(parts, equality(operand, context), context);
      return (document) => !same(document);
    }
    case '$nin': {
      const member = reach(parts, valueOperator('$in', operand, siblings, context) as ValueOperator, context);
      return (document) => !member(document);
    }
    case '$not':
      return negation(parts, operand, context);
    case '$exists': {
      const wanted = operand === true || (operand !== false && operand !== null && toDouble(operand) !== 0);
      return (document) => visitPath(document, parts, (value) => value !== undefined) === wanted;
    }
    case '$elemMatch': {
      const test = elementTest(operand, context);
      return (document) =>
        visitPath(document, parts, (value) => Array.isArray(value) && someOf(value, test, context.effort));
    }
    default:
      if (missing.test(name)) throw notImplemented(`the operator ${name} is not supported`);
      throw badValue(`unknown operator: ${name}`);
  }
}

function negation(parts: string[], operand: unknown, context: MatchContext): Matcher {
  const path = parts.join('.');
  if (isRegex(operand)) {
    const same = field(path, operand, context);
    return (document) => !same(document);
  }
  if (!isDocument(operand)) throw badValue('$not needs a regex or a document');
  if (Object.keys(operand).length === 0) throw badValue('$not cannot be empty');
  if (!isOperatorDocument(operand)) throw badValue(`unknown operator: ${Object.keys(operand)[0]}`);
  const inner = field(path, operand, context);
  return (document) => !inner(document);
}

/** The test that $elemMatch applies to each element: operators on the element, or a filter on its fields. */
export function elementTest(operand: unknown, context: MatchContext): Test {
  if (!isDocument(operand)) throw badValue('$elemMatch needs an Object');
  const first = Object.keys(operand)[0];
  const isFilter = first === undefined || !first.startsWith('$') || ['$and', '$or', '$nor', '$expr'].includes(first);
  if (isFilter) {
    const matches = compileFilter(operand, { ...context, isElement: false });
    // An array within the array counts as a document whose fields are the positions.
    return (element) => (Array.isArray(element) ? matches({ ...element }) : isDocument(element) && matches(element));
  }
  const matches = field('element', operand, { ...context, isElement: true });
  return (element) => matches({ element });
}

function reach(parts: readonly string[], { test, reach }: ValueOperator, { effort, isElement }: MatchContext): Matcher {
  if (reach === 'whole' || isElement) return (document) => visitPath(document, parts, test);
  const visit = (value: unknown) => test(value) || (Array.isArray(value) && someOf(value, test, effort));
  if (parts.length === 1) {
    const name = parts[0] as string;
    return (document) =>
      Array.isArray(document)
        ? visitPath(document, parts, visit)
        : visit(Object.hasOwn(document, name) ? document[name] : undefined);
  }
  const visitOne = (value: unknown) => {
    effort?.step();
    return visit(value);
  };
  return (document) => visitPath(document, parts, visitOne);
}
