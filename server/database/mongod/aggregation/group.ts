import { failure, notImplemented } from '../errors.ts';
import { Pace } from '../pauses.ts';
import { isDocument } from '../values/codec.ts';
import { addField } from '../values/fields.ts';
import { kindBy } from '../values/kinds.ts';
import { numberKind } from '../values/numeric.ts';
import { fieldNames } from '../values/order.ts';
import { sizeOf } from '../values/size.ts';
import { NumberSum } from './number-sum.ts';
import type { Expression, Scope } from './scope.ts';
import type { Stage, StagePlace } from './stage.ts';

/** Bytes of a group beside its key, and of each of its sums. */
const GROUP_BYTES = 128;
const SUM_BYTES = 64;

/**
 * $group: one document for each key, with sums. Keys are the same where MongoDB holds them for equal, numbers of all types by
 * value and strings by collation; each key is the first of its kind.
 * @throws CommandError 238 for all other accumulators
 */
export function compileGroup(spec: unknown, { scope }: StagePlace): Stage {
  if (!isDocument(spec)) throw failure(15947, "a group's fields must be specified in an object");
  if (!Object.hasOwn(spec, '_id')) throw failure(15955, 'a group specification must include an _id');
  const keyOf = scope.compile(spec._id);
  const fields = fieldNames(spec)
    .filter((name) => name !== '_id')
    .map((name) => ({ name, value: summandOf(name, spec[name], scope) }));
  const kindOf = kindBy(scope.collator);
  return {
    forgets: true,
    *run(input, memory) {
      const groups = new Map<unknown, { key: unknown; sums: NumberSum[] }>();
      for (const document of input) {
        if (document === undefined) {
          yield undefined;
          continue;
        }
        const key = keyOf(document) ?? null;
        const kind = kindOf(key);
        let group = groups.get(kind);
        if (group === undefined) {
          memory.add(GROUP_BYTES + sizeOf(key) + SUM_BYTES * fields.length, '$group');
          group = { key, sums: fields.map(() => new NumberSum()) };
          groups.set(kind, group);
        }
        for (let at = 0; at < fields.length; at++) {
          const value = fields[at]?.value(document);
          if (numberKind(value) !== undefined) group.sums[at]?.add(value);
        }
      }
      const pace = new Pace();
      for (const { key, sums } of groups.values()) {
        const result = { _id: key };
        for (const [at, { name }] of fields.entries()) addField(result, name, sums[at]?.result);
        yield result;
        if (pace.isDue()) yield undefined;
      }
    },
  };
}

/** What is summed up of each document. */
function summandOf(name: string, operation: unknown, scope: Scope): Expression {
  if (name.includes('.')) throw failure(40235, `The field name '${name}' cannot contain '.'`);
  if (name.startsWith('$')) throw failure(40236, `The field name '${name}' cannot be an operator name`);
  if (!isDocument(operation)) throw failure(40234, `The field '${name}' must be an accumulator object`);
  const [accumulator, ...others] = Object.keys(operation);
  if (accumulator === undefined || others.length > 0 || !accumulator.startsWith('$'))
    throw failure(40238, `The field '${name}' must specify one accumulator`);
  if (accumulator !== '$sum') throw notImplemented(`the accumulator ${accumulator} is not supported`);
  const operand = operation.$sum;
  if (!Array.isArray(operand)) return scope.compile(operand);
  if (operand.length !== 1) throw failure(40237, 'The $sum accumulator is a unary operator');
  return scope.compile(operand[0]);
}
