import { notImplemented } from '../errors.ts';
import type { Memory } from '../memory.ts';
import { compileSort } from '../query/sort.ts';
import { Best } from '../query/sorted.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { compare, typeName } from '../values/compare.ts';
import { asDouble, numberKind, toDouble } from '../values/numeric.ts';
import { sizeOf } from '../values/size.ts';
import { kindBy } from './equality.ts';
import { isSummand, NumberSum } from './number-sum.ts';
import { mergeInto } from './objects.ts';
import { isNil, located, namedOperands } from './operands.ts';
import { Reads } from './reads.ts';
import type { Expression, Scope } from './scope.ts';

/** What an accumulator has gathered of one group so far. */
export interface Accumulation {
  add(document: unknown): void;
  readonly result: unknown;
}

/** Begins the accumulation of a group with this key. */
export type Accumulator = (key: unknown, memory: Memory) => Accumulation;

type Compile = (operand: unknown, scope: Scope, name: string) => Accumulator;

/** The one argument of an accumulator. */
function argumentOf(operand: unknown, scope: Scope, name: string): Expression {
  if (!Array.isArray(operand)) return scope.compile(operand);
  if (operand.length !== 1) throw located(40237, `The ${name} accumulator is a unary operator`);
  return scope.compile(operand[0]);
}

/** Notes the memory of a value that is kept, and that another one is no longer. */
type Hold = (value: unknown, instead?: unknown) => void;

/** An accumulator that looks at the value of its argument for each document, undefined where that is missing. */
const ofValues =
  (begin: (scope: Scope, hold: Hold) => { add(value: unknown): void; result: unknown }): Compile =>
  (operand, scope, name) => {
    const value = argumentOf(operand, scope, name);
    return (_key, memory) => {
      const state = begin(scope, (value, instead) =>
        memory.add(sizeOf(value) + 8 - (instead === undefined ? 0 : sizeOf(instead) + 8), name),
      );
      return {
        add: (document) => state.add(value(document)),
        get result() {
          return state.result;
        },
      };
    };
  };

const $sum = ofValues(() => {
  const sum = new NumberSum();
  return {
    add: (value) => {
      if (isSummand(value)) sum.add(value);
    },
    get result() {
      return sum.result;
    },
  };
});

const $avg = ofValues(() => {
  const sum = new NumberSum();
  let count = 0;
  return {
    add: (value) => {
      if (!isSummand(value)) return;
      sum.add(value);
      count++;
    },
    get result() {
      return count === 0 ? null : asDouble(sum.double / count);
    },
  };
});

/** The standard deviation of all numbers, or of a sample: Welford's method, which needs no list of them. */
const deviation = (least: 1 | 2): Compile =>
  ofValues(() => {
    let count = 0;
    let mean = 0;
    let squares = 0;
    return {
      add: (value) => {
        if (!isSummand(value)) return;
        const number = toDouble(value);
        const before = number - mean;
        mean += before / ++count;
        squares += before * (number - mean);
      },
      get result() {
        return count < least ? null : asDouble(Math.sqrt(squares / (count - least + 1)));
      },
    };
  });

/** An accumulator that keeps one of the values. */
const keeping = (isBetter: (value: unknown, best: unknown, isFirst: boolean, scope: Scope) => boolean): Compile =>
  ofValues((scope, hold) => {
    let best: unknown;
    let isFirst = true;
    return {
      add: (value) => {
        if (!isBetter(value, best, isFirst, scope)) return;
        hold(value, best);
        best = value;
        isFirst = false;
      },
      get result() {
        return best ?? null;
      },
    };
  });

const extreme = (sign: 1 | -1): Compile =>
  keeping((value, best, isFirst, { collator }) => {
    if (isNil(value)) return false;
    return isFirst || compare(value, best, collator) * sign > 0;
  });

const $push = ofValues((_scope, hold) => {
  const result: unknown[] = [];
  return {
    add: (value) => {
      if (value === undefined) return;
      hold(value);
      result.push(value);
    },
    result,
  };
});

const $addToSet = ofValues((scope, hold) => {
  const kindOf = kindBy(scope.collator);
  const values = new Map<unknown, unknown>();
  return {
    add: (value) => {
      if (value === undefined) return;
      const kind = kindOf(value);
      if (values.has(kind)) return;
      hold(value);
      values.set(kind, value);
    },
    get result() {
      return [...values.values()];
    },
  };
});

const $mergeObjects = ofValues((_scope, hold) => {
  const result: Doc = {};
  return {
    add: (value) => {
      if (isNil(value)) return;
      if (!isDocument(value)) throw located(40400, `$mergeObjects requires object inputs, found ${typeName(value)}`);
      for (const field of Object.keys(value)) hold(value[field], result[field]);
      mergeInto(result, value);
    },
    result,
  };
});

const $count: Compile = (operand, _scope, name) => {
  if (!isDocument(operand) || Object.keys(operand).length > 0) throw located(40238, `${name} takes no arguments`);
  return () => {
    const sum = new NumberSum();
    return {
      add: () => sum.add(1),
      get result() {
        return sum.result;
      },
    };
  };
};

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
const ranked =
  (sign: 1 | -1, isSingle: boolean): Compile =>
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
const several =
  (
    isWanted: (value: unknown) => boolean,
    order: ((a: unknown, b: unknown, scope: Scope) => number) | 'first' | 'last',
  ): Compile =>
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

const isPresent = (value: unknown): boolean => !isNil(value);

const accumulators: Record<string, Compile> = {
  $addToSet,
  $avg,
  $bottom: ranked(-1, true),
  $bottomN: ranked(-1, false),
  $count,
  $first: keeping((_value, _best, isFirst) => isFirst),
  $firstN: several(() => true, 'first'),
  $last: keeping(() => true),
  $lastN: several(() => true, 'last'),
  $max: extreme(1),
  $maxN: several(isPresent, (a, b, { collator }) => compare(b, a, collator)),
  $mergeObjects,
  $min: extreme(-1),
  $minN: several(isPresent, (a, b, { collator }) => compare(a, b, collator)),
  $push,
  $stdDevPop: deviation(1),
  $stdDevSamp: deviation(2),
  $sum,
  $top: ranked(1, true),
  $topN: ranked(1, false),
};

/** Accumulators that MongoDB 8.0 has and this engine has not. */
const missing = new Set(['$accumulator', '$median', '$percentile']);

/**
 * Compiles an accumulator.
 * @throws CommandError 238 for one that MongoDB has and this engine has not, 15952 for one that nobody has
 */
export function compileAccumulator(name: string, operand: unknown, scope: Scope): Accumulator {
  const compile = Object.hasOwn(accumulators, name) ? accumulators[name] : undefined;
  if (compile !== undefined) return compile(operand, scope, name);
  if (missing.has(name)) throw notImplemented(`the accumulator ${name} is not supported`);
  throw located(15952, `unknown group operator '${name}'`);
}
