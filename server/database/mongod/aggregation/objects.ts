import { notImplemented } from '../errors.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { typeName } from '../values/compare.ts';
import { addField } from '../values/fields.ts';
import { fieldNames } from '../values/order.ts';
import { argumentsOf, isNil, located, namedOperands, stringOf } from './operands.ts';
import { literalValue, type Operator, type Scope } from './scope.ts';

function objectOf(value: unknown, name: string, code: number): Doc {
  if (isDocument(value)) return value;
  throw located(code, `${name} needs an object, found ${typeName(value)}`);
}

/** Adds the fields of a document to another; `step` is called before each. */
export function mergeInto(result: Doc, document: Doc, step?: () => void): Doc {
  for (const name of fieldNames(document)) {
    step?.();
    addField(result, name, document[name]);
  }
  return result;
}

const $mergeObjects: Operator = (operand, scope, name) => {
  const list = argumentsOf(operand, scope, name, 0, Number.POSITIVE_INFINITY);
  const step = () => scope.settings.work.step();
  return (root) => {
    const result: Doc = {};
    const merge = (value: unknown) => {
      if (!isNil(value)) mergeInto(result, objectOf(value, name, 40400), step);
    };
    for (const each of list) {
      const value = each(root);
      if (list.length === 1 && Array.isArray(value)) value.forEach(merge);
      else merge(value);
    }
    return scope.made(result);
  };
};

/** A field's name, which is a string constant. */
function constantName(given: unknown, name: string): string {
  const literal = literalValue(given);
  if (literal === undefined) throw notImplemented(`${name} with a computed name of the field is not supported`);
  return stringOf(literal.value, name, 5654602);
}

const $getField: Operator = (operand, scope, name) => {
  const isNamed = isDocument(operand) && !Object.keys(operand)[0]?.startsWith('$');
  const given = isNamed ? namedOperands(operand, name, ['field'], ['input']) : { field: operand };
  const field = constantName(given.field, name);
  const input = scope.compile(Object.hasOwn(given, 'input') ? given.input : '$$CURRENT');
  return (root) => {
    const value = input(root);
    if (value === null) return null;
    return isDocument(value) && Object.hasOwn(value, field) ? value[field] : undefined;
  };
};

function setField(field: unknown, input: unknown, value: unknown, scope: Scope, name: string) {
  const target = constantName(field, name);
  const source = scope.compile(input);
  const compute = scope.compile(value);
  return (root: unknown): unknown => {
    const document = source(root);
    if (isNil(document)) return null;
    const copy = mergeInto({}, objectOf(document, name, 4161105), () => scope.settings.work.step());
    const computed = compute(root);
    if (computed === undefined) delete copy[target];
    else addField(copy, target, computed);
    return scope.made(copy);
  };
}

const $setField: Operator = (operand, scope, name) => {
  const { field, input, value } = namedOperands(operand, name, ['field', 'input', 'value']);
  return setField(field, input, value, scope, name);
};

const $unsetField: Operator = (operand, scope, name) => {
  const { field, input } = namedOperands(operand, name, ['field', 'input']);
  return setField(field, input, '$$REMOVE', scope, name);
};

/** Documents and their fields. */
export const objectOperators: Record<string, Operator> = {
  $getField,
  $mergeObjects,
  $setField,
  $unsetField,
};
