import { expect } from 'chai';
import { Decimal128, type Document, Double, Long, ObjectId } from 'mongodb';
import { withEngine } from './support/engine-suite.ts';
import { asStored, raw, typed } from './typed.ts';

const decimal = (text: string) => Decimal128.fromString(text);
const long = (text: string | number) => Long.fromString(String(text));

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
  ['$toString of int64', { $toString: '$a' }, { a: long('9007199254740993') }, '9007199254740993'],
  [
    '$toString of an ObjectId',
    { $toString: '$a' },
    { a: new ObjectId('65a000000000000000000001') },
    '65a000000000000000000001',
  ],
  ['$toInt', { $toInt: '$a' }, { a: '5' }, 5],
  ['$toLong', { $toLong: '$a' }, { a: '9007199254740993' }, long('9007199254740993')],
  ['$toDouble', { $toDouble: '$a' }, { a: long(5) }, new Double(5)],
  ['$toDecimal', { $toDecimal: '$a' }, { a: '5.10' }, decimal('5.10')],
  ['$toDate', { $toDate: '$a' }, { a: '2026-01-02T03:04:05Z' }, new Date('2026-01-02T03:04:05Z')],
  ['$convert with onError', { $convert: { input: 'x', to: 'int', onError: -1 } }, {}, -1],
  [
    '$dateToString in Beijing',
    { $dateToString: { date: '$a', format: '%Y-%m-%d', timezone: 'Asia/Shanghai' } },
    { a: new Date('2026-01-01T17:00:00Z') },
    '2026-01-02',
  ],
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
  ['$reduce', { $reduce: { input: '$a', initialValue: 0, in: { $add: ['$$value', '$$this'] } } }, { a: [1, 2] }, 3],
  ['$setUnion', { $size: { $setUnion: ['$a', [2, 3]] } }, { a: [1, 2] }, 3],
  ['$setEquals across types', { $setEquals: ['$a', [1, 2]] }, { a: [long(2), 1] }, true],
  ['$sortArray', { $sortArray: { input: '$a', sortBy: -1 } }, { a: [1, decimal('3'), 2] }, [decimal('3'), 2, 1]],

  ['$sum of an array leaves out what is no number', { $sum: '$a' }, { a: [1, 'x', 2] }, 3],
  ['$avg', { $avg: '$a' }, { a: [1, 2] }, 1.5],
  ['$strLenCP of Chinese', { $strLenCP: '$a' }, { a: '教师' }, 2],
  ['$strLenBytes of Chinese', { $strLenBytes: '$a' }, { a: '教师' }, 6],
  ['$substrCP', { $substrCP: ['$a', 1, 1] }, { a: '教师' }, '师'],
  ['$toUpper of null', { $toUpper: '$no' }, {}, ''],
  ['$concat with null', { $concat: ['a', null] }, {}, null],
  ['$split', { $split: ['a,b', ','] }, {}, ['a', 'b']],
  ['$mergeObjects', { $mergeObjects: ['$a', { y: 2 }] }, { a: { x: 1, y: 1 } }, { x: 1, y: 2 }],
  ['$objectToArray', { $objectToArray: '$a' }, { a: { x: 1 } }, [{ k: 'x', v: 1 }]],
  ['$arrayToObject', { $arrayToObject: [[['x', 1]]] }, {}, { x: 1 }],
  ['$getField', { $getField: { field: 'x.y', input: '$a' } }, { a: { 'x.y': 1 } }, 1],
  ['$let', { $let: { vars: { x: 2 }, in: { $add: ['$$x', '$a'] } } }, { a: 1 }, 3],

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
