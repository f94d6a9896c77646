import { expect } from 'chai';
import { BSONSymbol, Code, Decimal128, type Document, MaxKey, MinKey } from 'mongodb';
import { withEngine } from './support/engine-suite.ts';

/** Commands that MongoDB has and the engine has not: none may look as if it had worked. */
const unknown =
  `addShard analyze applyOps authenticate balancerStart cleanupOrphaned cloneCollectionAsCapped collMod collStats compact convertToCapped
createRole createUser currentOp dataSize dbHash dbStats deleteIndexes dropAllUsersFromDatabase dropConnections dropUser enableSharding eval findandmodify fsync
filemd5 flushRouterConfig geoNear getClusterParameter getCmdLineOpts getShardMap grantRolesToUser group hostInfo killOp killSessions listCommands listShards logRotate logout
mapReduce moveChunk parallelCollectionScan planCacheClear planCacheListFilters profile reIndex removeShard renameCollection repairDatabase rolesInfo
replSetFreeze replSetGetStatus replSetReconfig replSetStepDown resetError setClusterParameter setDefaultRWConcern setFeatureCompatibilityVersion
setIndexCommitQuorum setParameter shardCollection split startSession top touch updateUser usersInfo validate whatsmyuri`.split(
    /\s+/,
  );

const decimal = Decimal128.fromString('0.1');
const index = (options: Document) => ({ createIndexes: 'rows', indexes: [{ key: { a: 1 }, name: 'a', ...options }] });

/** Options and stages that would have no effect, and the code that says so. */
const options: [string, Document, number][] = [
  ['an unknown field', { find: 'rows', nonsense: 1 }, 40415],
  ['a misspelt field', { aggregate: 'rows', pipeline: [], cursor: {}, allowDiskUsage: true }, 40415],
  ['an unknown field of a write', { insert: 'rows', documents: [{}], order: false }, 40415],
  ['an unknown field of an update', { update: 'rows', updates: [{ q: {}, u: {}, many: true }] }, 40415],
  ['an unknown field of a delete', { delete: 'rows', deletes: [{ q: {}, limit: 0, sort: {} }] }, 40415],
  ['tailable cursors', { find: 'rows', tailable: true }, 238],
  ['awaitData', { find: 'rows', awaitData: true }, 238],
  ['min', { find: 'rows', min: { a: 1 } }, 238],
  ['max', { find: 'rows', max: { a: 1 } }, 238],
  ['returnKey', { find: 'rows', returnKey: true }, 238],
  ['showRecordId', { find: 'rows', showRecordId: true }, 238],
  ['$where', { find: 'rows', filter: { $where: 'true' } }, 238],
  ['$function', { aggregate: 'rows', pipeline: [{ $set: { a: { $function: {} } } }], cursor: {} }, 238],
  ['$accumulator', { aggregate: 'rows', pipeline: [{ $group: { _id: 1, a: { $accumulator: {} } } }], cursor: {} }, 238],
  ['sessions of users', { killAllSessions: [{ user: 'a' }] }, 238],
  [
    'an unknown field of an operation',
    { bulkWrite: 1, ops: [{ insert: 0, document: {}, now: 1 }], nsInfo: [{ ns: 'a.b' }] },
    40415,
  ],
  [
    'an unknown field of a namespace',
    { bulkWrite: 1, ops: [{ insert: 0, document: {} }], nsInfo: [{ ns: 'a.b', uuid: 1 }] },
    40415,
  ],
  ['an unknown field of $merge', { aggregate: 'rows', pipeline: [{ $merge: { into: 'c', how: 1 } }], cursor: {} }, 238],
  [
    'an unknown field of the target of $merge',
    { aggregate: 'rows', pipeline: [{ $merge: { into: { coll: 'c', how: 1 } } }], cursor: {} },
    238,
  ],
  ['an unknown field of a cursor', { aggregate: 'rows', pipeline: [], cursor: { batchsize: 1 } }, 40415],
  ['$ne with a regular expression', { find: 'rows', filter: { a: { $ne: /x/ } } }, 2],
  ['$gt with a regular expression', { find: 'rows', filter: { a: { $gt: /x/ } } }, 2],
  [
    'an unknown mode of $merge',
    { aggregate: 'rows', pipeline: [{ $merge: { into: 'c', whenNotMatched: 'x' } }], cursor: {} },
    238,
  ],
  ...[
    'whenMatched: replace',
    'whenMatched: keepExisting',
    'whenNotMatched: discard',
    'whenNotMatched: fail',
    'on: a',
    'let: {}',
  ].map((option): [string, Document, number] => {
    const [field = '', value] = option.split(': ');
    const stage = { $merge: { into: 'c', [field]: value } };
    return [`$merge with ${option}`, { aggregate: 'rows', pipeline: [stage], cursor: {} }, 238];
  }),
  [
    '$merge with a pipeline',
    { aggregate: 'rows', pipeline: [{ $merge: { into: 'c', whenMatched: [{ $set: { a: 1 } }] } }], cursor: {} },
    238,
  ],
  ['capped collections', { create: 'c', capped: true, size: 4096 }, 238],
  ['time series', { create: 'c', timeseries: { timeField: 't' } }, 238],
  ['clustered collections', { create: 'c', clusteredIndex: { key: { _id: 1 }, unique: true } }, 238],
  ['views', { create: 'c', viewOn: 'rows', pipeline: [] }, 238],
  ['validators', { create: 'c', validator: { a: 1 } }, 238],
  ['a collation of a collection', { create: 'c', collation: { locale: 'en' } }, 238],
  ['images for change streams', { create: 'c', changeStreamPreAndPostImages: { enabled: true } }, 238],
  ['$jsonSchema', { find: 'rows', filter: { $jsonSchema: {} } }, 238],
  ['$text', { find: 'rows', filter: { $text: { $search: 'a' } } }, 238],
  ['decimals', { insert: 'rows', documents: [{ n: decimal }] }, 238],
  ['code', { insert: 'rows', documents: [{ n: new Code('1') }] }, 238],
  ['symbols', { insert: 'rows', documents: [{ n: new BSONSymbol('a') }] }, 238],
  ['the least key', { find: 'rows', filter: { n: { $gt: new MinKey() } } }, 238],
  ['the greatest key', { find: 'rows', filter: { n: { $lt: new MaxKey() } } }, 238],
  ...['$all', '$mod', '$bitsAllSet', '$bitsAnyClear', '$not', '$size'].map((name): [string, Document, number] => [
    name,
    { find: 'rows', filter: { a: { [name]: [1, 0] } } },
    238,
  ]),
  ['types by their numbers', { find: 'rows', filter: { a: { $type: 2 } } }, 238],
  ['several types', { find: 'rows', filter: { a: { $type: ['int', 'long'] } } }, 238],
  ['$nor', { find: 'rows', filter: { $nor: [{ a: 1 }] } }, 238],
  ['a field of a collation', { find: 'rows', collation: { locale: 'en', caseLevel: false } }, 238],
  ['$alwaysFalse', { find: 'rows', filter: { $alwaysFalse: 1 } }, 238],
  ['groups in patterns', { find: 'rows', filter: { a: { $regex: '(a)' } } }, 51091],
  ['multiline patterns', { find: 'rows', filter: { a: { $regex: '^a', $options: 'm' } } }, 51091],
  ['positional projections', { find: 'rows', filter: { a: 1 }, projection: { 'a.$': 1 } }, 238],
  ['$slice in projections', { find: 'rows', projection: { a: { $slice: 1 } } }, 238],
  ['$elemMatch in projections', { find: 'rows', projection: { a: { $elemMatch: { b: 1 } } } }, 238],
  ['collation by case', { find: 'rows', collation: { locale: 'en', caseFirst: 'upper' } }, 238],
  ['collation by numbers', { find: 'rows', collation: { locale: 'en', numericOrdering: true } }, 238],
  ['collation without punctuation', { find: 'rows', collation: { locale: 'en', alternate: 'shifted' } }, 238],
  ['collation of strength 4', { find: 'rows', collation: { locale: 'en', strength: 4 } }, 238],
  ['an increment by a decimal', { update: 'rows', updates: [{ q: {}, u: { $inc: { n: decimal } } }] }, 238],
  ['text indexes', { createIndexes: 'rows', indexes: [{ key: { a: 'text' }, name: 'a' }] }, 238],
  ['hashed indexes', { createIndexes: 'rows', indexes: [{ key: { a: 'hashed' }, name: 'a' }] }, 238],
  ['a collation of an index', index({ collation: { locale: 'en' } }), 238],
  ['an index that is prepared to be unique', index({ prepareUnique: true }), 238],
  [
    '$toHashedIndexKey',
    { aggregate: 'rows', pipeline: [{ $set: { a: { $toHashedIndexKey: '$a' } } }], cursor: {} },
    238,
  ],
  ['$near', { find: 'rows', filter: { a: { $near: [0, 0] } } }, 238],
  ['$geoWithin', { find: 'rows', filter: { a: { $geoWithin: {} } } }, 238],
  ['$geoNear', { aggregate: 'rows', pipeline: [{ $geoNear: {} }], cursor: {} }, 238],
  ['$search', { aggregate: 'rows', pipeline: [{ $search: {} }], cursor: {} }, 238],
  ['$changeStream', { aggregate: 'rows', pipeline: [{ $changeStream: {} }], cursor: {} }, 238],
  [
    '$out with time series',
    { aggregate: 'rows', pipeline: [{ $out: { db: 'x', coll: 'c', timeseries: {} } }], cursor: {} },
    238,
  ],
  ['2dsphere indexes', { createIndexes: 'rows', indexes: [{ key: { a: '2dsphere' }, name: 'a' }] }, 238],
  ['wildcard indexes', { createIndexes: 'rows', indexes: [{ key: { '$**': 1 }, name: 'a' }] }, 238],
  [
    'an unknown option of an index',
    { createIndexes: 'rows', indexes: [{ key: { a: 1 }, name: 'a', uniq: true }] },
    238,
  ],
  ['encrypted fields', { create: 'c', encryptedFields: {} }, 238],
  ['storage options', { create: 'c', storageEngine: { wiredTiger: {} } }, 238],
  ['backwards collation', { find: 'rows', collation: { locale: 'fr', backwards: true } }, 238],
  ['an unknown meta field', { find: 'rows', projection: { a: { $meta: 'searchScore' } } }, 238],
  ['an unknown read concern', { find: 'rows', readConcern: { level: 'newest' } }, 9],
  ['an unknown write concern', { insert: 'rows', documents: [{}], writeConcern: { w: 'everywhere' } }, 79],
  ['the stable API', { find: 'rows', apiVersion: '1' }, 40415],
  ['explain of an aggregation', { aggregate: 'rows', pipeline: [], explain: true }, 238],
  ['explain of an update', { explain: { update: 'rows', updates: [{ q: {}, u: {} }] } }, 238],
  ['$or of a number', { find: 'rows', filter: { $or: 5 } }, 2],
  ['a key that is null', { distinct: 'rows', key: null }, 40414],
  ['an unknown operator', { find: 'rows', filter: { a: { $nonsense: 1 } } }, 238],
  ['an unknown modifier', { update: 'rows', updates: [{ q: {}, u: { $nonsense: { a: 1 } } }] }, 238],
  ['an unknown expression', { aggregate: 'rows', pipeline: [{ $set: { a: { $nonsense: 1 } } }], cursor: {} }, 238],
  [
    'an unknown accumulator',
    {
      aggregate: 'none',
      pipeline: [{ $group: { _id: '$a', n: { $nonsense: 1 } } }],
      cursor: {},
    },
    238,
  ],
  ['an unknown stage', { aggregate: 'rows', pipeline: [{ $nonsense: {} }], cursor: {} }, 238],
];

describe('what the engine refuses', () => {
  const engine = withEngine('refusals');

  it('answers commands that it does not have with CommandNotFound', async () => {
    const answers = await Promise.all(unknown.map(async (name) => [name, await engine.code({ [name]: 1 }, 'admin')]));
    expect(answers.filter(([, code]) => code !== 59)).to.deep.equal([]);
  });

  for (const [name, command, expected] of options) {
    it(`refuses ${name}`, async () => {
      await engine.db.collection('rows').insertOne({ a: [{ b: 1 }], n: 1 });
      const reply = await engine.db.command(command).catch((error) => error);
      const failed = reply.writeErrors?.[0] ?? reply.writeConcernError ?? reply;
      expect(failed.code, JSON.stringify(reply)).to.equal(expected);
    });
  }

  it('stops a search after maxTimeMS', async () => {
    const rows = engine.db.collection('many');
    await rows.insertMany(Array.from({ length: 20_000 }, (_each, n) => ({ n, text: 'x'.repeat(50) })));
    const slow = {
      find: 'many',
      filter: { $expr: { $eq: [{ $size: [Array(50).fill('$n')] }, '$n'] }, text: /y$/ },
      maxTimeMS: 1,
    };
    expect(await engine.code(slow)).to.equal(50);
    expect(await engine.code({ ...slow, maxTimeMS: 60_000 })).to.equal(0);
    expect(await engine.code({ find: 'many', maxTimeMS: -1 })).to.equal(2);
  });
});
