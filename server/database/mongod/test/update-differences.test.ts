import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { type Db, type Document, MongoClient } from 'mongodb';
import { checkFolder } from '../maintenance.ts';
import { compileUpdate } from '../update/update.ts';
import type { Doc } from '../values/codec.ts';
import { startEngine } from './support/engine.ts';
import { Refused, updated } from './support/update-oracle.ts';

/** Documents and updates of the comparison with the oracle, and rounds of the one in the database. */
const RUNS = Number(process.env.ENGINE_UPDATES ?? 6000);
const ROUNDS = Math.ceil(RUNS / 150);

const number = fc.integer({ min: -2, max: 4 });
const scalar = fc.oneof({ weight: 4, arbitrary: number }, { weight: 1, arbitrary: fc.constantFrom(null, 'x', 'y') });
const element = fc.oneof(
  { weight: 2, arbitrary: scalar },
  {
    weight: 2,
    arbitrary: fc.record(
      { n: number, v: scalar, l: fc.array(number, { maxLength: 3 }) },
      { requiredKeys: [], noNullPrototype: true },
    ),
  },
  { weight: 1, arbitrary: fc.array(number, { maxLength: 2 }) },
);
const documents = fc
  .record(
    {
      a: scalar,
      b: fc.oneof(
        scalar,
        fc.record({ c: scalar, d: fc.array(element, { maxLength: 3 }) }, { requiredKeys: [], noNullPrototype: true }),
      ),
      list: fc.array(element, { maxLength: 4 }),
      tags: fc.array(scalar, { maxLength: 4 }),
    },
    { requiredKeys: [], noNullPrototype: true },
  )
  .map((fields): Document => ({ _id: 1, ...fields }));

const ends = fc.constantFrom('', '', '.n', '.v', '.l', '.l.0', '.l.$[]', '.new');
const paths = fc.oneof(
  fc.constantFrom('a', 'b', 'b.c', 'b.d', 'b.x.y', 'z', 'list', 'tags', 'tags.0', 'tags.2', 'a.k'),
  ends.map((end) => `list.$[]${end}`),
  ends.map((end) => `list.$[x]${end}`),
  ends.map((end) => `list.1${end}`),
  fc.constantFrom('tags.$[t]', 'tags.$[]', 'b.d.$[]', 'b.d.$[x].n', 'list.$[x].l.$[t]'),
);
const operands: Record<string, fc.Arbitrary<unknown>> = {
  $set: fc.oneof(scalar, element),
  $inc: number,
  $min: scalar,
  $max: scalar,
  $unset: fc.constant(''),
  $push: fc.record({ $each: fc.array(element, { maxLength: 2 }) }, { noNullPrototype: true }),
  $addToSet: scalar,
  $pull: number,
};

const changes = (path: fc.Arbitrary<string>, operators: string[]) =>
  fc.array(
    fc
      .constantFrom(...operators)
      .chain((operator) => fc.tuple(fc.constant(operator), path, operands[operator] as fc.Arbitrary<unknown>)),
    { minLength: 1, maxLength: 3 },
  );
const updates = (path: fc.Arbitrary<string>, operators = Object.keys(operands)) =>
  changes(path, operators).map((list) => {
    const update: Record<string, Document> = {};
    for (const [operator, at, operand] of list) update[operator] = { ...update[operator], [at]: operand };
    return update;
  });

const filters = fc.tuple(number, number).map(([n, t]) => ({ x: { 'x.n': n }, t: { t: { $gte: t } } }));

/** The filters that an update uses: others are an error. */
const used = (update: Document, all: { x: Document; t: Document }): Document[] => {
  const text = JSON.stringify(update);
  return [...(text.includes('$[x]') ? [all.x] : []), ...(text.includes('$[t]') ? [all.t] : [])];
};

/** What came of an update: the document with its fields in order, or that it was refused. */
const outcome = (work: () => Document): string => {
  try {
    return JSON.stringify(work());
  } catch (error) {
    if (error instanceof Refused || typeof (error as { code?: number }).code === 'number') return 'refused';
    throw error;
  }
};

describe('updates compared', () => {
  it('change a document as the oracle does', () => {
    const counts = { refused: 0, changed: 0 };
    fc.assert(
      fc.property(documents, updates(paths), filters, (before, update, all) => {
        const arrayFilters = used(update, all);
        const expected = outcome(() => updated(before, update, arrayFilters));
        const own = outcome(() =>
          compileUpdate(update, { arrayFilters, compilePipeline: () => (document) => document })(before as Doc, false),
        );
        expect(own).to.equal(expected);
        counts[expected === 'refused' ? 'refused' : 'changed']++;
      }),
      { numRuns: RUNS },
    );
    expect(Math.min(counts.refused, counts.changed)).to.be.greaterThan(RUNS / 5);
  });

  it('are the same with and without indexes, one by one and in bulk, on bytes and on documents', async function () {
    this.timeout(120_000);
    const folder = await mkdtemp(join(tmpdir(), 'xuefang-updates-'));
    const engine = await startEngine(folder);
    const client = new MongoClient(engine.uri);
    const db = client.db('updates');
    await db
      .collection('indexed')
      .createIndexes([
        { key: { a: 1, 'b.c': -1 } },
        { key: { list: 1 } },
        { key: { 'list.n': 1 } },
        { key: { 'list.l': 1 } },
        { key: { tags: 1, a: 1 } },
        { key: { 'b.d.n': 1 } },
      ]);
    const queries = fc.oneof(
      fc.constant({}),
      number.map((_id) => ({ _id })),
      number.map((n) => ({ a: n })),
      number.map((n) => ({ 'list.n': n })),
      number.map((n) => ({ tags: { $gte: n } })),
    );
    const top = fc.constantFrom('a', 'b', 'z', 'tags', 'list', ...'efghijklmnopqr');
    const safe = updates(top, ['$set', '$unset', '$min', '$max']);
    const statements = (changes: fc.Arbitrary<Document>) =>
      fc.tuple(queries, changes, filters, fc.boolean(), fc.boolean()).map(([q, u, all, multi, upsert]): Document => {
        const arrayFilters = used(u, all);
        // Which one of several documents a statement for one means depends on the order of reading.
        const isOne = !multi && '_id' in q;
        return { q, u, multi: !isOne, upsert, ...(arrayFilters.length > 0 && { arrayFilters }) };
      });
    const list = (changes: fc.Arbitrary<Document>) => fc.array(statements(changes), { minLength: 5, maxLength: 12 });
    const lists = fc.oneof(list(safe), list(fc.oneof(updates(paths), safe)));
    const rows = fc.array(documents, { minLength: 3, maxLength: 8 });
    let changed = 0;
    await fc.assert(
      fc.asyncProperty(rows, lists, async (start, list) => {
        const all = start.map((each, _id) => ({ ...each, _id }));
        const results: string[] = [];
        for (const [name, run] of Object.entries(ways)) {
          await db.collection(name).deleteMany({});
          await db.collection(name).insertMany(all as never);
          const errors = await run(db, name, list);
          results.push(`${errors} ${await contentOf(db, name)}`);
        }
        // Where a statement fails, what it has changed before depends on the order of reading: with an index it is another. And
        // an index refuses two arrays in one document.
        const isRefused = results.some((result) => /^\S*:[1-9]/.test(result));
        for (const [at, result] of results.entries())
          if (!isRefused || Object.keys(ways)[at] !== 'indexed') expect(result).to.equal(results[0]);
        if (isRefused) return;
        changed++;
      }),
      { numRuns: ROUNDS },
    );
    expect(changed).to.be.greaterThan(ROUNDS / 10);
    await client.close();
    await engine.stop();
    expect((await checkFolder(folder)).problems).to.deep.equal([]);
    await rm(folder, { recursive: true });
  });
});

/** The ways in which statements are run; each says how every statement ended. */
const ways: Record<string, (db: Db, name: string, list: Document[]) => Promise<string>> = {
  plain: async (db, name, list) => {
    const codes: number[] = [];
    for (const each of list) {
      const { writeErrors } = await db.command({ update: name, updates: [each] });
      codes.push(writeErrors?.[0].code ?? 0);
    }
    return codes.map((code, at) => `${at}:${code}`).join();
  },
  indexed: async (db, name, list) => {
    const { writeErrors = [] } = await db.command({ update: name, updates: list, ordered: false });
    return list.map((_each, at) => `${at}:${codeAt(writeErrors, 'index', at)}`).join();
  },
  general: async (db, name, list) => {
    const updates = list.map((each) => ({ arrayFilters: [], ...each }));
    const { writeErrors = [] } = await db.command({ update: name, updates, ordered: false });
    return list.map((_each, at) => `${at}:${codeAt(writeErrors, 'index', at)}`).join();
  },
  bulk: async (db, name, list) => {
    const ops = list.map(({ q, u, ...rest }) => ({ update: 0, filter: q, updateMods: u, ...rest }));
    const command = { bulkWrite: 1, ops, nsInfo: [{ ns: `updates.${name}` }], ordered: false };
    const reply = await db.admin().command(command);
    return list.map((_each, at) => `${at}:${codeAt(reply.cursor.firstBatch, 'idx', at)}`).join();
  },
};

const codeAt = (errors: Document[], field: string, at: number): number =>
  errors.find((each) => each[field] === at)?.code ?? 0;

/** All documents in their bytes, but for the _id of those that were inserted without one. */
async function contentOf(db: Db, name: string): Promise<string> {
  const found = await db.collection(name).find({}, { promoteValues: false, promoteLongs: false }).toArray();
  return JSON.stringify(found.map(({ _id, ...rest }) => [typeof _id?.valueOf() === 'number' ? _id : 'new', rest]));
}
