import { expect } from 'chai';
import { type Document, Long } from 'mongodb';
import { withEngine } from './support/engine-suite.ts';
import { asStored, raw, typed } from './typed.ts';

const long = (text: string | number) => Long.fromString(String(text));

/** Expression on one document, and its value, by the manual's pages of the operators. */
const expressions: [string, unknown, Document, unknown][] = [
  ['int64 beyond doubles', { $eq: ['$a', '$b'] }, { a: long('9007199254740993'), b: long('9007199254740992') }, false],
  ['$size', { $size: '$a' }, { a: [1, 2] }, 2],
  [
    '$setField',
    { $setField: { field: { $literal: '$x' }, input: '$$ROOT.a', value: '$a.z' } },
    { a: { z: 0 } },
    { z: 0, $x: 0 },
  ],
  [
    '$setField that removes',
    { $setField: { field: 'x.y', input: '$a', value: '$$REMOVE' } },
    { a: { 'x.y': 1, z: 2 } },
    { z: 2 },
  ],
  ['$concat', { $concat: ['$a', '|', '$b'] }, { a: 'x', b: 'y' }, 'x|y'],
  ['$ne', { $ne: ['$a', 1] }, { a: long(1) }, false],
  ['$gte', { $gte: ['$a', 1] }, { a: [1] }, true],
  ['$gt', { $gt: ['$a', 1] }, { a: 1 }, false],
  ['$lte', { $lte: ['$a', 1] }, { a: null }, true],
  ['order of types: number before string', { $lt: ['$a', '$b'] }, { a: 9, b: '1' }, true],
  ['order of types: string before object', { $lt: ['$a', '$b'] }, { a: 'z', b: {} }, true],
  ['missing is less than null', { $lt: ['$no', null] }, {}, true],
  ['null is not missing', { $eq: ['$no', null] }, {}, false],
  ['$ifNull', { $ifNull: ['$no', null, 'x'] }, {}, 'x'],
  ['a path through an array', '$a.b', { a: [{ b: 1 }, {}, { b: 2 }] }, [1, 2]],
  ['$concat with null', { $concat: ['a', null] }, {}, null],
  ['a missing field in an array', ['$a', '$no'], { a: 1 }, [1, null]],
  ['a missing field in a document', { x: '$a', y: '$no' }, { a: 1 }, { x: 1 }],
  ['numbers in paths are names', '$a.0', { a: ['x', { '0': 'y' }] }, ['y']],
  ['$$ROOT', '$$ROOT.a', { a: 1 }, 1],
  ['$$CURRENT', '$$CURRENT.a.b', { a: { b: 2 } }, 2],
  [
    '$setField with a dot',
    { $setField: { field: 'x.y', input: '$$ROOT.a', value: 1 } },
    { a: { z: 0 } },
    { z: 0, 'x.y': 1 },
  ],
  ['$concat with a null before a number', { $concat: [null, 1] }, {}, null],

  ['$literal', { $literal: '$a' }, { a: 1 }, '$a'],
];

describe('expressions of the engine', () => {
  const engine = withEngine('expressions');

  for (const [name, expression, document, expected] of expressions) {
    it(name, async () => {
      await engine.db.collection('rows').insertOne({ ...document });
      const [found] = await engine.db
        .collection('rows')
        .aggregate([{ $project: { _id: 0, v: expression } }], raw)
        .toArray();
      expect(typed(found?.v)).to.equal(typed(asStored(expected)));
    });
  }
});
