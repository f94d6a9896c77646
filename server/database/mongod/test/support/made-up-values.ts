import fc from 'fast-check';
import { type Document, Double, Long } from 'mongodb';

/** Keys are cut at 900 bytes, of which 880 are in order: strings on both sides, alike up to there and beyond. */
export const long = (length: number, end: string) => 'x'.repeat(length) + end;
const longStrings = [872, 873, 874, 893, 894, 895, 1200].flatMap((length) => [long(length, 'a'), long(length, 'b')]);

const scalar = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<unknown>(0, 1, 2, 3, 5) },
  {
    weight: 3,
    arbitrary: fc.constantFrom<unknown>(
      null,
      true,
      false,
      'a',
      'ab',
      'b',
      'ab.c',
      1.5,
      -1,
      new Double(2),
      Long.fromNumber(3),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Long.MAX_VALUE,
      Long.MAX_VALUE.subtract(1),
      new Date(0),
      new Date(5),
      /^ab/,
      '',
      '学',
      {},
      { b: 1 },
      { c: 1, b: 1 },
    ),
  },
);
export const text = fc.constantFrom('a', 'ab', ...longStrings);
export const few = <T>(each: fc.Arbitrary<T>) => fc.array(each, { maxLength: 3 });
const inner = fc.record<Document>(
  { b: fc.oneof(scalar, few(scalar)), c: scalar, '0': fc.constantFrom(1, 2) },
  { requiredKeys: [], noNullPrototype: true },
);
export const value = fc.oneof(
  { weight: 4, arbitrary: scalar },
  { weight: 2, arbitrary: few(scalar) },
  { weight: 1, arbitrary: inner },
  { weight: 2, arbitrary: few(inner) },
  { weight: 1, arbitrary: few(fc.oneof(scalar, inner, few(scalar), few(inner))) },
);
export const document = fc.record<Document>(
  { a: value, b: fc.oneof(scalar, few(scalar)), c: scalar, d: fc.oneof(text, few(text)), '0': scalar },
  { requiredKeys: [], noNullPrototype: true },
);

const operand = fc.oneof(
  { weight: 5, arbitrary: scalar },
  { weight: 1, arbitrary: text },
  { weight: 1, arbitrary: few(scalar) },
);
const rangeOperand = fc
  .oneof({ weight: 5, arbitrary: scalar }, { weight: 1, arbitrary: text })
  .filter((each) => !(each instanceof RegExp));
const ranges = fc.uniqueArray(fc.tuple(fc.constantFrom('$gt', '$gte', '$lt', '$lte'), rangeOperand), {
  minLength: 1,
  maxLength: 2,
  selector: ([name]) => name,
});
const pattern = fc.constantFrom(/^a/, /^ab/, /b$/, /^x+a/, /^ab?/, new RegExp(`^${long(890, '')}`));
const type = fc.constantFrom(
  'null',
  'int',
  'long',
  'double',
  'number',
  'string',
  'object',
  'array',
  'bool',
  'date',
  'regex',
);
const plainOperators = fc.oneof(
  { weight: 3, arbitrary: ranges.map((pairs): Document => Object.fromEntries(pairs)) },
  { weight: 2, arbitrary: few(operand).map((list): Document => ({ $in: list })) },
  operand.filter((each) => !(each instanceof RegExp)).map((each): Document => ({ $eq: each })),
  operand.filter((each) => !(each instanceof RegExp)).map((each): Document => ({ $ne: each })),
  few(operand).map((list): Document => ({ $nin: list })),
  pattern.map((each): Document => ({ $regex: each })),
  type.map((each): Document => ({ $type: each })),
);
const elementFilter = fc.oneof(
  plainOperators,
  fc.record<Document>(
    { b: fc.oneof(scalar, plainOperators), c: fc.oneof(scalar, plainOperators), '0': scalar },
    { requiredKeys: ['b'], noNullPrototype: true },
  ),
);
export const condition = fc.oneof(
  { weight: 4, arbitrary: fc.oneof(scalar, text, few(scalar)) },
  { weight: 6, arbitrary: plainOperators },
  { weight: 2, arbitrary: elementFilter.map((each): Document => ({ $elemMatch: each })) },
  { weight: 1, arbitrary: fc.boolean().map((each): Document => ({ $exists: each })) },
);

/** Values that may bound a range. */
export const bound = scalar.filter((each) => !(each instanceof RegExp));
