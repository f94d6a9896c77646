import { expect } from 'chai';
import type { Collection, Document } from 'mongodb';
import { withEngine } from './support/engine-suite.ts';
import { compareBy, matches } from './support/oracle.ts';

const SIZE = 600;
const PAGE = 10;

const person = (n: number): Document => ({
  _id: n,
  scopes: ['all', `city:${n % 4}`, `school:${n % 20}`],
  name: `n${String((n * 7) % 40).padStart(2, '0')}`,
  at: new Date(1000 * ((n * 11) % 50)),
  pinned: n % 9 === 0,
  state: n % 2 === 0 ? 'open' : 'closed',
});

/** The condition of what comes after a document in a sort, as lists that page by key write it. */
function after(last: Document, sort: Document): Document {
  const fields = Object.entries(sort);
  return {
    $or: fields.map(([field, direction], at) => ({
      ...Object.fromEntries(fields.slice(0, at).map(([name]) => [name, last[name]])),
      [field]: { [direction > 0 ? '$gt' : '$lt']: last[field] },
    })),
  };
}

const three = { scopes: { $in: ['city:0', 'city:1', 'school:7'] } };

/** Lists by their filter and sort, and the index that serves them. */
const lists: [string, Document, Document, Document][] = [
  ['one scope', { scopes: 'city:1' }, { name: 1, _id: 1 }, { scopes: 1, name: 1, _id: 1 }],
  ['a list of one scope', { scopes: { $in: ['city:1'] } }, { name: 1, _id: 1 }, { scopes: 1, name: 1, _id: 1 }],
  ['three scopes', three, { name: 1, _id: 1 }, { scopes: 1, name: 1, _id: 1 }],
  ['three scopes downwards', three, { name: -1, _id: -1 }, { scopes: 1, name: 1, _id: 1 }],
  ['three scopes, newest first, by an index downwards', three, { at: -1, _id: 1 }, { scopes: 1, at: -1, _id: 1 }],
  ['three scopes by an index that ends without _id', three, { name: 1, _id: 1 }, { scopes: 1, name: 1 }],
  ['newest first by an index downwards without _id', {}, { at: -1, _id: 1 }, { at: -1 }],
  ['oldest first by the same read backwards', {}, { at: 1, _id: -1 }, { at: -1 }],
  [
    'three fields both ways',
    { scopes: 'all' },
    { pinned: -1, at: -1, _id: 1 },
    { scopes: 1, pinned: -1, at: -1, _id: 1 },
  ],
  [
    'two lists of equal values',
    { ...three, state: { $in: ['open', 'closed'] } },
    { name: 1, _id: 1 },
    { scopes: 1, state: 1, name: 1 },
  ],
  [
    'a sort that also names what is fixed',
    { scopes: 'all', state: 'open' },
    { state: 1, name: 1, _id: 1 },
    { scopes: 1, state: 1, name: 1, _id: 1 },
  ],
];

describe('pages by key', () => {
  const engine = withEngine('pages');
  let rows: Collection<Document>;
  const all = Array.from({ length: SIZE }, (_each, n) => person(n));

  for (const [name, filter, sort, index] of lists) {
    it(`of ${name} read only the page, from the first to the last`, async () => {
      rows = engine.db.collection('rows');
      await rows.insertMany(all as never);
      await rows.createIndex(index as never);
      const wanted = all.filter((each) => matches(each, filter)).sort(compareBy(sort));
      const seen: unknown[] = [];
      for (let last: Document | undefined; ; ) {
        const condition = last === undefined ? filter : { ...filter, ...after(last, sort) };
        const cursor = () =>
          rows
            .find(condition)
            .sort(sort as never)
            .limit(PAGE);
        const page = await cursor().toArray();
        const { executionStats, queryPlanner } = await cursor().explain('executionStats');
        expect(JSON.stringify(queryPlanner.winningPlan), 'no sort in memory').not.to.include('"SORT"');
        expect(executionStats.totalDocsExamined, 'documents read').to.be.at.most(PAGE + 6);
        expect(executionStats.totalKeysExamined, 'keys read').to.be.at.most(PAGE * 2 + 12);
        seen.push(...page.map(({ _id }) => _id));
        last = page.at(-1);
        if (page.length < PAGE) break;
      }
      expect(seen).to.deep.equal(wanted.map(({ _id }) => _id));
      for (const skip of [1, 8, 9, 43, 300, wanted.length - 3, wanted.length + 1]) {
        const cursor = () =>
          rows
            .find(filter)
            .sort(sort as never)
            .skip(skip)
            .limit(PAGE);
        const page = await cursor().toArray();
        expect(page.map(({ _id }) => _id)).to.deep.equal(wanted.slice(skip, skip + PAGE).map(({ _id }) => _id));
        const { executionStats } = await cursor().explain('executionStats');
        expect(executionStats.totalDocsExamined, `documents read after ${skip}`).to.equal(page.length);
      }
    });
  }

  it('of branches with indexes of their own are merged in order, each document once', async () => {
    rows = engine.db.collection('rows');
    await rows.insertMany(all as never);
    await rows.createIndexes([{ key: { state: 1, name: 1 } }, { key: { scopes: 1, name: -1 } }]);
    const filter = { $or: [{ state: 'open' }, { scopes: 'city:1' }, { scopes: 'school:4' }] };
    const cursor = () => rows.find(filter).sort({ name: 1 });
    const wanted = all.filter((each) => matches(each, filter)).sort(compareBy({ name: 1 }));
    const found = await cursor().toArray();
    expect(found.map((each) => each.name)).to.deep.equal(wanted.map((each) => each.name));
    expect(new Set(found.map(({ _id }) => _id)).size).to.equal(wanted.length);
    const { executionStats, queryPlanner } = await cursor().limit(5).explain('executionStats');
    expect(JSON.stringify(queryPlanner.winningPlan)).to.include('SORT_MERGE').and.not.to.include('"SORT"');
    expect(executionStats.totalDocsExamined).to.be.at.most(12);
  });
});
