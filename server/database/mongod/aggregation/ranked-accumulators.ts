import { compileSort } from '../query/sort.ts';
import { Best } from '../query/sorted.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { typeName } from '../values/compare.ts';
import { numberKind, toDouble } from '../values/numeric.ts';
import { sizeOf } from '../values/size.ts';
import type { CompileAccumulator } from './accumulation.ts';
import { located, namedOperands } from './operands.ts';
import { Reads } from './reads.ts';
import type { Scope } from './scope.ts';

/** How many values an accumulator keeps; the expression may refer to the fields of the group's key. */
function countFrom(n: unknown, scope: Scope, name: string): (key: unknown) => number {
  const expression = scope.reading(new Reads()).compile(n);
  return (key) => {
    const value = expression(isDocument(key) ? key : {});
    const count = toDouble(value);
    if (numberKind(value) === undefined || !Number.isInteger(count))
      throw located(5787903, `Value for 'n' of ${name} must be of integral type, but found ${typeName(value)}`);
    if (count <= 0) throw located(5787908, `'n' must be greater than 0, found ${count}`);
    return count;
  };
}

interface Ranked {
  values: unknown[];
  output: unknown;
}

/** Outputs of the documents at the top of an order, or at its bottom. */
export const ranked =
  (sign: 1 | -1, isSingle: boolean): CompileAccumulator =>
  (operand, scope, name) => {
    const given = namedOperands(operand, name, ['sortBy', 'output', ...(isSingle ? [] : ['n'])]);
    const { fields, valuesOf, order } = compileSort(given.sortBy, scope.collator);
    scope.reads.addAll(fields);
    const output = scope.compile(given.output);
    const count = isSingle ? () => 1 : countFrom(given.n, scope, name);
    return (key, memory) => {
      const best = new Best<Ranked>(count(key), {
        order: (a, b) => order(a.values, b.values) * sign,
        hold: ({ values, output: value }, by) => memory.add(by * (sizeOf(values) + sizeOf(value)), name),
      });
      return {
        add: (document) => best.add({ values: valuesOf(document as Doc), output: output(document) ?? null }),
        get result() {
          const outputs = best.items().map((each) => each.output);
          if (isSingle) return outputs[0] ?? null;
          return sign === 1 ? outputs : outputs.reverse();
        },
      };
    };
  };

/** The first, last, smallest or largest values of a group. */
export const several =
  (
    isWanted: (value: unknown) => boolean,
    order: ((a: unknown, b: unknown, scope: Scope) => number) | 'first' | 'last',
  ): CompileAccumulator =>
  (operand, scope, name) => {
    const given = namedOperands(operand, name, ['input', 'n']);
    const input = scope.compile(given.input);
    const count = countFrom(given.n, scope, name);
    return (key, memory) => {
      const most = count(key);
      let position = 0;
      const best = new Best<{ value: unknown; position: number }>(most, {
        order: (a, b) => {
          if (typeof order === 'function') return order(a.value, b.value, scope);
          return order === 'first' ? a.position - b.position : b.position - a.position;
        },
        hold: ({ value }, by) => memory.add(by * sizeOf(value), name),
      });
      return {
        add: (document) => {
          const value = input(document);
          if (isWanted(value)) best.add({ value: value ?? null, position: position++ });
        },
        get result() {
          const values = best.items().map(({ value }) => value);
          return order === 'last' ? values.reverse() : values;
        },
      };
    };
  };
