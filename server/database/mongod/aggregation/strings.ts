import { argumentsOf, isNil, stringOf } from './operands.ts';
import type { Operator } from './scope.ts';

const $concat: Operator = (operand, scope, name) => {
  const list = argumentsOf(operand, scope, name, 0, Number.POSITIVE_INFINITY);
  return (root) => {
    let result = '';
    for (const each of list) {
      const value = each(root);
      if (isNil(value)) return null;
      result += stringOf(value, name, 16702);
    }
    return result;
  };
};

/** Strings. */
export const stringOperators: Record<string, Operator> = { $concat };
