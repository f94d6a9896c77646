import { badValue, failedToParse, notImplemented, typeMismatch } from '../errors.ts';
import type { MatchContext } from '../query/matcher.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { compare, typeName } from '../values/compare.ts';
import { addNumbers, numberKind } from '../values/numeric.ts';
import { addToSet, pull, push } from './array-operators.ts';
import type { Draft } from './draft.ts';

/** Applies one operator at one concrete path of a draft. */
export type Change = (draft: Draft, parts: readonly string[], inserting: boolean) => void;

type Compile = (operand: unknown, path: string, context: MatchContext) => Change;

/** The operators, each with what makes its change at a path. */
const operators: Record<string, Compile> = {
  $set: (operand) => (draft, parts) => draft.set(parts, operand),
  $setOnInsert: (operand) => (draft, parts, inserting) => {
    if (inserting) draft.set(parts, operand);
  },
  $unset: () => (draft, parts) => draft.unset(parts),
  $inc: increment,
  $min: (operand, _path, context) => extreme(operand, -1, context),
  $max: (operand, _path, context) => extreme(operand, 1, context),
  $push: (operand) => list(push(operand)),
  $addToSet: (operand, _path, context) => list(addToSet(operand, context)),
  $pull: (operand, _path, context) => list(pull(operand, context)),
};

/** What compiles the changes of an update operator. @throws CommandError 238 for one that this engine does not have */
export function operatorOf(name: string): Compile {
  const compile = Object.hasOwn(operators, name) ? operators[name] : undefined;
  if (compile !== undefined) return compile;
  if (!name.startsWith('$')) throw failedToParse(`Unknown modifier: ${name}`);
  throw notImplemented(`${name} is not supported`);
}

function list(change: (old: unknown, path: string) => unknown): Change {
  return (draft, parts) => {
    const next = change(draft.has(parts) ? (draft.get(parts) ?? null) : undefined, parts.join('.'));
    if (next !== undefined) draft.set(parts, next);
  };
}

function increment(operand: unknown, path: string): Change {
  if (numberKind(operand) === undefined)
    throw typeMismatch(`Cannot increment with non-numeric argument: {${path}: ${JSON.stringify(operand)}}`);
  return (draft, parts) => {
    const old = draft.has(parts) ? draft.get(parts) : 0;
    if (numberKind(old) === undefined) {
      const id = draft.root._id;
      throw typeMismatch(
        `Cannot apply $inc to a value of non-numeric type. {_id: ${String(id)}} has the field '${parts.at(-1)}' of non-numeric type ${typeName(old)}`,
      );
    }
    const next = draft.has(parts) ? addNumbers(old, operand) : operand;
    if (next === undefined) throw badValue('Failed to apply $inc operations to current value for document');
    draft.set(parts, next);
  };
}

function extreme(operand: unknown, sign: number, context: MatchContext): Change {
  return (draft, parts) => {
    if (!draft.has(parts) || compare(operand, draft.get(parts), context.collator) * sign > 0) draft.set(parts, operand);
  };
}

/** Checks the shape of an update document's operators. */
export function operatorFields(operator: string, operand: unknown): Doc {
  if (isDocument(operand)) return operand;
  throw failedToParse(
    `Modifiers operate on fields but we found type ${typeName(operand)} instead. For example: {$mod: {<field>: ...}} not {${operator}: ${JSON.stringify(operand)}}`,
  );
}
