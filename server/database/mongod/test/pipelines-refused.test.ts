import { Long, UUID } from 'bson';
import { expect } from 'chai';
import type { Doc } from '../values/codec.ts';
import { eventually } from './support/eventually.ts';
import { type InProcess, startInProcess } from './support/in-process.ts';

const words = (text: string) => text.split(/\s+/);

/** What MongoDB 8.0 has and the engine has not, by the manual's lists. */
const expressions =
  words(`$abs $accumulator $acos $acosh $add $allElementsTrue $and $anyElementTrue $arrayElemAt $arrayToObject $asin $asinh $atan
$atan2 $atanh $avg $binarySize $bitAnd $bitNot $bitOr $bitXor $bottom $bottomN $bsonSize $ceil $cmp $concatArrays $cond
$convert $cos $cosh $covariancePop $covarianceSamp $dateAdd $dateDiff $dateFromParts $dateFromString $dateSubtract
$dateToParts $dateToString $dateTrunc $dayOfMonth $dayOfWeek $dayOfYear $degreesToRadians $denseRank $derivative $divide
$documentNumber $exp $expMovingAvg $filter $first $firstN $floor $function $getField $hour $in $indexOfArray $indexOfBytes
$indexOfCP $integral $isArray $isNumber $isoDayOfWeek $isoWeek $isoWeekYear $last $lastN $let $linearFill $ln $locf $log
$log10 $ltrim $map $max $maxN $median $mergeObjects $meta $millisecond $min $minN $minute $mod $month $multiply $not
$objectToArray $or $percentile $pow $radiansToDegrees $range $rank $reduce $regexFind $regexFindAll $regexMatch
$replaceAll $replaceOne $reverseArray $round $rtrim $sampleRate $second $setDifference $setEquals $setIntersection
$setIsSubset $setUnion $shift $sigmoid $sin $sinh $slice $sortArray $split $sqrt $stdDevPop $stdDevSamp $strLenBytes
$strLenCP $strcasecmp $substr $substrBytes $substrCP $subtract $sum $switch $tan $tanh $toBool $toDate $toDecimal
$toDouble $toHashedIndexKey $toInt $toLong $toLower $toObjectId $toString $toUUID $toUpper $top $topN $trim $trunc
$tsIncrement $tsSecond $type $unsetField $week $year $zip`);
const accumulators =
  words(`$accumulator $addToSet $avg $bottom $bottomN $count $first $firstN $last $lastN $max $maxN $median $mergeObjects $min
$minN $percentile $push $stdDevPop $stdDevSamp $top $topN`);
const stages =
  words(`$bucket $bucketAuto $changeStream $changeStreamSplitLargeEvent $collStats $densify $facet $fill $geoNear $graphLookup $listClusterCatalog
$listSampledQueries $lookup $planCacheStats $querySettings $queryStats $redact $sample $search $searchMeta $setWindowFields $shardedDataDistribution
$sortByCount $unionWith $vectorSearch`);

/** A value that is computed, and the code with which it is refused, although there are no documents. */
const malformed: [unknown, number][] = [
  [{ $nonsense: 1 }, 238],
  [[{ a: { b: { $nonsense: 1 } } }], 238],
  [{ $eq: [1, 2], $ne: [1, 2] }, 15983],
  [{ $eq: [1] }, 16020],
  [{ $size: ['$a', '$b'] }, 16020],
  [{ $rand: 1 }, 16020],
  [{ $setField: { field: 'a', input: '$$ROOT' } }, 9],
  [{ $setField: { field: '$a', input: '$$ROOT', value: 1 } }, 238],
  ['$', 16872],
  ['$a.', 40353],
  ['$a..b', 15998],
  ['$a.$b', 16410],
  ['$$unknown', 17276],
  ['$$USER_ROLES', 17276],
  [{ $ifNull: ['$a'] }, 1257300],
];

/** Stages that are refused although there are no documents. */
const pipelines: [Doc[], number][] = [
  [[{ $nonsense: 1 }], 238],
  [[{ nonsense: 1 }], 9],
  [[{ $match: {}, $sort: { a: 1 } }], 40323],
  [[{ $unset: 'b' }, { $match: { a: { $nonsense: 1 } } }], 238],
  [[{ $match: 1 }], 15959],
  [[{ $match: { $expr: { $nonsense: 1 } } }], 238],
  [[{ $unset: 'b' }, { $sort: { a: 2 } }], 15975],
  [[{ $sort: {} }], 15976],
  [[{ $unset: 'b' }, { $limit: 0 }], 5107201],
  [[{ $limit: 0 }], 5107201],
  [[{ $skip: -1 }], 5107201],
  [[{ $project: {} }], 51272],
  [[{ $project: { a: 1, b: 0 } }], 31254],
  [[{ $project: { 'a.$': 1 } }], 238],
  [[{ $project: { a: { $elemMatch: { b: 1 } } } }], 238],
  [[{ $project: { a: { $slice: 1 } } }], 238],
  [[{ $set: { a: 1, 'a.b': 1 } }], 40176],
  [[{ $set: {} }], 40177],
  [[{ $unset: [] }], 31120],
  [[{ $group: { n: { $sum: 1 } } }], 15955],
  [[{ $group: { _id: 1, n: 1 } }], 40234],
  [[{ $group: { _id: 1, n: { $sum: 1, $max: 1 } } }], 40238],
  [[{ $group: { _id: 1, 'n.m': { $sum: 1 } } }], 40235],
  [[{ $group: { _id: 1, n: { $sum: ['$a', '$b'] } } }], 40237],
  [[{ $group: { _id: 1, n: { $nonsense: 1 } } }], 238],
  [[{ $unwind: 'a' }], 28818],
  [[{ $unwind: { path: '$a', into: 'b' } }], 28811],
  [[{ $unwind: { path: '$a', includeArrayIndex: 'i' } }], 238],
  [[{ $unwind: { path: '$a', preserveNullAndEmptyArrays: true } }], 238],
  [[{ $count: '$n' }], 40158],
  [[{ $replaceRoot: { root: '$a' } }], 40415],
  [[{ $match: {} }, { $documents: [{ a: 1 }] }], 40602],
  [[{ $out: 'b' }, { $match: {} }], 40601],
];

/** Values of which only a document can show that they are wrong. */
const values: [unknown, number][] = [
  [{ $size: '$none' }, 17124],
  [{ $concat: ['$s', 1] }, 16702],
  [{ $setField: { field: 'a', input: '$s', value: 1 } }, 4161105],
];

const cursor = {};
/** A text of 12 MB, of one of 1 MB. */
const large = { $concat: Array(12).fill('$s') };

describe('pipelines that the engine refuses', () => {
  let engine: InProcess;
  const codeOf = async (pipeline: Doc[], collection: unknown = 'none') => {
    const reply = await engine.run({ aggregate: collection, pipeline, cursor });
    return Number(reply.code ?? 0);
  };

  before(async () => {
    engine = await startInProcess();
    const document = { s: '学员', t: new Date(0) };
    await engine.insert('one', [{ _id: 1, ...document }]);
    await engine.insert(
      'ten',
      Array.from({ length: 10 }, (_each, _id) => ({ _id, s: String(_id).repeat(1024 * 1024) })),
    );
  });
  after(() => engine.close());

  it('are those with what MongoDB has and the engine has not: 238, whatever documents there are', async () => {
    for (const name of expressions) expect(await codeOf([{ $set: { a: { [name]: '$b' } } }]), name).to.equal(238);
    for (const name of accumulators)
      expect(await codeOf([{ $group: { _id: 1, a: { [name]: '$b' } } }]), name).to.equal(238);
    for (const name of stages) expect(await codeOf([{ [name]: {} }]), name).to.equal(238);
  });

  it('are those with malformed expressions, wherever these stand', async () => {
    for (const [expression, code] of malformed) {
      const text = JSON.stringify(expression);
      expect(await codeOf([{ $set: { a: expression } }]), text).to.equal(code);
      expect(await codeOf([{ $group: { _id: expression } }]), text).to.equal(code);
      expect(await codeOf([{ $group: { _id: 1, a: { $sum: expression } } }]), text).to.be.oneOf([code, 40237]);
      expect(await codeOf([{ $match: { $expr: expression } }]), text).to.equal(code);
      const find = { find: 'none', projection: { a: { $ifNull: [expression, 1] } } };
      expect(await engine.run(find), text).to.include({ code });
    }
  });

  it('are those with malformed stages', async () => {
    for (const [pipeline, code] of pipelines) expect(await codeOf(pipeline), JSON.stringify(pipeline)).to.equal(code);
    expect(await codeOf([{ $match: {} }], 1)).to.equal(73);
  });

  it('are those that a value shows to be wrong', async () => {
    for (const [expression, code] of values)
      expect(
        await codeOf([{ $project: { a: { $ifNull: [expression, 0] } } }, { $unset: 'a' }], 'one'),
        JSON.stringify(expression),
      ).to.equal(code);
  }).timeout(20_000);

  it('are those that hold more than 100 MB, in whichever stage', async () => {
    const held: Doc[][] = [
      [{ $group: { _id: large } }],
      [{ $group: { _id: { a: large } } }],
      [{ $set: { a: large } }, { $sort: { _id: -1 } }],
    ];
    for (const pipeline of held)
      expect(await codeOf([...pipeline, { $project: { _id: 1 } }], 'ten'), JSON.stringify(pipeline)).to.equal(292);
    const short = [{ $set: { a: large } }, { $group: { _id: null, n: { $sum: '$a' } } }, { $unset: ['n'] }];
    expect(await codeOf(short, 'ten')).to.equal(0);
  }).timeout(60_000);

  it('leave the target of $out as it was', async () => {
    const old = Array.from({ length: 300 }, (_each, _id) => ({ _id, a: _id }));
    await engine.insert('target', old);
    await engine.run({ createIndexes: 'target', indexes: [{ key: { a: 1 }, name: 'a', unique: true }] });
    await engine.insert(
      'source',
      Array.from({ length: 1000 }, (_each, _id) => ({ _id, a: _id % 999 })),
    );
    const stateOf = async (name: string) => {
      const found = await engine.run({ find: name, batchSize: 2000 });
      const { cursor: indexes } = await engine.run({ listIndexes: name });
      return JSON.stringify([(found.cursor as { firstBatch: Doc[] }).firstBatch, indexes]);
    };
    const before = await stateOf('target');
    const { store } = engine.engine;
    const keys = () => store.count({ low: Buffer.of(0, 0, 0, 3), high: Buffer.of(255) }).keys;
    const stored = keys();
    expect(await codeOf([{ $out: 'target' }], 'source')).to.equal(11000);
    expect(
      await codeOf([{ $set: { b: { $size: { $ifNull: ['$b', '$_id'] } } } }, { $out: 'target' }], 'source'),
    ).to.equal(17124);
    expect(await stateOf('target')).to.equal(before);
    await eventually(() => expect(keys()).to.equal(stored));
    expect(await codeOf([{ $match: { _id: { $lt: 900 } } }, { $out: 'target' }], 'source')).to.equal(0);
    expect(await engine.run({ count: 'target' })).to.include({ n: 900 });
    expect(await engine.run({ count: 'target', query: { a: { $gte: 0 } }, hint: 'a' })).to.include({ n: 900 });
    expect(await codeOf([{ $set: { z: 1 } }, { $out: 'target' }], 'target')).to.equal(0);
    expect(await engine.run({ count: 'target', query: { z: 1 } })).to.include({ n: 900 });
  });

  it('are those of a transaction or a snapshot that is older than what has taken the place of its collection', async () => {
    await engine.insert('replaced', [{ _id: 1, old: true }]);
    const own = { lsid: { id: new UUID() }, txnNumber: Long.ONE, autocommit: false };
    const find = { find: 'replaced', filter: {} };
    expect(await engine.run({ find: 'ten', filter: { _id: 1 }, ...own, startTransaction: true })).to.include({ ok: 1 });
    const { cursor: first } = await engine.run({ ...find, readConcern: { level: 'snapshot' } });
    expect(await codeOf([{ $set: { old: false } }, { $out: 'replaced' }], 'replaced')).to.equal(0);
    expect(await engine.run({ ...find, ...own })).to.include({ code: 246 });
    const { atClusterTime } = first as { atClusterTime: unknown };
    expect(await engine.run({ ...find, readConcern: { level: 'snapshot', atClusterTime } })).to.include({ code: 246 });
    expect(await engine.run({ ...find })).to.have.nested.property('cursor.firstBatch.length', 1);
  });
});
