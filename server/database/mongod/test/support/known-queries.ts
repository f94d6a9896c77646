import type { Document } from 'mongodb';
import type { Query, Scene } from './made-up.ts';

/** A name, documents, the key of an index, a filter, and what else there is to say. */
type Known = [
  string,
  Document[],
  Document,
  Document,
  Partial<Query & { options: Document; changes: Scene['changes'] }>?,
];

/** Documents, an index, a filter: what an index could make wrong, each time. */
export const known: Known[] = [
  [
    'two paths of an array are met by two elements',
    [
      {
        a: [
          { b: 1, c: 2 },
          { b: 2, c: 1 },
        ],
      },
    ],
    { 'a.b': 1, 'a.c': 1 },
    { 'a.b': 1, 'a.c': 1 },
  ],
  [
    'two paths of one element',
    [
      {
        a: [
          { b: 1, c: 2 },
          { b: 2, c: 1 },
        ],
      },
      { a: [{ b: 1, c: 1 }] },
    ],
    { 'a.b': 1, 'a.c': 1 },
    { a: { $elemMatch: { b: 1, c: 1 } } },
  ],
  ['two bounds are met by two elements', [{ a: [1, 9] }, { a: [3] }], { a: 1 }, { a: { $gt: 2, $lt: 5 } }],
  ['two equalities are met by two elements', [{ a: [1, 9] }, { a: [1] }], { a: 1 }, { $and: [{ a: 1 }, { a: 9 }] }],
  [
    'equality on an array does not fix its place in a sort',
    [{ a: [1] }, { a: [1, 5] }],
    { a: 1 },
    { a: 1 },
    { sort: { a: -1 } },
  ],
  [
    'an array of several elements is sorted by its smallest',
    [{ a: [2, 3] }, { a: [1, 9] }, { a: 2 }],
    { a: 1 },
    { a: { $gt: 1 } },
    { sort: { a: 1 } },
  ],
  [
    'an array whose entry is that of its only value',
    [{ a: null }, { a: null }],
    { a: 1 },
    {},
    { sort: { a: 1 }, changes: [{ at: 1, field: 'a', value: [] }] },
  ],
  ['a stored pattern', [{ a: /^ab/ }, { a: 'abc' }, { a: 'b' }], { a: 1 }, { a: /^ab/ }],
  ['a stored pattern downwards', [{ a: /^ab/ }, { a: 'abc' }, { a: 'b' }], { a: -1 }, { a: /^ab/ }, { sort: { a: 1 } }],
  ['an array within an array', [{ a: [[1]] }, { a: [1] }], { a: 1 }, { a: { $elemMatch: { $eq: 1 } } }],
  [
    'a document within an array within an array',
    [{ a: [[{ b: 1 }]] }, { a: [{ b: 1 }] }],
    { 'a.b': 1 },
    { a: { $elemMatch: { b: 1 } } },
  ],
  ['positions within an element', [{ a: [[1], [5]] }], { 'a.0': 1 }, { a: { $elemMatch: { 0: 5 } } }],
  ['NaN is not less than a number', [{ a: Number.NaN }, { a: 1 }], { a: 1 }, { a: { $lt: 5 } }],
  ['an empty array is not null', [{ a: [] }, { a: 1 }, {}], { a: 1 }, { a: { $in: [null, 1] } }],
  ['an empty array comes before null', [{ a: null }, { a: [] }, {}], { c: 1 }, {}, { sort: { a: 1 } }],
  [
    'several fields of one element',
    [
      {
        a: [
          { b: 1, c: 9 },
          { b: 2, c: 1 },
        ],
      },
      { a: [{ b: 1, c: 5 }] },
    ],
    { c: 1 },
    {},
    { sort: { 'a.b': 1, 'a.c': 1 } },
  ],
  [
    'branches that hold the same document',
    [
      { a: 1, c: 1 },
      { a: 2, c: 1 },
    ],
    { a: 1 },
    { $or: [{ a: 1 }, { a: { $lt: 2 } }, { a: 2 }] },
    { sort: { a: 1 } },
  ],
  ['a value that other conditions exclude', [{ a: 1 }, { a: 2 }], { a: 1 }, { a: { $in: [1, 2], $gt: 1 } }],
];
