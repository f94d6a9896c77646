import { badValue, failedToParse, typeMismatch } from '../errors.ts';
import { type Doc, isDocument } from '../values/codec.ts';
import { compare, equal, typeName, typeRank } from '../values/compare.ts';
import { numberKind, toDouble } from '../values/numeric.ts';
import { isTypeName } from './operators.ts';

/** What a value does not fulfil, as MongoDB words it in `errInfo.details`; empty when it fulfils all. */
type Rule = (value: unknown) => Doc[];

type Compile = (operand: never, schema: Doc) => Rule;

const jsonTypes = new Set(['object', 'array', 'number', 'boolean', 'string', 'null']);
const unsupported = new Set(['$ref', '$schema', 'default', 'definitions', 'format', 'id']);
const silent = new Set(['title', 'description']);

/**
 * Compiles a schema of draft 4 with MongoDB's additions (`bsonType`) and omissions. Libraries validate JSON, which has
 * neither BSON's types nor its numbers, and report other details than MongoDB's clients expect.
 */
export function compileSchema(schema: unknown): Rule {
  if (!isDocument(schema)) throw typeMismatch('$jsonSchema must be an object');
  const rules: Rule[] = [];
  for (const name of Object.keys(schema)) {
    if (silent.has(name)) {
      if (typeof schema[name] !== 'string') throw typeMismatch(`$jsonSchema keyword '${name}' must be of type string`);
      continue;
    }
    if (unsupported.has(name)) throw failedToParse(`$jsonSchema keyword '${name}' is not currently supported`);
    const compile = keywords[name];
    if (compile === undefined) throw failedToParse(`Unknown $jsonSchema keyword: ${name}`);
    rules.push(compile(schema[name] as never, schema));
  }
  return (value) => rules.flatMap((rule) => rule(value));
}

const failure = (operatorName: string, operand: unknown, reason: string, value: unknown): Doc => ({
  operatorName,
  specifiedAs: { [operatorName]: operand },
  reason,
  consideredValue: value,
});

/** A rule about values of one kind; all others fulfil it. */
function on<T>(
  name: string,
  applies: (value: unknown) => boolean,
  fulfils: (value: T, operand: unknown, schema: Doc) => boolean,
  reason: string,
): Compile {
  return (operand: unknown, schema) => (value) =>
    !applies(value) || fulfils(value as T, operand, schema) ? [] : [failure(name, operand, reason, value)];
}

const isNumber = (value: unknown) => numberKind(value) !== undefined;
const isText = (value: unknown) => typeof value === 'string';
const size = (document: Doc) => Object.keys(document).length;
const length = (text: string) => Array.from(text).length;

const types =
  (name: string, known: (type: string) => boolean): Compile =>
  (operand: unknown) => {
    const wanted = (Array.isArray(operand) ? operand : [operand]).map(String);
    for (const type of wanted) if (!known(type)) throw badValue(`Unknown type name alias: ${type}`);
    const accepted = new Set(
      wanted.flatMap((type) => (type === 'number' ? ['int', 'long', 'double', 'decimal'] : type)),
    );
    if (accepted.delete('boolean')) accepted.add('bool');
    return (value) => {
      const type = typeName(value);
      if (accepted.has(type)) return [];
      return [{ ...failure(name, operand, 'type did not match', value), consideredType: type }];
    };
  };

function branches(name: string, operand: unknown): Rule[] {
  if (!Array.isArray(operand) || operand.length === 0)
    throw badValue(`$jsonSchema keyword '${name}' must be a non-empty array`);
  return operand.map(compileSchema);
}

const summary = (name: string, rules: readonly Rule[], value: unknown): Doc => ({
  operatorName: name,
  schemasNotSatisfied: rules.flatMap((rule, index) => {
    const details = rule(value);
    return details.length === 0 ? [] : [{ index, details }];
  }),
});

const keywords: Record<string, Compile> = {
  bsonType: types('bsonType', (type) => isTypeName(type)),
  type: types('type', (type) => jsonTypes.has(type)),
  enum: (operand: unknown[]) => (value) =>
    operand.some((each) => equal(each, value)) ? [] : [failure('enum', operand, 'value was not found in enum', value)],
  minimum: on(
    'minimum',
    isNumber,
    (value, least, { exclusiveMinimum }) => compare(value, least) >= (exclusiveMinimum === true ? 1 : 0),
    'comparison failed',
  ),
  maximum: on(
    'maximum',
    isNumber,
    (value, most, { exclusiveMaximum }) => compare(value, most) <= (exclusiveMaximum === true ? -1 : 0),
    'comparison failed',
  ),
  exclusiveMinimum: needs('exclusiveMinimum', 'minimum'),
  exclusiveMaximum: needs('exclusiveMaximum', 'maximum'),
  multipleOf: on(
    'multipleOf',
    isNumber,
    (value, step) => toDouble(value) % toDouble(step) === 0,
    'considered value is not a multiple of the specified value',
  ),
  minLength: on(
    'minLength',
    isText,
    (value: string, least) => length(value) >= toDouble(least),
    'specified string length was not satisfied',
  ),
  maxLength: on(
    'maxLength',
    isText,
    (value: string, most) => length(value) <= toDouble(most),
    'specified string length was not satisfied',
  ),
  pattern: (operand: string) => {
    const expression = new RegExp(operand, 'u');
    return (value) =>
      !isText(value) || expression.test(value as string)
        ? []
        : [failure('pattern', operand, 'regular expression did not match', value)];
  },
  minItems: on(
    'minItems',
    Array.isArray,
    (value: unknown[], least) => value.length >= toDouble(least),
    'array did not match specified length',
  ),
  maxItems: on(
    'maxItems',
    Array.isArray,
    (value: unknown[], most) => value.length <= toDouble(most),
    'array did not match specified length',
  ),
  uniqueItems: on(
    'uniqueItems',
    Array.isArray,
    (value: unknown[], wanted) =>
      wanted !== true ||
      !value.some(
        (each, at) => value.findIndex((other) => typeRank(other) === typeRank(each) && equal(other, each)) < at,
      ),
    'found a duplicate item',
  ),
  minProperties: on(
    'minProperties',
    isDocument,
    (value: Doc, least) => size(value) >= toDouble(least),
    'specified number of properties was not satisfied',
  ),
  maxProperties: on(
    'maxProperties',
    isDocument,
    (value: Doc, most) => size(value) <= toDouble(most),
    'specified number of properties was not satisfied',
  ),
  required: (operand: string[]) => {
    if (!Array.isArray(operand) || operand.length === 0)
      throw failedToParse("$jsonSchema keyword 'required' cannot be an empty array");
    return (value) => {
      if (!isDocument(value)) return [];
      const missingProperties = operand.filter((name) => !Object.hasOwn(value, name));
      if (missingProperties.length === 0) return [];
      return [{ operatorName: 'required', specifiedAs: { required: operand }, missingProperties }];
    };
  },
  properties: (operand: Doc) => {
    const rules = Object.entries(operand).map(([name, schema]) => ({ name, schema, rule: compileSchema(schema) }));
    return (value) => {
      if (!isDocument(value)) return [];
      const propertiesNotSatisfied = rules.flatMap(({ name, schema, rule }) => {
        const details = Object.hasOwn(value, name) ? rule(value[name]) : [];
        const { title, description } = schema as Doc;
        const about = {
          ...(title === undefined ? {} : { title }),
          ...(description === undefined ? {} : { description }),
        };
        return details.length === 0 ? [] : [{ propertyName: name, ...about, details }];
      });
      return propertiesNotSatisfied.length === 0 ? [] : [{ operatorName: 'properties', propertiesNotSatisfied }];
    };
  },
  patternProperties: (operand: Doc) => {
    const rules = Object.entries(operand).map(([pattern, schema]) => ({
      pattern,
      expression: new RegExp(pattern, 'u'),
      rule: compileSchema(schema),
    }));
    return (value) => {
      if (!isDocument(value)) return [];
      const found = rules.flatMap(({ pattern, expression, rule }) =>
        Object.keys(value).flatMap((propertyName) => {
          const details = expression.test(propertyName) ? rule(value[propertyName]) : [];
          return details.length === 0 ? [] : [{ propertyName, regexMatched: pattern, details }];
        }),
      );
      return found.length === 0 ? [] : [{ operatorName: 'patternProperties', details: found }];
    };
  },
  additionalProperties: (operand: unknown, { properties = {}, patternProperties = {} }) => {
    const patterns = Object.keys(patternProperties as Doc).map((pattern) => new RegExp(pattern, 'u'));
    const rule = isDocument(operand) ? compileSchema(operand) : undefined;
    const isAdditional = (name: string) =>
      !Object.hasOwn(properties as Doc, name) && !patterns.some((each) => each.test(name));
    return (value) => {
      if (!isDocument(value) || operand === true) return [];
      const additional = Object.keys(value).filter(
        (name) => isAdditional(name) && (rule === undefined || rule(value[name]).length > 0),
      );
      if (additional.length === 0) return [];
      return [
        {
          operatorName: 'additionalProperties',
          specifiedAs: { additionalProperties: operand },
          additionalProperties: additional,
        },
      ];
    };
  },
  dependencies: (operand: Doc) => {
    const rules = Object.entries(operand).map(([name, needed]) => ({
      name,
      rule: Array.isArray(needed) ? keywords.required?.(needed as never, {}) : compileSchema(needed),
    }));
    return (value) => {
      const broken = rules.filter(
        ({ name, rule }) => isDocument(value) && Object.hasOwn(value, name) && rule && rule(value).length > 0,
      );
      return broken.length === 0
        ? []
        : [
            {
              operatorName: 'dependencies',
              failingDependencies: broken.map(({ name }) => ({ conditionalProperty: name })),
            },
          ];
    };
  },
  items: (operand: unknown) => {
    const rules = Array.isArray(operand) ? operand.map(compileSchema) : compileSchema(operand);
    return (value) => {
      if (!Array.isArray(value)) return [];
      for (const [itemIndex, each] of value.entries()) {
        const rule = Array.isArray(rules) ? rules[itemIndex] : rules;
        const details = rule?.(each) ?? [];
        if (details.length > 0)
          return [
            { operatorName: 'items', reason: 'At least one item did not match the sub-schema', itemIndex, details },
          ];
      }
      return [];
    };
  },
  additionalItems: (operand: unknown, { items }) => {
    const rule = isDocument(operand) ? compileSchema(operand) : undefined;
    return (value) => {
      if (!Array.isArray(value) || !Array.isArray(items) || operand === true) return [];
      const wrong = value.slice(items.length).filter((each) => rule === undefined || rule(each).length > 0);
      return wrong.length === 0
        ? []
        : [{ operatorName: 'additionalItems', specifiedAs: { additionalItems: operand }, additionalItems: wrong }];
    };
  },
  allOf: (operand: unknown) => {
    const rules = branches('allOf', operand);
    return (value) => (rules.every((rule) => rule(value).length === 0) ? [] : [summary('allOf', rules, value)]);
  },
  anyOf: (operand: unknown) => {
    const rules = branches('anyOf', operand);
    return (value) => (rules.some((rule) => rule(value).length === 0) ? [] : [summary('anyOf', rules, value)]);
  },
  oneOf: (operand: unknown) => {
    const rules = branches('oneOf', operand);
    return (value) => {
      const matching = rules.flatMap((rule, index) => (rule(value).length === 0 ? [index] : []));
      if (matching.length === 1) return [];
      if (matching.length === 0) return [summary('oneOf', rules, value)];
      return [{ operatorName: 'oneOf', reason: 'more than one subschema matched', matchingSchemaIndexes: matching }];
    };
  },
  not: (operand: unknown) => {
    const rule = compileSchema(operand);
    return (value) => (rule(value).length > 0 ? [] : [{ operatorName: 'not', reason: 'child expression matched' }]);
  },
};

/** In draft 4 these are flags of `minimum` and `maximum`. */
function needs(name: string, other: string): Compile {
  return (operand: unknown, schema) => {
    if (typeof operand !== 'boolean') throw typeMismatch(`$jsonSchema keyword '${name}' must be a boolean`);
    if (schema[other] === undefined)
      throw failedToParse(`$jsonSchema keyword '${other}' must be a present if ${name} is present`);
    return () => [];
  };
}
