import { notImplemented } from '../errors.ts';
import { type Doc, encode, isDocument } from '../values/codec.ts';
import { typeName } from '../values/compare.ts';
import { addField } from '../values/fields.ts';
import { fieldNames } from '../values/order.ts';
import { argumentsOf, arrayOf, isNil, located, namedOperands, stringOf, unary } from './operands.ts';
import { literalValue, type Operator, type Scope } from './scope.ts';

function objectOf(value: unknown, name: string, code: number): Doc {
  if (isDocument(value)) return value;
  throw located(code, `${name} needs an object, found ${typeName(value)}`);
}

/** Adds the fields of a document to another. */
export function mergeInto(result: Doc, document: Doc): Doc {
  for (const name of fieldNames(document)) addField(result, name, document[name]);
  return result;
}

const $mergeObjects: Operator = (operand, scope, name) => {
  const list = argumentsOf(operand, scope, name, 0, Number.POSITIVE_INFINITY);
  return (root) => {
    const result: Doc = {};
    const merge = (value: unknown) => {
      if (!isNil(value)) mergeInto(result, objectOf(value, name, 40400));
    };
    for (const each of list) {
      const value = each(root);
      if (list.length === 1 && Array.isArray(value)) value.forEach(merge);
      else merge(value);
    }
    return result;
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
    const copy = mergeInto({}, objectOf(document, name, 4161105));
    const computed = compute(root);
    if (computed === undefined) delete copy[target];
    else addField(copy, target, computed);
    return copy;
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

const $objectToArray = unary((value, name) => {
  if (isNil(value)) return null;
  const document = objectOf(value, name, 40390);
  return fieldNames(document).map((k) => ({ k, v: document[k] }));
});

/** A pair of a name and a value, written as an array or as a document. */
function pairOf(element: unknown, name: string): [string, unknown] {
  if (Array.isArray(element)) {
    if (element.length !== 2) throw located(40397, `${name} needs arrays of two elements`);
    return [stringOf(element[0], name, 40395), element[1]];
  }
  const pair = objectOf(element, name, 40398);
  if (Object.keys(pair).length !== 2) throw located(40392, `${name} needs objects with the fields 'k' and 'v' only`);
  if (!Object.hasOwn(pair, 'k') || !Object.hasOwn(pair, 'v'))
    throw located(40393, `${name} needs the fields 'k' and 'v'`);
  return [stringOf(pair.k, name, 40394), pair.v];
}

const $arrayToObject = unary((value, name) => {
  if (isNil(value)) return null;
  const result: Doc = {};
  for (const element of arrayOf(value, name, 40386)) {
    const [field, content] = pairOf(element, name);
    if (field.includes('\0')) throw located(4940400, 'Key field cannot contain an embedded null byte');
    addField(result, field, content);
  }
  return result;
});

/** Documents and their fields. */
export const objectOperators: Record<string, Operator> = {
  $arrayToObject,
  $bsonSize: unary((value, name) => (isNil(value) ? null : encode(objectOf(value, name, 31393)).length)),
  $getField,
  $mergeObjects,
  $objectToArray,
  $setField,
  $unsetField,
};
