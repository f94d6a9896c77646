import { compare } from '../values/compare.ts';
import { asDouble } from '../values/numeric.ts';
import { isSummand, NumberSum } from './number-sum.ts';
import { argumentsOf, isNil } from './operands.ts';
import type { Operator, Scope } from './scope.ts';

/** An operator on the elements of one array, or on several values, with the name of an accumulator. */
const onValues =
  (compute: (values: unknown[], scope: Scope) => unknown): Operator =>
  (operand, scope, name) => {
    const list = argumentsOf(operand, scope, name, 0, Number.POSITIVE_INFINITY);
    return (root) => {
      const values = list.map((each) => each(root));
      const all: unknown[] = list.length === 1 && Array.isArray(values[0]) ? values[0] : values;
      scope.settings.work.step(all.length);
      return compute(all, scope);
    };
  };

function sumOf(values: readonly unknown[]): { sum: NumberSum; count: number } {
  const sum = new NumberSum();
  let count = 0;
  for (const value of values) {
    if (!isSummand(value)) continue;
    sum.add(value);
    count++;
  }
  return { sum, count };
}

const extreme = (sign: 1 | -1): Operator =>
  onValues((values, { collator }) => {
    let best: unknown = null;
    for (const value of values) {
      if (!isNil(value) && (best === null || compare(value, best, collator) * sign > 0)) best = value;
    }
    return best;
  });

/** Accumulators that are expressions as well: of all values that are not null or missing, or of all numbers. */
export const accumulatorOperators: Record<string, Operator> = {
  $avg: onValues((values) => {
    const { sum, count } = sumOf(values);
    return count === 0 ? null : asDouble(sum.double / count);
  }),
  $max: extreme(1),
  $min: extreme(-1),
  $sum: onValues((values) => sumOf(values).sum.result),
};
