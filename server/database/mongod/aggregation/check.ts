import * as projection from 'mingo/operators/projection';
import * as windowOperators from 'mingo/operators/window';
import { CommandError, notImplemented } from '../errors.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { expressionOperators, groupAccumulators } from './operators.ts';

const operators = [groupAccumulators, expressionOperators, projection, windowOperators];
const known = new Set(['$meta', ...operators.flatMap(Object.keys)]);
const scripts = new Set(['$function', '$accumulator', '$where']);
/** Stages whose operands are fields with expressions. */
const withExpressions = new Set([
  '$project',
  '$addFields',
  '$set',
  '$group',
  '$bucket',
  '$bucketAuto',
  '$sortByCount',
  '$setWindowFields',
  '$replaceRoot',
  '$replaceWith',
  '$redact',
]);

/** Refuses an operator that would only be found out when the first document arrives. */
export function checkExpressions(stages: readonly Doc[]): void {
  for (const stage of stages) {
    const [name = '', operand] = Object.entries(stage)[0] ?? [];
    if (withExpressions.has(name)) checkExpression(operand);
  }
}

function checkExpression(value: unknown): void {
  if (Array.isArray(value)) for (const each of value) checkExpression(each);
  if (!isDocument(value)) return;
  for (const [name, operand] of Object.entries(value)) {
    if (name === '$literal') continue;
    if (scripts.has(name)) throw notImplemented(`${name} needs server-side JavaScript, which this engine does not run`);
    if (name.startsWith('$') && !known.has(name)) {
      throw new CommandError(168, 'InvalidPipelineOperator', `Unrecognized expression '${name}'`);
    }
    checkExpression(operand);
  }
}
