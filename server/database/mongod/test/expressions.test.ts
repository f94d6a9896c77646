import { expect } from 'chai';
import { Decimal128, type Document, Double, Long } from 'mongodb';
import { withEngine } from './support/engine-suite.ts';
import { asStored, raw, typed } from './typed.ts';

const decimal = (text: string) => Decimal128.fromString(text);
const long = (text: string | number) => Long.fromString(String(text));

const _leap = new Date('2024-02-29T23:59:58.007Z');

/** Expression on one document, and its value, by the manual's pages of the operators. */
const expressions: [string, unknown, Document, unknown][] = [
  ['equality across types of numbers', { $eq: ['$a', '$b'] }, { a: long(5), b: decimal('5.0') }, true],
  ['int64 beyond doubles', { $eq: ['$a', '$b'] }, { a: long('9007199254740993'), b: long('9007199254740992') }, false],
  ['order of types: number before string', { $lt: ['$a', '$b'] }, { a: 9, b: '1' }, true],
  ['order of types: string before object', { $lt: ['$a', '$b'] }, { a: 'z', b: {} }, true],
  ['missing is less than null', { $lt: ['$no', null] }, {}, true],
  ['null is not missing', { $eq: ['$no', null] }, {}, false],
  ['$cmp', { $cmp: ['$a', '$b'] }, { a: decimal('1.5'), b: 1.4 }, 1],

  ['$add of int64', { $add: ['$a', 1] }, { a: long('9007199254740993') }, long('9007199254740994')],
  ['$add to a date', { $add: ['$a', 1000] }, { a: new Date(0) }, new Date(1000)],
  ['$add of null', { $add: ['$a', 1] }, { a: null }, null],

  ['$divide is a double', { $divide: [6, 3] }, {}, new Double(2)],
  ['$mod of int64', { $mod: ['$a', 10] }, { a: long('9007199254740993') }, long(3)],
  ['$round half to even', { $round: [2.5, 0] }, {}, new Double(2)],

  ['$type of a decimal', { $type: '$a' }, { a: decimal('5') }, 'decimal'],

  ['$type of a missing field', { $type: '$a' }, {}, 'missing'],
  ['$type of a date', { $type: '$a' }, { a: new Date() }, 'date'],
  ['$isNumber of a decimal', { $isNumber: '$a' }, { a: decimal('5') }, true],
  ['$ifNull', { $ifNull: ['$no', null, 'x'] }, {}, 'x'],
  ['$cond with zero', { $cond: ['$a', 'yes', 'no'] }, { a: 0 }, 'no'],
  ['$cond with an empty string', { $cond: ['$a', 'yes', 'no'] }, { a: '' }, 'yes'],
  ['$cond with int64 zero', { $cond: ['$a', 'yes', 'no'] }, { a: Long.ZERO }, 'no'],
  ['$in', { $in: [long(2), '$a'] }, { a: [1, 2] }, true],
  ['a path through an array', '$a.b', { a: [{ b: 1 }, {}, { b: 2 }] }, [1, 2]],
  ['$arrayElemAt from the end', { $arrayElemAt: ['$a', -1] }, { a: [1, 2] }, 2],
  ['$concatArrays', { $concatArrays: ['$a', [3]] }, { a: [1] }, [1, 3]],
  ['$filter', { $filter: { input: '$a', cond: { $gt: ['$$this', 1] } } }, { a: [1, 2] }, [2]],
  ['$map', { $map: { input: '$a', as: 'x', in: { $multiply: ['$$x', 2] } } }, { a: [1, 2] }, [2, 4]],

  ['$sum of an array leaves out what is no number', { $sum: '$a' }, { a: [1, 'x', 2] }, 3],
  ['$avg', { $avg: '$a' }, { a: [1, 2] }, 1.5],
  ['$concat with null', { $concat: ['a', null] }, {}, null],
  ['$mergeObjects', { $mergeObjects: ['$a', { y: 2 }] }, { a: { x: 1, y: 1 } }, { x: 1, y: 2 }],
  ['$getField', { $getField: { field: 'x.y', input: '$a' } }, { a: { 'x.y': 1 } }, 1],
  ['$let', { $let: { vars: { x: 2 }, in: { $add: ['$$x', '$a'] } } }, { a: 1 }, 3],

  ['$concatArrays of null', { $concatArrays: ['$a', null] }, { a: [1] }, null],
  ['a missing field in an array', ['$a', '$no'], { a: 1 }, [1, null]],
  ['a missing field in a document', { x: '$a', y: '$no' }, { a: 1 }, { x: 1 }],
  ['numbers in paths are names', '$a.0', { a: ['x', { '0': 'y' }] }, ['y']],
  ['$$ROOT', '$$ROOT.a', { a: 1 }, 1],
  ['$$CURRENT', '$$CURRENT.a.b', { a: { b: 2 } }, 2],
  [
    'variables that hide others',
    { $let: { vars: { x: 1 }, in: { $let: { vars: { x: { $add: ['$$x', 1] } }, in: '$$x' } } } },
    {},
    2,
  ],
  [
    'a path of a variable',
    { $map: { input: '$a', as: 'e', in: '$$e.b' } },
    { a: [{ b: 1 }, {}, { b: [2] }] },
    [1, null, [2]],
  ],
  [
    'loops within loops',
    { $map: { input: [1, 2], as: 'x', in: { $map: { input: [10, 20], as: 'y', in: { $add: ['$$x', '$$y'] } } } } },
    {},
    [
      [11, 21],
      [12, 22],
    ],
  ],
  ['$filter with a limit', { $filter: { input: [1, 2, 3], as: 'x', cond: { $gt: ['$$x', 1] }, limit: 1 } }, {}, [2]],
  ['$cond with a missing field', { $cond: ['$no', 1, 2] }, {}, 2],
  ['$and of nothing', { $and: [] }, {}, true],
  ['$or of nothing', { $or: [] }, {}, false],
  ['$not of a string', { $not: ['x'] }, {}, false],
  ['$slice from the end', { $slice: ['$a', -2] }, { a: [1, 2, 3] }, [2, 3]],
  ['$slice in the middle', { $slice: ['$a', -3, 2] }, { a: [1, 2, 3, 4] }, [2, 3]],
  ['$slice beyond the start', { $slice: ['$a', -9, 2] }, { a: [1, 2, 3] }, [1, 2]],
  ['$arrayElemAt beyond the end', { $ifNull: [{ $arrayElemAt: ['$a', 9] }, 'none'] }, { a: [1] }, 'none'],
  [
    '$setField with a dot',
    { $setField: { field: 'x.y', input: '$$ROOT.a', value: 1 } },
    { a: { z: 0 } },
    { z: 0, 'x.y': 1 },
  ],
  ['$unsetField', { $unsetField: { field: { $literal: '$x' }, input: '$a' } }, { a: { y: 1 } }, { y: 1 }],
  ['$mergeObjects of null', { $mergeObjects: [null, '$no'] }, {}, {}],
  ['$concat with a null before a number', { $concat: [null, 1] }, {}, null],
  ['$abs of an array of arguments', { $abs: [-1] }, {}, 1],
  ['$trunc to tens', { $trunc: [1234, -2] }, {}, 1200],
  ['$multiply of nothing', { $multiply: [] }, {}, 1],
  ['$add from left to right', { $add: [null, 'x'] }, {}, null],
  ['$subtract across int32', { $subtract: [-2147483648, 1] }, {}, long('-2147483649')],
  ['$max of an array', { $max: '$a' }, { a: [1, 'x', null] }, 'x'],
  ['$min of several', { $min: ['$a', '$no', 3] }, { a: 5 }, 3],

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
