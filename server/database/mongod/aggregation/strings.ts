import { argumentsOf, isNil, stringOf } from './operands.ts';
import type { Operator } from './scope.ts';

const $concat: Operator = (operand, scope, name) => {
  const list = argumentsOf(operand, scope, name, 0, Number.POSITIVE_INFINITY);
  return (root) => {
    const texts: string[] = [];
    for (const each of list) {
      const value = each(root);
      if (isNil(value)) return null;
      const text = stringOf(value, name, 16702);
      scope.settings.work.make(2 * text.length);
      texts.push(text);
    }
    return texts.join('');
  };
};

/** Strings. */
export const stringOperators: Record<string, Operator> = { $concat };
