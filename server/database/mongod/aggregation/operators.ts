import { Long } from 'bson';
import * as accumulator from 'mingo/operators/accumulator';
import * as expression from 'mingo/operators/expression';
import { notImplemented } from '../errors.ts';
import { accumulatorOperators, accumulators } from './accumulators.ts';
import { arithmeticOperators } from './arithmetic.ts';
import { arrayOperators } from './arrays.ts';
import { conversionOperators } from './conversions.ts';
import { GROUP_KEY, groupKey } from './group.ts';
import { logicOperators } from './logic.ts';
import { type Operator, operand, plainOperands } from './options.ts';

/** mingo's operators that look at no numbers, or bind variables. */
const untouched = new Set(
  `$map $reduce $let $ifNull $literal $objectToArray $getField $setField $unsetField $concatArrays $reverseArray $isArray
$mergeObjects`.split(/\s+/),
);

const longResults = new Set(['$dateDiff', '$isoWeekYear']);

/** mingo's operator for numbers as JavaScript has them: it gets its arguments evaluated, int64 and doubles made plain. */
const onPlainNumbers =
  (name: string, original: Operator): Operator =>
  (obj, expr, options) => {
    const result = original(obj, plainOperands(obj, expr, options) as never, options);
    return longResults.has(name) && typeof result === 'number' ? Long.fromNumber(result) : result;
  };

/** mingo calls $function with functions of its own; clients send code, which is not run. */
const $function: Operator = (obj, expr, options) => {
  if (typeof (expr as { body?: unknown }).body === 'function')
    return (expression.$function as unknown as Operator)(obj, expr, options);
  throw notImplemented('$function needs server-side JavaScript, which this engine does not run');
};

function refuseScript(): never {
  throw notImplemented('$accumulator needs server-side JavaScript, which this engine does not run');
}

const $toHashedIndexKey: Operator = () => {
  throw notImplemented('$toHashedIndexKey is not supported');
};

const $size: Operator = (obj, expr, options) =>
  (expression.$size as unknown as Operator)(obj, { $literal: operand(obj, expr, options) }, options);

/** All operators of expressions: mingo's, with this engine's in their place where types of numbers matter. */
export const expressionOperators: Record<string, Operator> = {
  ...Object.fromEntries(
    Object.entries(expression as unknown as Record<string, Operator>).map(([name, original]) => [
      name,
      untouched.has(name) ? original : onPlainNumbers(name, original),
    ]),
  ),
  ...arithmeticOperators,
  ...arrayOperators,
  ...conversionOperators,
  ...logicOperators,
  ...accumulatorOperators,
  $function,
  $size,
  $toHashedIndexKey,
  $toUpper: (obj, expr, options) => String(operand(obj, expr, options) ?? '').toUpperCase(),
  $toLower: (obj, expr, options) => String(operand(obj, expr, options) ?? '').toLowerCase(),
  [GROUP_KEY]: groupKey as unknown as Operator,
};

export const groupAccumulators = { ...accumulator, ...accumulators, $accumulator: refuseScript };
