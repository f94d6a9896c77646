import { Binary, BSONRegExp, Code, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp } from 'bson';
import type { Document } from 'mongodb';

/** Numbers from 0 to 1, the same ones for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const nest = (levels: number, name: string, isArray: boolean): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = isArray ? [value] : { [name]: isArray ? [value] : value };
  return value;
};

/** A document with a field of any name, as a client in another language may send it. */
const named = (name: string, value: unknown): unknown => new Map([[name, value]]);

/** Values of which some command or other does not think. */
export const nasty: (() => unknown)[] = [
  () => null,
  () => true,
  () => false,
  () => '',
  () => 'x'.repeat(100_000),
  () => '\0',
  () => '$a',
  () => '$$ROOT',
  () => 'a.b.c',
  () => '学\u{1f600}',
  () => new Int32(0),
  () => new Int32(-1),
  () => new Int32(0x7fffffff),
  () => new Int32(-0x80000000),
  () => new Double(Number.NaN),
  () => new Double(Number.POSITIVE_INFINITY),
  () => new Double(Number.NEGATIVE_INFINITY),
  () => new Double(-0),
  () => new Double(1e308),
  () => new Double(0.5),
  () => Long.MAX_VALUE,
  () => Long.MIN_VALUE,
  () => Long.ZERO,
  () => Decimal128.fromString('NaN'),
  () => Decimal128.fromString('1E+6000'),
  () => new Date(0),
  () => new Date(8.6e15),
  () => new ObjectId('0123456789abcdef01234567'),
  () => new Timestamp(0n),
  () => new Timestamp(0xffffffffffffffffn),
  () => new Binary(Buffer.alloc(16), 4),
  () => new Binary(Buffer.alloc(0), 2),
  () => new MinKey(),
  () => new MaxKey(),
  () => new Code('x', { a: 1 }),
  () => new BSONRegExp('(a+)+$', ''),
  () => new BSONRegExp('a*a*a*a*a*$', ''),
  () => new BSONRegExp('(', 'x'),
  () => new BSONRegExp('\\h(?R)', 'i'),
  () => [],
  () => ({}),
  () => [[]],
  () => [{}],
  () => [null],
  () => ({ $ref: 'a', $id: 1 }),
  () => ({ $eq: { $eq: 1 } }),
  () => ({ $in: Array.from({ length: 10_000 }, (_each, n) => n) }),
  () => ({ $all: Array.from({ length: 1000 }, (_each, n) => [n]) }),
  () => ({ $elemMatch: { $elemMatch: { $gt: 1 } } }),
  () => ({ $regex: '^(a|a)*$', $options: 'imsx' }),
  () => ({ $regex: 5 }),
  () => ({ $expr: { $concat: ['$a', 1] } }),
  () => ({ $nonsense: 1 }),
  () => ({ a: 1, b: -1 }),
  () => ({ 'a.$[].b': 1 }),
  () => ({ 'a..b': 1, '.': 2 }),
  () => named('', 1),
  () => named('__proto__', { x: 1 }),
  () => named('constructor', { prototype: 1 }),
  () => named('toBSON', 1),
  () => named('then', 1),
  () => named('10', named('2', 1)),
  () => nest(60, 'a', false),
  () => nest(190, 'a', false),
  () => nest(150, '', true),
  () => [{ $match: { a: 1 } }, { $group: { _id: '$a' } }],
  () => [{ $set: { a: '$b' } }],
  () => Array.from({ length: 5000 }, (_each, n) => ({ n })),
];

const fields = { a: 1, b: [1, 2, { c: 1 }], d: { e: 'x' } };
const id = { id: new Binary(Buffer.alloc(16, 7), 4) };

/** A valid command of every kind that is not about stopping the process or making it fail. */
export const commands: (() => Document)[] = [
  () => ({ ping: 1 }),
  () => ({ hello: 1 }),
  () => ({ insert: 'rows', documents: [fields, { _id: { x: 1 }, ...fields }], ordered: false }),
  () => ({ insert: 'others', documents: [{ code: 1, tags: ['a', 'b'] }] }),
  () => ({
    update: 'rows',
    updates: [
      { q: { a: 1 }, u: { $set: { 'd.f': 1 }, $inc: { n: 1 }, $unset: { z: '' } }, multi: true },
      { q: { b: 2 }, u: { $push: { b: { $each: [1] } } }, upsert: true },
      { q: { 'b.c': 1 }, u: { $set: { 'b.$[x]': 5 } }, arrayFilters: [{ x: { $gt: 1 } }], hint: '_id_' },
    ],
  }),
  () => ({ update: 'rows', updates: [{ q: { b: 1 }, u: { $set: { 'b.0': 2 }, $min: { n: 0 } } }] }),
  () => ({ update: 'rows', updates: [{ q: {}, u: [{ $set: { n: { $concat: ['$a', 'x'] } } }] }] }),
  () => ({ update: 'rows', updates: [{ q: { a: 1 }, u: { a: 1, m: 1 }, collation: { locale: 'zh' } }] }),
  () => ({ delete: 'rows', deletes: [{ q: { a: { $gt: 5 } }, limit: 1 }] }),
  () => ({
    findAndModify: 'rows',
    query: { a: 1 },
    sort: { a: 1 },
    update: { $inc: { n: 1 } },
    new: true,
    fields: { a: 1 },
  }),
  () => ({
    bulkWrite: 1,
    ops: [
      { insert: 0, document: fields },
      { update: 0, filter: {}, updateMods: { $set: { a: 2 } } },
      { delete: 0, filter: { a: 9 } },
    ],
    nsInfo: [{ ns: 'fuzz.rows' }],
  }),
  () => ({
    find: 'rows',
    filter: { a: { $gte: 0 }, b: { $elemMatch: { c: 1 } } },
    sort: { a: 1, _id: -1 },
    projection: { a: 1 },
    limit: 5,
    skip: 1,
    batchSize: 2,
  }),
  () => ({
    find: 'rows',
    filter: { $or: [{ a: 1 }, { $and: [{ b: 2 }, { d: { $exists: true } }] }], x: { $elemMatch: { $in: [1] } } },
  }),
  () => ({
    find: 'rows',
    filter: { name: { $regex: '^a', $options: 'i' }, $expr: { $eq: ['$a', 1] } },
    hint: { a: 1 },
  }),
  () => ({ getMore: Long.fromNumber(5), collection: 'rows', batchSize: 2 }),
  () => ({ killCursors: 'rows', cursors: [Long.fromNumber(5)] }),
  () => ({ count: 'rows', query: { a: 1 }, limit: 5 }),
  () => ({ distinct: 'rows', key: 'b', query: { a: 1 } }),
  () => ({
    aggregate: 'rows',
    pipeline: [{ $match: { a: 1 } }, { $group: { _id: '$b', n: { $sum: 1 } } }, { $sort: { n: 1 } }],
    cursor: { batchSize: 2 },
  }),
  () => ({
    aggregate: 'rows',
    pipeline: [{ $unwind: '$b' }, { $project: { b: 1, x: { $ifNull: ['$a', { $size: '$b' }] } } }],
    cursor: {},
  }),
  () => ({
    aggregate: 'rows',
    pipeline: [{ $count: 'n' }, { $replaceWith: { $setField: { field: 'z', input: '$$ROOT', value: 1 } } }],
    cursor: {},
  }),
  () => ({ aggregate: 'rows', pipeline: [{ $limit: 3 }, { $merge: { into: 'merged', on: '_id' } }], cursor: {} }),
  () => ({ aggregate: 'rows', pipeline: [{ $limit: 3 }, { $out: 'out' }], cursor: {} }),
  () => ({ explain: { find: 'rows', filter: { a: 1 } }, verbosity: 'executionStats' }),
  () => ({
    createIndexes: 'rows',
    indexes: [
      { key: { a: 1, b: -1 }, name: 'a_b' },
      { key: { n: 1 }, name: 'n' },
    ],
  }),
  () => ({
    createIndexes: 'rows',
    indexes: [{ key: { m: 1 }, name: 'm', unique: true }],
  }),
  () => ({ createIndexes: 'others', indexes: [{ key: { at: 1 }, name: 'at', expireAfterSeconds: 60 }] }),
  () => ({ listIndexes: 'rows', cursor: {} }),
  () => ({ dropIndexes: 'rows', index: 'm' }),
  () => ({ create: 'created' }),
  () => ({ drop: 'created' }),
  () => ({ listCollections: 1, filter: { name: 'rows' }, nameOnly: true, cursor: {} }),
  () => ({ listDatabases: 1, nameOnly: true }),
  () => ({ buildInfo: 1 }),
  () => ({ serverStatus: 1 }),
  () => ({ getParameter: 1, featureCompatibilityVersion: 1 }),
  () => ({ refreshSessions: [id] }),
  () => ({ endSessions: [id] }),
  () => ({ find: 'rows', lsid: id, txnNumber: Long.fromNumber(1), startTransaction: true, autocommit: false }),
  () => ({ insert: 'rows', documents: [{ t: 1 }], lsid: id, txnNumber: Long.fromNumber(1), autocommit: false }),
  () => ({ commitTransaction: 1, lsid: id, txnNumber: Long.fromNumber(1), autocommit: false }),
  () => ({ abortTransaction: 1, lsid: id, txnNumber: Long.fromNumber(2), autocommit: false }),
  () => ({ insert: 'rows', documents: [{ r: 1 }], lsid: id, txnNumber: Long.fromNumber(3) }),
  () => ({ getLog: 'global' }),
  () => ({ currentOp: 1 }),
  () => ({ connectionStatus: 1 }),
  () => ({ whatsmyuri: 1 }),
  () => ({ saslStart: 1, mechanism: 'SCRAM-SHA-256', payload: new Binary(Buffer.from('n,,n=a,r=b')) }),
  () => ({ saslContinue: 1, conversationId: 1, payload: new Binary(Buffer.from('c=biws')) }),
];
