import { expect } from 'chai';
import { Decimal128, type Document, Double, Long, ObjectId } from 'mongodb';
import { withEngine } from './support/engine-suite.ts';
import { asStored, raw, typed } from './typed.ts';

const decimal = (text: string) => Decimal128.fromString(text);
const long = (text: string | number) => Long.fromString(String(text));

const leap = new Date('2024-02-29T23:59:58.007Z');

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
  ['$allElementsTrue', { $allElementsTrue: [[1, 'x', true]] }, {}, true],
  ['$anyElementTrue', { $anyElementTrue: [[0, null, false]] }, {}, false],
  ['$slice from the end', { $slice: ['$a', -2] }, { a: [1, 2, 3] }, [2, 3]],
  ['$slice in the middle', { $slice: ['$a', -3, 2] }, { a: [1, 2, 3, 4] }, [2, 3]],
  ['$slice beyond the start', { $slice: ['$a', -9, 2] }, { a: [1, 2, 3] }, [1, 2]],
  ['$range down', { $range: [5, 0, -2] }, {}, [5, 3, 1]],
  ['$reverseArray', { $reverseArray: { $range: [0, 3] } }, {}, [2, 1, 0]],
  ['$indexOfArray within bounds', { $indexOfArray: [[1, 2, 1], 1, 1, 3] }, {}, 2],
  ['$arrayElemAt beyond the end', { $ifNull: [{ $arrayElemAt: ['$a', 9] }, 'none'] }, { a: [1] }, 'none'],
  [
    '$setIntersection',
    {
      $setIntersection: [
        [1, 2, 2],
        [2, 3],
      ],
    },
    {},
    [2],
  ],
  ['$setDifference', { $setDifference: [[1, 2, 1], [2]] }, {}, [1]],
  [
    '$setIsSubset',
    {
      $setIsSubset: [
        [1, 1],
        [1, 2],
      ],
    },
    {},
    true,
  ],
  [
    '$sortArray by fields',
    { $sortArray: { input: '$a', sortBy: { x: -1 } } },
    { a: [{ x: 1 }, { x: 2 }] },
    [{ x: 2 }, { x: 1 }],
  ],
  ['$objectToArray of null', { $objectToArray: null }, {}, null],
  [
    '$arrayToObject of documents',
    {
      $arrayToObject: [
        [
          { k: 'x', v: 1 },
          { k: 'x', v: 2 },
        ],
      ],
    },
    {},
    { x: 2 },
  ],
  [
    '$setField with a dot',
    { $setField: { field: 'x.y', input: '$$ROOT.a', value: 1 } },
    { a: { z: 0 } },
    { z: 0, 'x.y': 1 },
  ],
  ['$unsetField', { $unsetField: { field: { $literal: '$x' }, input: '$a' } }, { a: { y: 1 } }, { y: 1 }],
  ['$mergeObjects of null', { $mergeObjects: [null, '$no'] }, {}, {}],
  ['$bsonSize', { $bsonSize: '$a' }, { a: { x: 1, y: '教' } }, 23],
  ['$strLenCP beyond the plane', { $strLenCP: '𠮷野' }, {}, 2],
  ['$substrCP beyond the plane', { $substrCP: ['𠮷野家', 1, 2] }, {}, '野家'],
  ['$substrBytes', { $substrBytes: ['教师', 3, 3] }, {}, '师'],
  ['$substrBytes to the end', { $substrBytes: ['hello', 2, -1] }, {}, 'llo'],
  ['$substr of a number', { $substr: [2026, 0, 2] }, {}, '20'],
  ['$indexOfCP', { $indexOfCP: ['𠮷野家', '家'] }, {}, 2],
  ['$indexOfCP from a place', { $indexOfCP: ['cafeteria', 'e', 4] }, {}, 5],
  ['$indexOfCP of nothing found', { $indexOfCP: ['foo.bar', 'x'] }, {}, -1],
  ['$indexOfBytes', { $indexOfBytes: ['教师', '师'] }, {}, 3],
  ['$indexOfBytes of null', { $indexOfBytes: [null, 'x'] }, {}, null],
  ['$toUpper is ASCII', { $toUpper: 'aé' }, {}, 'Aé'],
  ['$toLower', { $toLower: 'ABC' }, {}, 'abc'],
  ['$strcasecmp', { $strcasecmp: ['ab', 'AC'] }, {}, -1],
  ['$trim', { $trim: { input: '  \n good  bye \t  ' } }, {}, 'good  bye'],
  ['$trim of characters', { $trim: { input: ' ggggoodbyeeeee', chars: 'ge' } }, {}, ' ggggoodby'],
  ['$ltrim of characters', { $ltrim: { input: ' ggggoodbyeeeee', chars: ' gd' } }, {}, 'oodbyeeeee'],
  ['$rtrim', { $rtrim: { input: ' x ' } }, {}, ' x'],
  ['$trim of null', { $trim: { input: '$no' } }, {}, null],
  ['$replaceOne', { $replaceOne: { input: 'a.a', find: 'a', replacement: { $literal: '$&' } } }, {}, '$&.a'],
  ['$replaceAll', { $replaceAll: { input: 'a.a', find: 'a', replacement: 'b' } }, {}, 'b.b'],
  ['$split with nothing between', { $split: ['a,,b,', ','] }, {}, ['a', '', 'b', '']],
  ['$split without the separator', { $split: ['ab', ','] }, {}, ['ab']],
  ['$concat with a null before a number', { $concat: [null, 1] }, {}, null],
  ['$year and $month', [{ $year: '$t' }, { $month: '$t' }, { $dayOfMonth: '$t' }], { t: leap }, [2024, 2, 29]],
  [
    'times',
    [{ $hour: '$t' }, { $minute: '$t' }, { $second: '$t' }, { $millisecond: '$t' }],
    { t: leap },
    [23, 59, 58, 7],
  ],
  ['days', [{ $dayOfWeek: '$t' }, { $dayOfYear: '$t' }, { $isoDayOfWeek: '$t' }], { t: leap }, [5, 60, 4]],
  ['weeks', [{ $week: '$t' }, { $isoWeek: '$t' }, { $isoWeekYear: '$t' }], { t: leap }, [8, 9, long(2024)]],
  [
    'the last days of 2024 are in week 1 of 2025',
    [{ $isoWeek: '$t' }, { $isoWeekYear: '$t' }],
    { t: new Date('2024-12-30') },
    [1, long(2025)],
  ],
  [
    'the first of January 2023 is in week 52 of 2022',
    [{ $isoWeek: '$t' }, { $isoWeekYear: '$t' }],
    { t: new Date('2023-01-01') },
    [52, long(2022)],
  ],
  [
    'the first of January 2016 is in week 53 of 2015',
    [{ $isoWeek: '$t' }, { $isoWeekYear: '$t' }],
    { t: new Date('2016-01-01') },
    [53, long(2015)],
  ],
  ['weeks from Sunday', [{ $week: new Date('2016-01-01') }, { $week: new Date('2017-01-01') }], {}, [0, 1]],
  [
    'before 1970',
    [{ $year: '$t' }, { $dayOfMonth: '$t' }, { $millisecond: '$t' }],
    { t: new Date(-1) },
    [1969, 31, 999],
  ],
  ['an hour in Beijing', { $hour: { date: '$t', timezone: 'Asia/Shanghai' } }, { t: leap }, 7],
  ['a day by an offset', { $dayOfMonth: { date: '$t', timezone: '+0100' } }, { t: leap }, 1],
  [
    'an hour in summer time',
    { $hour: { date: '$t', timezone: 'Europe/Berlin' } },
    { t: new Date('2026-07-01T10:00:00Z') },
    12,
  ],
  [
    'an hour in winter time',
    { $hour: { date: '$t', timezone: 'Europe/Berlin' } },
    { t: new Date('2026-01-01T10:00:00Z') },
    11,
  ],
  ['a part of null', { $year: null }, {}, null],
  ['$dateToString', { $dateToString: { date: '$t' } }, { t: leap }, '2024-02-29T23:59:58.007Z'],
  [
    '$dateToString with all specifiers',
    {
      $dateToString: {
        date: '$t',
        format: '%Y %m %d %H %M %S %L %j %u %w %U %V %G %z %Z %b %B %%',
        timezone: '-04:30',
      },
    },
    { t: leap },
    '2024 02 29 19 29 58 007 060 4 5 08 09 2024 -0430 -270 Feb February %',
  ],
  ['$dateToString of null', { $dateToString: { date: '$no', onNull: 'none' } }, {}, 'none'],
  ['$toDate with an offset', { $toDate: '2026-01-02T03:04:05.6+08:00' }, {}, new Date('2026-01-01T19:04:05.600Z')],
  ['$toDate of a day', { $toDate: '2026-02-28' }, {}, new Date('2026-02-28')],
  [
    '$toString of doubles',
    [{ $toString: 2.5 }, { $toString: -0.125 }, { $toString: 1e14 }],
    {},
    ['2.5', '-0.125', '100000000000000'],
  ],
  ['$convert of what has no value', { $convert: { input: '$no', to: 'int', onNull: 'x' } }, {}, 'x'],
  ['$abs of an array of arguments', { $abs: [-1] }, {}, 1],
  ['$log', { $log: [100, 10] }, {}, new Double(2)],
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
