import { Decimal128, Long, Timestamp } from 'bson';
import { badValue, CommandError, failedToParse, typeMismatch } from '../errors.ts';
import type { MatchContext } from '../query/matcher.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { compare, typeName } from '../values/compare.ts';
import { addNumbers, multiplyNumbers, numberKind, toDouble } from '../values/numeric.ts';
import { addToSet, pop, pull, pullAll, push } from './array-operators.ts';
import type { Draft } from './draft.ts';
import { isDynamic } from './paths.ts';

/** Applies one operator at one concrete path of a draft. */
export type Change = (draft: Draft, parts: readonly string[], inserting: boolean) => void;

/**
 * The change that an update operator makes, or undefined for an unknown operator.
 * @param now the time that the update writes, in milliseconds
 */
export function changeFor(
  operator: string,
  operand: unknown,
  path: string,
  context: MatchContext,
  now: number,
): Change | undefined {
  switch (operator) {
    case '$set':
      return (draft, parts) => draft.set(parts, operand);
    case '$setOnInsert':
      return (draft, parts, inserting) => {
        if (inserting) draft.set(parts, operand);
      };
    case '$unset':
      return (draft, parts) => draft.unset(parts);
    case '$inc':
      return arithmetic('$inc', 'increment', operand, path, addNumbers, (value) => value);
    case '$mul':
      return arithmetic('$mul', 'multiply', operand, path, multiplyNumbers, zeroLike);
    case '$min':
      return extreme(operand, -1, context);
    case '$max':
      return extreme(operand, 1, context);
    case '$currentDate':
      return currentDate(operand, now);
    case '$bit':
      return bit(operand, path);
    case '$push':
      return list(push(operand, context));
    case '$addToSet':
      return list(addToSet(operand, context));
    case '$pull':
      return list(pull(operand, context));
    case '$pullAll':
      return list(pullAll(operand, context));
    case '$pop':
      return list(pop(operand));
    default:
      return undefined;
  }
}

function list(change: (old: unknown, path: string) => unknown): Change {
  return (draft, parts) => {
    const next = change(draft.has(parts) ? (draft.get(parts) ?? null) : undefined, parts.join('.'));
    if (next !== undefined) draft.set(parts, next);
  };
}

function arithmetic(
  operator: string,
  verb: string,
  operand: unknown,
  path: string,
  combine: (a: unknown, b: unknown) => unknown,
  initial: (operand: unknown) => unknown,
): Change {
  if (numberKind(operand) === undefined) {
    throw typeMismatch(`Cannot ${verb} with non-numeric argument: {${path}: ${JSON.stringify(operand)}}`);
  }
  return (draft, parts) => {
    if (!draft.has(parts)) {
      draft.set(parts, initial(operand));
      return;
    }
    const old = draft.get(parts);
    if (numberKind(old) === undefined) {
      const id = draft.root._id;
      throw typeMismatch(
        `Cannot apply ${operator} to a value of non-numeric type. {_id: ${String(id)}} has the field '${parts.at(-1)}' of non-numeric type ${typeName(old)}`,
      );
    }
    const next = combine(old, operand);
    if (next === undefined) throw badValue(`Failed to apply ${operator} operations to current value for document`);
    draft.set(parts, next);
  };
}

function zeroLike(operand: unknown): unknown {
  if (operand instanceof Long) return Long.ZERO;
  if (operand instanceof Decimal128) return Decimal128.fromString('0');
  return numberKind(operand) === 'double' ? multiplyNumbers(operand, 0) : 0;
}

function extreme(operand: unknown, sign: number, context: MatchContext): Change {
  return (draft, parts) => {
    if (!draft.has(parts) || compare(operand, draft.get(parts), context.collator) * sign > 0) draft.set(parts, operand);
  };
}

function currentDate(operand: unknown, now: number): Change {
  const kind = isDocument(operand) ? operand.$type : operand === true || operand === false ? 'date' : undefined;
  if (kind !== 'date' && kind !== 'timestamp') {
    throw badValue("The '$type' string field is required to be 'date' or 'timestamp'");
  }
  const value = kind === 'date' ? new Date(now) : new Timestamp({ t: Math.floor(now / 1000), i: 1 });
  return (draft, parts) => draft.set(parts, value);
}

function bit(operand: unknown, path: string): Change {
  if (!isDocument(operand)) throw badValue(`The $bit modifier is not compatible with a ${typeName(operand)}`);
  const steps = Object.entries(operand);
  if (steps.length === 0)
    throw badValue('You must pass in at least one bitwise operation. The format is: {$bit: {field: {and/or/xor: #}}');
  for (const [name, value] of steps) {
    if (!['and', 'or', 'xor'].includes(name))
      throw badValue(`The $bit modifier only supports 'and', 'or', and 'xor', not '${name}'`);
    if (!['int', 'long'].includes(numberKind(value) ?? ''))
      throw badValue(`The $bit modifier field must be an Integer: ${path}`);
  }
  return (draft, parts) => {
    const old = draft.has(parts) ? draft.get(parts) : 0;
    const kind = numberKind(old);
    if (kind !== 'int' && kind !== 'long') throw badValue('Cannot apply $bit to a value of non-integral type');
    let value = BigInt(Long.isLong(old) ? old.toString() : toDouble(old));
    let wide = kind === 'long';
    for (const [name, other] of steps) {
      wide ||= Long.isLong(other);
      const mask = BigInt(Long.isLong(other) ? other.toString() : toDouble(other));
      value = name === 'and' ? value & mask : name === 'or' ? value | mask : value ^ mask;
    }
    draft.set(parts, wide ? Long.fromBigInt(BigInt.asIntN(64, value)) : Number(BigInt.asIntN(32, value)));
  };
}

/** $rename at its target: the source goes, its value arrives. */
export function renameChange(target: unknown, path: string): Change {
  if (typeof target !== 'string')
    throw badValue(`The 'to' field for $rename must be a string: ${path}: ${String(target)}`);
  if (target === path) throw badValue(`The source and target field for $rename must differ: ${path}: "${target}"`);
  const source = path.split('.');
  if (isDynamic(source)) throw badValue(`The source field for $rename may not be dynamic: ${path}`);
  if (isDynamic(target.split('.'))) throw badValue(`The destination field for $rename may not be dynamic: ${target}`);
  return (draft, parts) => {
    if (!draft.has(source)) return;
    for (const [name, place] of [
      ['source', source],
      ['destination', parts],
    ] as const) {
      if (draft.crossesArray(place))
        throw badValue(
          `The ${name} field cannot be an array element, '${place.join('.')}' in doc with _id: ${String(draft.root._id)}`,
        );
    }
    const value = draft.get(source);
    draft.set(parts, value);
    draft.unset(source);
  };
}

/** Checks the shape of an update document's operators. */
export function operatorFields(operator: string, operand: unknown): Doc {
  if (!isDocument(operand)) {
    throw failedToParse(
      `Modifiers operate on fields but we found type ${typeName(operand)} instead. For example: {$mod: {<field>: ...}} not {${operator}: ${JSON.stringify(operand)}}`,
    );
  }
  return operand;
}

export const unknownModifier = (name: string) =>
  new CommandError(
    9,
    'FailedToParse',
    `Unknown modifier: ${name}. Expected a valid update modifier or pipeline-style update specified as an array`,
  );
