import { expect } from 'chai';
import type { Document } from 'mongodb';
import { withEngine } from './support/engine-suite.ts';

type Row = Document & { _id: number };

/** A document, the query that finds it, an update, and the document after it or the code with which it is refused. */
interface Case {
  before: Document;
  q?: Document;
  u: Document | Document[];
  arrayFilters?: Document[];
  after: Document | number;
}

const scores = {
  list: [
    { n: 1, v: 0 },
    { n: 2, v: 0 },
    { n: 3, v: 0 },
  ],
};

const cases: Record<string, Case> = {
  // Positions are decided by the document as it was found.
  '$[name] in two paths, the first of which the filter looks at': {
    before: scores,
    u: { $set: { 'list.$[x].n': 0, 'list.$[x].v': 1 } },
    arrayFilters: [{ 'x.n': { $gte: 2 } }],
    after: {
      list: [
        { n: 1, v: 0 },
        { n: 0, v: 1 },
        { n: 0, v: 1 },
      ],
    },
  },
  '$[name] and $[other] of which one changes what the other looks at': {
    before: scores,
    u: { $inc: { 'list.$[x].n': 1 }, $set: { 'list.$[y].v': 5 } },
    arrayFilters: [{ 'x.n': 1 }, { 'y.n': 2 }],
    after: {
      list: [
        { n: 2, v: 0 },
        { n: 2, v: 5 },
        { n: 3, v: 0 },
      ],
    },
  },
  '$[a] within $[b]': {
    before: {
      a: [
        { k: 1, x: [1, 2] },
        { k: 2, x: [1, 2] },
      ],
    },
    u: { $set: { 'a.$[b].x.$[c]': 0, 'a.$[b].k': 9 } },
    arrayFilters: [{ 'b.k': 2 }, { c: { $gt: 1 } }],
    after: {
      a: [
        { k: 1, x: [1, 2] },
        { k: 9, x: [1, 0] },
      ],
    },
  },
  '$[] within $[]': {
    before: { a: [[1, 2], [3]] },
    u: { $inc: { 'a.$[].$[]': 1 } },
    after: { a: [[2, 3], [4]] },
  },
  '$[] of an empty array': { before: { a: [] }, u: { $set: { 'a.$[]': 1 } }, after: { a: [] } },
  'two identifiers that mean one element': {
    before: { a: [1] },
    u: { $set: { 'a.$[x]': 1, 'a.$[y]': 2 } },
    arrayFilters: [{ x: 1 }, { y: { $gt: 0 } }],
    after: 40,
  },
  'two identifiers that mean fields of one element': {
    before: { a: [{ b: 1 }] },
    u: { $set: { 'a.$[x].c': 1, 'a.$[y].d': 2 } },
    arrayFilters: [{ 'x.b': 1 }, { 'y.b': 1 }],
    after: { a: [{ b: 1, c: 1, d: 2 }] },
  },
  'an identifier beside a position': {
    before: { a: [1] },
    u: { $set: { 'a.$[x]': 1, 'a.5': 2 } },
    arrayFilters: [{ x: 7 }],
    after: 40,
  },
  'an identifier without a filter': { before: { a: [1] }, u: { $set: { 'a.$[x]': 1 } }, after: 2 },
  'a filter without its identifier': { before: { a: 1 }, u: { $set: { a: 2 } }, arrayFilters: [{ x: 1 }], after: 9 },
  'a filter of a replacement': { before: { a: 1 }, u: { a: 2 }, arrayFilters: [{ x: 1 }], after: 9 },
  'a filter of a pipeline': { before: { a: 1 }, u: [{ $set: { a: 2 } }], arrayFilters: [{ x: 1 }], after: 9 },
  'two filters of one name': {
    before: { a: [1] },
    u: { $set: { 'a.$[x]': 1 } },
    arrayFilters: [{ x: 1 }, { 'x.b': 1 }],
    after: 9,
  },
  'a filter about two names': {
    before: { a: [1] },
    u: { $set: { 'a.$[x]': 1 } },
    arrayFilters: [{ x: 1, y: 1 }],
    after: 9,
  },
  'a filter of a name that is none': {
    before: { a: [1] },
    u: { $set: { 'a.$[X]': 1 } },
    arrayFilters: [{ X: 1 }],
    after: 2,
  },
  '$[] of what is no array': { before: { a: 1 }, u: { $set: { 'a.$[]': 1 } }, after: 2 },
  '$[] of what is not there': { before: {}, u: { $set: { 'a.$[]': 1 } }, after: 2 },
  'a name with a dollar': { before: {}, u: { $set: { 'a.$b': 1 } }, after: 52 },

  // Order of fields and conflicts.
  'new fields by name, numbers by value': {
    before: {},
    u: { $set: { b: 1, a: 1, 10: 1, 2: 1 } },
    after: { 2: 1, 10: 1, a: 1, b: 1 },
  },
  'a path and one within it': { before: {}, u: { $set: { a: 1, 'a.b': 2 } }, after: 40 },
  'a path in two operators': { before: {}, u: { $set: { a: 1 }, $inc: { a: 2 } }, after: 40 },
  'paths that only begin alike': { before: {}, u: { $set: { ab: 1, 'a.b': 2 } }, after: { a: { b: 2 }, ab: 1 } },
  'an empty path': { before: {}, u: { $set: { '': 1 } }, after: 56 },
  'an empty part of a path': { before: {}, u: { $set: { 'a..b': 1 } }, after: 56 },
  'a field of a number': { before: { a: 1 }, u: { $set: { 'a.b': 1 } }, after: 28 },
  'a field of null': { before: { a: null }, u: { $set: { 'a.b': 1 } }, after: 28 },
  'a name in an array': { before: { a: [1] }, u: { $set: { 'a.b': 1 } }, after: 28 },
  'a position with a leading zero': { before: { a: [1] }, u: { $set: { 'a.00': 1 } }, after: 28 },
  'a position beyond the end': { before: { a: [1] }, u: { $set: { 'a.3': 1 } }, after: { a: [1, null, null, 1] } },
  'a position far beyond the end': { before: { a: [1] }, u: { $set: { 'a.1500002': 1 } }, after: 28 },
  'the names of prototypes': {
    before: {},
    u: { $set: { constructor: 1, 'toString.valueOf': 2 } },
    after: { constructor: 1, toString: { valueOf: 2 } },
  },

  // _id.
  '_id to the same': { before: { a: 1 }, u: { $set: { _id: 1, a: 2 } }, after: { a: 2 } },
  '_id to another': { before: { a: 1 }, u: { $set: { _id: 2 } }, after: 66 },
  'a part of _id': { before: { a: 1 }, u: { $set: { '_id.x': 2 } }, after: 28 },
  '$unset of _id': { before: { a: 1 }, u: { $unset: { _id: '' } }, after: 66 },
  '$inc of _id': { before: { a: 1 }, u: { $inc: { _id: 1 } }, after: 66 },
  'a replacement with another _id': { before: { a: 1 }, u: { _id: 2 }, after: 66 },
  'a replacement without _id': { before: { a: 1, b: 2 }, u: { b: 3 }, after: { b: 3 } },
  'a replacement with an operator': { before: { a: 1 }, u: { b: 3, $set: { a: 1 } }, after: 52 },
  'a pipeline that changes _id': { before: { a: 1 }, u: [{ $set: { _id: 2 } }], after: 66 },
  'a pipeline that loses _id': { before: { a: 1 }, u: [{ $replaceWith: { b: '$a' } }], after: { b: 1 } },
  'a pipeline with a stage that is no update': { before: { a: 1 }, u: [{ $match: { a: 1 } }], after: 72 },
  'a pipeline with a stage that is no document': { before: { a: 1 }, u: [5 as never], after: 14 },
  'a pipeline without stages': { before: { a: 1 }, u: [], after: { a: 1 } },

  // Operators.
  '$inc of what is not there': { before: {}, u: { $inc: { a: 5, 'b.c': -1 } }, after: { a: 5, b: { c: -1 } } },
  '$inc of null': { before: { a: null }, u: { $inc: { a: 1 } }, after: 14 },
  '$inc by a text': { before: { a: 1 }, u: { $inc: { a: '1' } }, after: 14 },
  '$min of another type': { before: { a: 'x', b: 5 }, u: { $min: { a: 5, b: 'x' } }, after: { a: 5, b: 5 } },
  '$max of another type': { before: { a: 'x', b: 5 }, u: { $max: { a: 5, b: null } }, after: { a: 'x', b: 5 } },
  '$min of what is not there': { before: {}, u: { $min: { a: 5 } }, after: { a: 5 } },
  '$push with an unknown clause': { before: { a: [] }, u: { $push: { a: { $each: [], $nonsense: 1 } } }, after: 2 },
  '$push to a number': { before: { a: 1 }, u: { $push: { a: 1 } }, after: 2 },
  '$push of an array': { before: { a: [1] }, u: { $push: { a: [2, 3] } }, after: { a: [1, [2, 3]] } },
  $addToSet: {
    before: { a: [1, { x: 1, y: 2 }] },
    u: { $addToSet: { a: { $each: [1, 2, 2, { y: 2, x: 1 }, { x: 1, y: 2 }] } } },
    after: { a: [1, { x: 1, y: 2 }, 2, { y: 2, x: 1 }] },
  },
  '$addToSet to what is not there': { before: {}, u: { $addToSet: { a: { b: 1 } } }, after: { a: [{ b: 1 }] } },
  '$pull of a value': { before: { a: [1, 2, 1, [1]] }, u: { $pull: { a: 1 } }, after: { a: [2, [1]] } },
  '$pull by conditions': { before: { a: [1, 5, 9] }, u: { $pull: { a: { $gt: 1, $lt: 9 } } }, after: { a: [1, 9] } },
  '$pull of documents by some of their fields': {
    before: { a: [{ x: 1, y: 1 }, { x: 1, y: 2 }, 5] },
    u: { $pull: { a: { x: 1, y: { $gt: 1 } } } },
    after: { a: [{ x: 1, y: 1 }, 5] },
  },
  '$pull by $or': {
    before: { a: [{ x: 1 }, { y: 1 }, { z: 1 }, 5] },
    u: { $pull: { a: { $or: [{ x: 1 }, { y: 1 }] } } },
    after: { a: [{ z: 1 }, 5] },
  },
  '$pull by a regular expression': { before: { a: ['ab', 'b', 1] }, u: { $pull: { a: /^a/ } }, after: { a: ['b', 1] } },
  '$pull by $elemMatch': {
    before: { a: [{ l: [{ q: 1 }] }, { l: [{ q: 2 }] }] },
    u: { $pull: { a: { l: { $elemMatch: { q: 2 } } } } },
    after: { a: [{ l: [{ q: 1 }] }] },
  },
  '$pull of an array': { before: { a: [[1, 2], 1, [2, 1]] }, u: { $pull: { a: [1, 2] } }, after: { a: [1, [2, 1]] } },
  '$pull from a number': { before: { a: 1 }, u: { $pull: { a: 1 } }, after: 2 },
  '$pull from what is not there': { before: { b: 1 }, u: { $pull: { a: 1 } }, after: { b: 1 } },
  '$setOnInsert of what is there': { before: { a: 1 }, u: { $setOnInsert: { a: 2, b: 1 } }, after: { a: 1 } },
  '$unset of a field within an array': {
    before: { a: [{ x: 1, y: 1 }] },
    u: { $unset: { 'a.0.x': '', 'b.c': '' } },
    after: { a: [{ y: 1 }] },
  },
  'an operator that nobody knows': { before: { a: 1 }, u: { $nonsense: {} }, after: 238 },
  'a field beside operators': { before: { a: 1 }, u: { $set: { a: 2 }, b: 1 }, after: 9 },

  // What this engine does not have.
  ...Object.fromEntries(
    [
      { $set: { 'a.$': 1 } },
      { $unset: { 'a.$.b': '' } },
      { $mul: { a: 2 } },
      { $rename: { a: 'b' } },
      { $currentDate: { a: true } },
      { $bit: { a: { or: 1 } } },
      { $pop: { a: 1 } },
      { $pullAll: { a: [1] } },
      { $push: { a: { $each: [1], $slice: 1 } } },
      { $push: { a: { $each: [1], $sort: 1 } } },
      { $push: { a: { $each: [1], $position: 0 } } },
    ].map((u): [string, Case] => [JSON.stringify(u), { before: { a: [1] }, u, after: 238 }]),
  ),
  '$push of several': { before: { a: [5] }, u: { $push: { a: { $each: [4, 2] } } }, after: { a: [5, 4, 2] } },
  'an operator without fields': { before: { a: 1 }, u: { $set: {}, $max: {} }, after: { a: 1 } },
};

describe('updates', () => {
  const engine = withEngine('updates');
  const rows = () => engine.db.collection<Row>('rows');

  for (const [name, { before, q, u, arrayFilters, after }] of Object.entries(cases)) {
    it(`${typeof after === 'number' ? 'refuse' : 'know'} ${name}`, async () => {
      const statement = { q: q ?? { _id: 1 }, u, ...(arrayFilters && { arrayFilters }) };
      const forms: Document[] = [
        { update: 'rows', updates: [statement] },
        { findAndModify: 'rows', query: statement.q, update: u, ...(arrayFilters && { arrayFilters }) },
        {
          bulkWrite: 1,
          ops: [{ update: 0, filter: statement.q, updateMods: u, ...(arrayFilters && { arrayFilters }) }],
          nsInfo: [{ ns: 'updates.rows' }],
        },
      ];
      for (const form of forms) {
        await rows().deleteMany({});
        await rows().insertOne({ _id: 1, ...before });
        const db = form.bulkWrite ? engine.client.db('admin') : engine.db;
        const reply = await db.command(form).catch((error) => error);
        const failed = reply.writeErrors?.[0] ?? reply.cursor?.firstBatch[0] ?? reply;
        const found = await rows().findOne({ _id: 1 });
        const [command] = Object.keys(form);
        if (typeof after === 'number') {
          expect(failed.code, `${command}: ${failed.errmsg ?? failed.message}`).to.equal(after);
          expect(JSON.stringify(found)).to.equal(JSON.stringify({ _id: 1, ...before }));
        } else {
          expect(failed.code, `${command}: ${failed.errmsg ?? failed.message}`).to.equal(undefined);
          expect(JSON.stringify(found), command).to.equal(JSON.stringify({ _id: 1, ...after }));
        }
      }
    });
  }

  it('push as many elements as a document holds', async () => {
    const rows = engine.db.collection('rows');
    await rows.insertOne({ _id: 1 as never, list: [0] });
    const each = Array.from({ length: 200_000 }, () => 1);
    await rows.updateOne({}, { $push: { list: { $each: each } as never } });
    await rows.updateOne({}, { $push: { list: { $each: each } as never } });
    expect((await rows.findOne())?.list).to.have.length(400_001);
  });
});
