import { notImplemented } from '../errors.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { compare, typeName } from '../values/compare.ts';
import { asDouble } from '../values/numeric.ts';
import { sizeOf } from '../values/size.ts';
import type { Accumulator, CompileAccumulator } from './accumulation.ts';
import { kindBy } from './equality.ts';
import { isSummand, NumberSum } from './number-sum.ts';
import { mergeInto } from './objects.ts';
import { isNil, located } from './operands.ts';
import type { Expression, Scope } from './scope.ts';

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
  (begin: (scope: Scope, hold: Hold) => { add(value: unknown): void; result: unknown }): CompileAccumulator =>
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

/** An accumulator that keeps one of the values. */
const keeping = (
  isBetter: (value: unknown, best: unknown, isFirst: boolean, scope: Scope) => boolean,
): CompileAccumulator =>
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

const extreme = (sign: 1 | -1): CompileAccumulator =>
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

const $count: CompileAccumulator = (operand, _scope, name) => {
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

const accumulators: Record<string, CompileAccumulator> = {
  $addToSet,
  $avg,
  $count,
  $first: keeping((_value, _best, isFirst) => isFirst),
  $last: keeping(() => true),
  $max: extreme(1),
  $mergeObjects,
  $min: extreme(-1),
  $push,
  $sum,
};

/** Accumulators that MongoDB 8.0 has and this engine has not. */
const missing = new Set(
  '$accumulator $bottom $bottomN $firstN $lastN $maxN $median $minN $percentile $stdDevPop $stdDevSamp $top $topN'.split(
    ' ',
  ),
);

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
