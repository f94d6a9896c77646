import { Pace } from '../pauses.ts';
import { isDocument } from '../values/codec.ts';
import { addField } from '../values/fields.ts';
import { fieldNames } from '../values/order.ts';
import { sizeOf } from '../values/size.ts';
import type { Accumulation } from './accumulation.ts';
import { compileAccumulator } from './accumulators.ts';
import { kindBy } from './equality.ts';
import { located } from './operands.ts';
import type { Stage, StagePlace } from './stage.ts';

/** Bytes of a group beside its key, and of each of its accumulators. */
const GROUP_BYTES = 128;
const ACCUMULATOR_BYTES = 64;

interface Group {
  key: unknown;
  accumulations: Accumulation[];
}

/**
 * $group: one document for each key. Keys are the same where MongoDB holds them for equal, numbers of all types by value and
 * strings by collation; each key is the first of its kind. Of every group only what its accumulators need is kept.
 */
export function compileGroup(spec: unknown, { scope }: StagePlace): Stage {
  if (!isDocument(spec)) throw located(15947, "a group's fields must be specified in an object");
  if (!Object.hasOwn(spec, '_id')) throw located(15955, 'a group specification must include an _id');
  const keyOf = scope.compile(spec._id);
  const fields = fieldNames(spec)
    .filter((name) => name !== '_id')
    .map((name) => ({ name, begin: accumulatorOf(name, spec[name], scope) }));
  const kindOf = kindBy(scope.collator);
  return {
    forgets: true,
    *run(input, memory) {
      const groups = new Map<unknown, Group>();
      for (const document of input) {
        if (document === undefined) {
          yield undefined;
          continue;
        }
        const key = keyOf(document) ?? null;
        const kind = kindOf(key);
        let group = groups.get(kind);
        if (group === undefined) {
          memory.add(GROUP_BYTES + sizeOf(key) + ACCUMULATOR_BYTES * fields.length, '$group');
          group = { key, accumulations: fields.map(({ begin }) => begin(key, memory)) };
          groups.set(kind, group);
        }
        for (const each of group.accumulations) each.add(document);
      }
      const pace = new Pace();
      for (const { key, accumulations } of groups.values()) {
        const result = { _id: key };
        for (const [at, { name }] of fields.entries()) addField(result, name, accumulations[at]?.result);
        yield result;
        if (pace.isDue()) yield undefined;
      }
    },
  };
}

function accumulatorOf(name: string, operation: unknown, scope: StagePlace['scope']) {
  if (name.includes('.')) throw located(40235, `The field name '${name}' cannot contain '.'`);
  if (name.startsWith('$')) throw located(40236, `The field name '${name}' cannot be an operator name`);
  if (!isDocument(operation)) throw located(40234, `The field '${name}' must be an accumulator object`);
  const names = Object.keys(operation);
  const [operator] = names;
  if (operator === undefined || names.length > 1 || !operator.startsWith('$'))
    throw located(40238, `The field '${name}' must specify one accumulator`);
  return compileAccumulator(operator, operation[operator], scope);
}
