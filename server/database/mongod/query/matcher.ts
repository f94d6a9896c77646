import { badValue, notImplemented } from '../errors.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import type { Collator } from '../values/compare.ts';
import { toDouble } from '../values/numeric.ts';
import { type Effort, someOf } from './effort.ts';
import { equality, isRegex, likeness, type Test, valueOperator } from './operators.ts';
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
  /** The time that is left, in milliseconds. */
  remaining?: (() => number) | undefined;
  /** Ends what takes too long for one document. */
  effort?: Effort | undefined;
}

/** Compiles a filter. @throws CommandError 238 for an operator that this engine has not, 2 for a malformed operand */
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

function logical(name: string, operand: unknown, context: MatchContext): Matcher {
  switch (name) {
    case '$and':
      return allOf(branches(name, operand, context));
    case '$or': {
      const any = branches(name, operand, context);
      return (document) => any.some((test) => test(document));
    }
    case '$expr': {
      if (context.expression === undefined) throw notImplemented('$expr is not allowed in this context');
      const evaluate = context.expression(operand);
      return (document) => isTruthy(evaluate(document));
    }
    case '$comment':
      return () => true;
    default:
      throw notImplemented(`the operator ${name} is not supported`);
  }
}

/** Whether an expression's value counts as true: all but false, null, what is missing, and zero of any type. */
const isTruthy = (value: unknown): boolean =>
  value !== null && value !== undefined && value !== false && toDouble(value) !== 0;

function branches(name: string, operand: unknown, context: MatchContext): Matcher[] {
  if (!Array.isArray(operand)) throw badValue(`${name} must be an array`);
  if (operand.length === 0) throw badValue(`${name} argument must be a non-empty array`);
  return operand.map((each) => {
    if (!isDocument(each)) throw badValue('$or/$and entries need to be full objects');
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
  if (!isOperatorDocument(condition)) return reach(parts, likeness(condition, context.collator), context);
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
  const plain = valueOperator(name, operand, siblings, context.collator);
  if (plain !== undefined) return reach(parts, plain, context);
  switch (name) {
    case '$ne': {
      if (isRegex(operand)) throw badValue("Can't have regex as arg to $ne.");
      const same = reach(parts, equality(operand, context.collator), context);
      return (document) => !same(document);
    }
    case '$nin': {
      const member = reach(parts, valueOperator('$in', operand, siblings, context.collator) as Test, context);
      return (document) => !member(document);
    }
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
      if (!name.startsWith('$')) throw badValue(`unknown operator: ${name}`);
      throw notImplemented(`the operator ${name} is not supported`);
  }
}

/** The test that $elemMatch applies to each element: operators on the element, or a filter on its fields. */
export function elementTest(operand: unknown, context: MatchContext): Test {
  if (!isDocument(operand)) throw badValue('$elemMatch needs an Object');
  const first = Object.keys(operand)[0];
  const isFilter = first === undefined || !first.startsWith('$') || ['$and', '$or', '$expr'].includes(first);
  if (isFilter) {
    const matches = compileFilter(operand, { ...context, isElement: false });
    // An array within the array counts as a document whose fields are the positions.
    return (element) => (Array.isArray(element) ? matches({ ...element }) : isDocument(element) && matches(element));
  }
  const matches = field('element', operand, { ...context, isElement: true });
  return (element) => matches({ element });
}

function reach(parts: readonly string[], test: Test, { effort, isElement }: MatchContext): Matcher {
  if (isElement) return (document) => visitPath(document, parts, test);
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
