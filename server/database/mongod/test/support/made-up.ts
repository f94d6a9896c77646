import fc from 'fast-check';
import type { Document } from 'mongodb';
import { bound, condition, document, few, text, value } from './made-up-values.ts';

/** A search; a `limit` of 0 is none. `path` is what `distinct` is asked for. */
export interface Query {
  filter: Document;
  sort: Document | undefined;
  skip: number;
  limit: number;
  path: string;
}

type Path = fc.Arbitrary<string>;

/** Paths that meet: indexes, filters and sorts of one collection are made of them for the most part. */
const groups = [
  ['a.b', 'a.c', 'a'],
  ['a', 'b', 'c'],
  ['a', 'c'],
  ['d', 'c', '_id'],
  ['a.0', 'a.0.b', 'a.1'],
  ['a.b', 'a.c', 'c', '_id'],
  ['a', 'b', 'c', 'd', 'a.b', 'a.c', 'a.0', 'a.0.b', 'a.1', '0', '_id'],
];

const keys = (path: Path, max: number): fc.Arbitrary<Document> =>
  fc
    .uniqueArray(fc.tuple(path, fc.constantFrom(1, -1)), { minLength: 1, maxLength: max, selector: ([name]) => name })
    // A name like an integer would lose its place.
    .map((pairs) => Object.fromEntries(pairs.filter(([name]) => name !== '0' || pairs.length === 1)))
    .filter((key) => Object.keys(key).length > 0);

const options = fc.oneof(
  { weight: 5, arbitrary: fc.constant<Document>({}) },
  { weight: 1, arbitrary: fc.constant<Document>({ unique: true }) },
);

/** An index; one that is late is built when the documents are there. */
const indexOf = (path: Path) => fc.record({ key: keys(path, 4), options, isLate: fc.boolean() });

const conditionsOn = (path: Path) =>
  fc
    .uniqueArray(fc.tuple(path, condition), { minLength: 1, maxLength: 3, selector: ([name]) => name })
    .map((pairs): Document => Object.fromEntries(pairs));

function filterOf(path: Path): fc.Arbitrary<Document> {
  const flat = conditionsOn(path);
  const logical = fc
    .tuple(fc.constantFrom('$or', '$or', '$and'), fc.array(flat, { minLength: 1, maxLength: 3 }), flat, fc.boolean())
    .map(([name, branches, beside, isAlone]): Document => ({ ...(isAlone ? {} : beside), [name]: branches }));
  return fc.oneof(
    { weight: 6, arbitrary: flat },
    { weight: 1, arbitrary: fc.constant<Document>({}) },
    { weight: 3, arbitrary: logical },
  );
}

const limit = fc.constantFrom<number>(0, 1, 2, 5);

/** A page of a list: a few values of one field, in order, from some place on. */
const pageOf = (path: Path): fc.Arbitrary<Query> =>
  fc
    .record({
      scope: fc.tuple(path, fc.array(fc.constantFrom(1, 2, 3, 'a'), { maxLength: 3 })),
      sort: keys(path, 3),
      from: fc.option(fc.tuple(bound, bound, bound), { nil: undefined, freq: 3 }),
      limit,
      path,
    })
    .map(({ scope: [field, list], sort, from, limit, path }) => {
      const names = Object.keys(sort);
      const branches = names.map((name, at) => ({
        ...Object.fromEntries(names.slice(0, at).map((earlier, place) => [earlier, from?.[place]])),
        [name]: { [sort[name] === 1 ? '$gt' : '$lt']: from?.[at] },
      }));
      const filter: Document = { [field]: { $in: list }, ...(from === undefined ? {} : { $or: branches }) };
      return { filter, sort, skip: 0, limit, path };
    });

const queryOf = (path: Path): fc.Arbitrary<Query> =>
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        filter: filterOf(path),
        sort: fc.option(keys(path, 3), { nil: undefined, freq: 4 }),
        skip: fc.constantFrom<number>(0, 0, 1, 3, 11),
        limit,
        path,
      }),
    },
    { weight: 1, arbitrary: pageOf(path) },
  );

const change = fc.oneof(
  fc.record({ at: fc.nat(24), field: fc.constantFrom('a', 'b', 'a.b', 'a.0'), value }),
  fc.record({ at: fc.nat(24), field: fc.constant('d'), value: fc.oneof(text, few(text)) }),
);

const sceneOf = (path: Path) =>
  fc.record({
    documents: fc.array(document, { minLength: 1, maxLength: 25 }),
    longIds: fc.boolean(),
    indexes: fc.array(indexOf(path), { minLength: 1, maxLength: 4 }),
    changes: fc.array(change, { maxLength: 4 }),
    queries: fc.array(queryOf(path), { minLength: 4, maxLength: 16 }),
  });

/** A collection, its indexes, changes of its documents and queries of it. */
export const scene = fc.oneof(...groups.map((names) => sceneOf(fc.constantFrom(...names))));

export type Scene = typeof scene extends fc.Arbitrary<infer T> ? T : never;
