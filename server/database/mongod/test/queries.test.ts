import { expect } from 'chai';
import fc from 'fast-check';
import { type ClientSession, type Collection, type Document, MongoServerError } from 'mongodb';
import { withEngine } from './support/engine-suite.ts';
import { known } from './support/known-queries.ts';
import { type Query, type Scene, scene } from './support/made-up.ts';
import { long } from './support/made-up-values.ts';
import { compareBy, compareValues, distinctValues, isUnsortable, matches } from './support/oracle.ts';

/** Collections that are made up; `ENGINE_QUERIES=5000` for the long run, `ENGINE_SEED` to repeat one. */
const RUNS = Number(process.env.ENGINE_QUERIES ?? 40);

/** Errors with which a document, an index or a hint is rightly refused: two arrays, a position that is a name … */
const REFUSALS = [171, 16746, 11000, 85, 86, 2, 67, 238, 28];

async function unlessRefused<T>(work: Promise<T>): Promise<T | undefined> {
  return work.catch((error) => {
    if (error instanceof MongoServerError && REFUSALS.includes(Number(error.code))) return undefined;
    throw error;
  });
}

describe('queries of made-up collections', () => {
  const engine = withEngine('queries');
  let rows: Collection<Document>;

  /** Fills the collection; says what is in it, and which indexes may be hinted because they hold every document. */
  async function fill({ documents, longIds, indexes }: Scene) {
    rows = engine.db.collection('rows');
    await rows.drop();
    const hints: Document[] = [];
    const create = async (isLate: boolean) => {
      for (const { key, options } of indexes.filter((each) => each.isLate === isLate)) {
        const name = await unlessRefused(rows.createIndex(key, options));
        if (name !== undefined) hints.push(key);
      }
    };
    await create(false);
    const stored: Document[] = [];
    for (const [at, fields] of documents.entries()) {
      const number = (at * 7) % documents.length;
      const _id = longIds && at % 2 === 0 ? long(890 + (at % 8), String(number)) : number;
      const complete = { _id: _id as never, ...fields };
      if ((await unlessRefused(rows.insertOne(complete))) !== undefined) stored.push(complete);
    }
    await create(true);
    return { stored, hints };
  }

  const ids = (documents: readonly Document[]) => documents.map(({ _id }) => String(_id)).sort();

  function expectAnswer(answer: Document[], stored: readonly Document[], { filter, sort, skip, limit }: Query): void {
    const all = stored.filter((each) => matches(each, filter));
    const wanted = Math.max(0, Math.min(all.length - skip, limit || all.length));
    expect(answer.length, 'number of documents').to.equal(wanted);
    const known = new Map(all.map((each) => [String(each._id), each]));
    const found = answer.map(({ _id }) => known.get(String(_id)));
    expect(new Set(found).size, 'each once').to.equal(found.length);
    expect(found, 'only matches').not.to.include(undefined);
    if (sort === undefined) return;
    const compare = compareBy(sort);
    const sorted = [...all].sort(compare).slice(skip, skip + wanted);
    for (const [at, each] of sorted.entries())
      expect(
        compare(each, found[at] as Document),
        `place ${at}: ${String(each._id)}, not ${String(found[at]?._id)}`,
      ).to.equal(0);
  }

  /** Changes documents one by one; what is refused stays as it was. */
  async function change(stored: Document[], changes: Scene['changes']): Promise<void> {
    for (const { at, field, value } of changes) {
      const _id = stored[at % stored.length]?._id;
      await unlessRefused(rows.updateOne({ _id }, { $set: { [field]: value } }));
      const changed = await rows.findOne({ _id }, { promoteLongs: false });
      if (changed !== null) stored[at % stored.length] = changed;
    }
  }

  const find = ({ filter, sort, skip, limit }: Query, hint?: Document, session?: ClientSession) => {
    const cursor = rows
      .find(filter, { ...(hint === undefined ? {} : { hint }), ...(session === undefined ? {} : { session }) })
      .skip(skip)
      .limit(limit);
    return (sort === undefined ? cursor : cursor.sort(sort)).toArray();
  };

  async function check(given: Query, stored: readonly Document[], hints: readonly Document[]): Promise<void> {
    const all = stored.filter((one) => matches(one, given.filter));
    let each = given;
    if (given.sort !== undefined && all.some((one) => isUnsortable(one, given.sort as Document))) {
      const code = await find(given, { $natural: 1 }).then(
        () => 0,
        (error) => Number(error.code),
      );
      expect(code, 'the error of what cannot be sorted').to.be.oneOf([2, 16746]);
      each = { ...given, sort: undefined };
    }
    const { filter, sort, skip, limit } = each;
    expectAnswer(await find(each, { $natural: 1 }), stored, each);
    expectAnswer(await find(each), stored, each);
    for (const hint of hints) {
      const answer = await unlessRefused(find(each, hint));
      if (answer !== undefined) expectAnswer(answer, stored, each);
    }
    expect(await rows.countDocuments(filter), 'counted by a pipeline').to.equal(all.length);
    const { n } = await engine.db.command({ count: 'rows', query: filter });
    expect(n, 'counted').to.equal(all.length);
    const stages: Document[] = [{ $match: filter }];
    if (sort !== undefined) stages.push({ $sort: sort });
    if (skip > 0) stages.push({ $skip: skip });
    if (limit > 0) stages.push({ $limit: limit });
    expectAnswer(await rows.aggregate(stages).toArray(), stored, each);
    const values = await rows.distinct(each.path, filter, { promoteLongs: false, promoteValues: false });
    const wanted = distinctValues(all, each.path);
    expect(values.length, `distinct ${each.path}`).to.equal(wanted.length);
    for (const value of wanted)
      expect(
        values.some((other) => compareValues(other, value) === 0),
        `distinct has ${String(value)}`,
      ).to.equal(true);
  }

  /** Asks within a transaction that has deleted a document and changed another, and is given up. */
  const checkWithin = (queries: readonly Query[], stored: readonly Document[]) =>
    engine.client.withSession(async (session) => {
      session.startTransaction();
      const [gone, changed, ...others] = stored;
      const own = changed === undefined ? others : [...others, { ...changed, c: 2 }];
      await rows.deleteOne({ _id: gone?._id }, { session });
      const isKept = changed === undefined || (await unlessRefused(setWithin(session, changed._id))) !== undefined;
      for (const each of isKept ? queries : []) {
        const { filter, sort } = each;
        const isSortable = sort === undefined || !own.some((one) => matches(one, filter) && isUnsortable(one, sort));
        if (isSortable) expectAnswer(await find(each, undefined, session), own, each);
      }
      await session.abortTransaction();
    });

  const setWithin = (session: ClientSession, _id: unknown) =>
    rows.updateOne({ _id } as Document, { $set: { c: 2 } }, { session });

  for (const [name, documents, key, filter, more = {}] of known) {
    it(`know: ${name}`, async () => {
      const { options = {}, changes = [], ...others } = more;
      for (const isLate of [false, true]) {
        const each = { documents, longIds: false, indexes: [{ key, options, isLate }], changes, queries: [] };
        const { stored, hints } = await fill(each);
        await change(stored, changes);
        await check({ filter, sort: undefined, skip: 0, limit: 0, path: 'a', ...others }, stored, hints);
      }
    });
  }

  it(`mean the same with every index, without, and by the manual (${RUNS} collections)`, async function () {
    this.timeout(60_000 + RUNS * 2000);
    const property = fc.asyncProperty(scene, async (given) => {
      const { stored, hints } = await fill(given);
      for (const each of given.queries) await check(each, stored, hints);
      await change(stored, given.changes);
      for (const each of given.queries.slice(0, 3)) await check(each, stored, hints);
      await checkWithin(given.queries.slice(2, 4), stored);
      const [first, second] = given.queries as [Query, Query];
      const { matchedCount } = await rows.updateMany(first.filter, { $set: { touched: true } });
      expect(matchedCount, 'updated').to.equal(stored.filter((each) => matches(each, first.filter)).length);
      const { deletedCount } = await rows.deleteMany(second.filter);
      const left = stored.filter((each) => !matches(each, second.filter));
      expect(deletedCount, 'deleted').to.equal(stored.length - left.length);
      expect(ids(await rows.find().hint({ $natural: 1 }).toArray())).to.deep.equal(ids(left));
      for (const each of given.queries.slice(2, 4)) await check(each, left, hints);
    });
    await fc.assert(property, {
      numRuns: RUNS,
      ...(process.env.ENGINE_SEED ? { seed: Number(process.env.ENGINE_SEED) } : {}),
    });
  });
});
