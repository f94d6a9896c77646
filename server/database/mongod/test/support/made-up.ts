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
const text = fc.constantFrom('a', 'ab', ...longStrings);
const few = <T>(each: fc.Arbitrary<T>) => fc.array(each, { maxLength: 3 });
const inner = fc.record<Document>(
  { b: fc.oneof(scalar, few(scalar)), c: scalar, '0': fc.constantFrom(1, 2) },
  { requiredKeys: [], noNullPrototype: true },
);
const value = fc.oneof(
  { weight: 4, arbitrary: scalar },
  { weight: 2, arbitrary: few(scalar) },
  { weight: 1, arbitrary: inner },
  { weight: 2, arbitrary: few(inner) },
  { weight: 1, arbitrary: few(fc.oneof(scalar, inner, few(scalar), few(inner))) },
);
const document = fc.record<Document>(
  { a: value, b: fc.oneof(scalar, few(scalar)), c: scalar, d: fc.oneof(text, few(text)), '0': scalar },
  { requiredKeys: [], noNullPrototype: true },
);

const paths = ['a', 'b', 'c', 'd', 'a.b', 'a.c', 'a.0', 'a.0.b', 'a.1', '0', '_id'];
const path = fc.constantFrom(...paths);
const direction = fc.constantFrom(1, -1);
const keys = (max: number) =>
  fc
    .uniqueArray(fc.tuple(path, direction), { minLength: 1, maxLength: max, selector: ([name]) => name })
    .map((pairs) => Object.fromEntries(pairs.filter(([name]) => name !== '0' || pairs.length === 1)))
    .filter((key) => Object.keys(key).length > 0);

const index = fc.record({
  key: keys(4),
  options: fc.oneof(
    { weight: 5, arbitrary: fc.constant<Document>({}) },
    {
      weight: 4,
      arbitrary: fc.constantFrom<Document>(
        { unique: true },
        { sparse: true },
        { partialFilterExpression: { c: { $gt: 1 } } },
        { partialFilterExpression: { c: { $exists: true } } },
        { partialFilterExpression: { a: { $gte: 1 }, c: { $type: 'number' } } },
        { partialFilterExpression: { b: 1 } },
      ),
    },
  ),
  /** Built when the documents are there. */
  isLate: fc.boolean(),
});

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
const pattern = fc.constantFrom(/^a/, /^ab/, /b$/, /^x+a/, /^ab?/, /^a|^b/, new RegExp(`^${long(890, '')}`));
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
  fc.constantFrom<Document>({ $mod: [2, 1] }, { $size: 1 }, { $size: 2 }),
);
const elementFilter = fc.oneof(
  plainOperators,
  fc.record<Document>(
    { b: fc.oneof(scalar, plainOperators), c: fc.oneof(scalar, plainOperators), '0': scalar },
    { requiredKeys: ['b'], noNullPrototype: true },
  ),
);
const condition = fc.oneof(
  { weight: 4, arbitrary: fc.oneof(scalar, text, few(scalar)) },
  { weight: 6, arbitrary: plainOperators },
  { weight: 2, arbitrary: elementFilter.map((each): Document => ({ $elemMatch: each })) },
  { weight: 1, arbitrary: fc.boolean().map((each): Document => ({ $exists: each })) },
  { weight: 1, arbitrary: plainOperators.map((each): Document => ({ $not: each })) },
  { weight: 1, arbitrary: few(operand).map((list): Document => ({ $all: list })) },
  {
    weight: 1,
    arbitrary: few(elementFilter.map((each) => ({ $elemMatch: each }))).map((list): Document => ({ $all: list })),
  },
);
const flat = fc
  .uniqueArray(fc.tuple(path, condition), { minLength: 1, maxLength: 3, selector: ([name]) => name })
  .map((pairs): Document => Object.fromEntries(pairs));
const filter = fc.oneof(
  { weight: 6, arbitrary: flat },
  { weight: 1, arbitrary: fc.constant<Document>({}) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.constantFrom('$or', '$or', '$and', '$nor'),
        fc.array(flat, { minLength: 1, maxLength: 3 }),
        flat,
        fc.boolean(),
      )
      .map(([name, branches, beside, isAlone]): Document => ({ ...(isAlone ? {} : beside), [name]: branches })),
  },
);
const bound = scalar.filter((each) => !(each instanceof RegExp));
/** A search; a `limit` of 0 is none. `path` is what `distinct` is asked for. */
export interface Query {
  filter: Document;
  sort: Document | undefined;
  skip: number;
  limit: number;
  path: string;
}

/** A page of a list: a few values of one field, in order, from some place on. */
const page = fc
  .record({
    scope: fc.tuple(fc.constantFrom('a', 'b', 'c', 'a.b'), fc.array(fc.constantFrom(1, 2, 3, 'a'), { maxLength: 3 })),
    sort: keys(3),
    from: fc.option(fc.tuple(bound, bound, bound), { nil: undefined, freq: 3 }),
    limit: fc.constantFrom(0, 1, 2, 5),
    path,
  })
  .map(({ scope: [field, list], sort, from, limit, path }) => {
    const names = Object.keys(sort);
    const branches = names.map((name, at) => ({
      ...Object.fromEntries(names.slice(0, at).map((earlier, place) => [earlier, from?.[place]])),
      [name]: { [sort[name] === 1 ? '$gt' : '$lt']: from?.[at] },
    }));
    const filter: Document = { [field]: { $in: list }, ...(from === undefined ? {} : { $or: branches }) };
    return { filter, sort: sort as Document | undefined, skip: 0, limit, path };
  });
const anyQuery = fc.record({
  filter,
  sort: fc.option(keys(3), { nil: undefined, freq: 4 }),
  skip: fc.constantFrom(0, 0, 1),
  limit: fc.constantFrom(0, 1, 2, 5),
  path,
});
const query: fc.Arbitrary<Query> = fc.oneof({ weight: 3, arbitrary: anyQuery }, { weight: 1, arbitrary: page });

/** A collection, its indexes, changes of its documents and queries of it. */
export const scene = fc.record({
  documents: fc.array(document, { minLength: 1, maxLength: 25 }),
  longIds: fc.boolean(),
  indexes: fc.array(index, { minLength: 1, maxLength: 4 }),
  changes: fc.array(
    fc.oneof(
      fc.record({ at: fc.nat(24), field: fc.constantFrom('a', 'b', 'a.b', 'a.0'), value }),
      fc.record({ at: fc.nat(24), field: fc.constant('d'), value: fc.oneof(text, few(text)) }),
    ),
    { maxLength: 4 },
  ),
  queries: fc.array(query, { minLength: 4, maxLength: 12 }),
});

export type Scene = typeof scene extends fc.Arbitrary<infer T> ? T : never;
