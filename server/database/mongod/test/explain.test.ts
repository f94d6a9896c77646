import { expect } from 'chai';
import type { Collection, Document } from 'mongodb';
import { withEngine } from './support/engine-suite.ts';

describe('explain', () => {
  const engine = withEngine('explain');
  let rows: Collection<Document>;

  beforeEach(async () => {
    rows = engine.db.collection('rows');
    const documents = Array.from({ length: 90 }, (_each, n) => ({
      _id: n as never,
      scopes: ['all', `city:${n % 3}`],
      name: `n${(n * 7) % 90}`.padStart(4, '0'),
      state: n % 30 === 0 ? 'open' : 'closed',
    }));
    await rows.insertMany(documents);
    await rows.createIndexes([
      { key: { scopes: 1, name: 1, _id: 1 }, name: 'by_name' },
      { key: { state: 1 }, name: 'by_state' },
    ]);
  });

  const explained = async (command: Document) => {
    const { queryPlanner, executionStats } = await engine.db.command({ explain: command });
    return { plan: queryPlanner.winningPlan, stats: executionStats };
  };

  it('refuses nonsense with the codes of MongoDB', async () => {
    const code = (explain: unknown, more: Document = {}) => engine.code({ explain, ...more } as Document);
    expect(await code('find')).to.equal(14);
    expect(await code({})).to.equal(59);
    expect(await code({ nonsense: 1 })).to.equal(59);
    expect(await code({ insert: 'rows', documents: [] })).to.equal(238);
    expect(await code({ find: 'rows' }, { verbosity: 'everything' })).to.equal(2);
    expect(await code({ find: 'rows', nonsense: 1 })).to.equal(40415);
    expect(await code({ find: 'rows' }, { nonsense: 1 })).to.equal(40415);
    expect(await code({ find: 'rows', filter: { a: { $nonsense: 1 } } })).to.equal(238);
    expect(await code({ find: 'rows', filter: 5 })).to.equal(14);
    for (const other of ['update', 'delete', 'findAndModify', 'aggregate', 'count', 'distinct'])
      expect(await code({ [other]: 'rows' }), other).to.equal(238);
    expect(await code({ find: 'rows' }, { verbosity: 'queryPlanner' })).to.equal(0);
  });

  it('runs nothing where only the plan is asked for', async () => {
    const planned = await engine.db.command({ explain: { find: 'rows', filter: {} }, verbosity: 'queryPlanner' });
    expect(planned).not.to.have.property('executionStats');
  });

  it('names the merge of ranges, and what was read', async () => {
    const scopes = { $in: ['city:0', 'city:1', 'city:2'] };
    const { plan, stats } = await explained({ find: 'rows', filter: { scopes }, sort: { name: 1, _id: 1 }, limit: 5 });
    expect(plan.stage).to.equal('FETCH');
    expect(plan.inputStage).to.include({ stage: 'SORT_MERGE' });
    expect(plan.inputStage.inputStages).to.have.length(3);
    expect(plan.inputStage.inputStages[0]).to.deep.include({
      stage: 'IXSCAN',
      indexName: 'by_name',
      isMultiKey: true,
    });
    expect(stats).to.include({ nReturned: 5, totalDocsExamined: 5 });
    expect(stats.totalKeysExamined, 'one more of each other range').to.be.within(5, 7);
  });

  it('counts what a filter beside the index passes over', async () => {
    const filter = { scopes: 'city:1', state: { $ne: 'open' } };
    const { plan, stats } = await explained({ find: 'rows', filter });
    expect(plan).to.deep.include({ stage: 'FETCH', filter });
    expect(stats).to.include({ nReturned: 30, totalKeysExamined: 30, totalDocsExamined: 30 });
  });

  it('finds few matches by their index and sorts them, rather than reading an order to its end', async () => {
    const filter = { scopes: 'all', state: 'open' };
    const { plan } = await explained({ find: 'rows', filter, sort: { name: 1, _id: 1 }, limit: 20 });
    expect(plan.stage).to.equal('SORT');
    expect(plan.inputStage.inputStage).to.include({ indexName: 'by_state' });
    const { plan: ordered } = await explained({
      find: 'rows',
      filter: { ...filter, state: 'closed' },
      sort: { name: 1, _id: 1 },
      limit: 20,
    });
    expect(ordered.inputStage).to.include({ indexName: 'by_name' });
  });

  it('leaves an order in which no match comes for long', async () => {
    const many = Array.from({ length: 4000 }, (_each, n) => ({
      _id: n as never,
      name: String(n).padStart(5, '0'),
      state: n < 3700 && n !== 10 ? 'early' : 'late',
    }));
    const others = engine.db.collection<Document>('others');
    await others.insertMany(many);
    await others.createIndexes([{ key: { name: 1 } }, { key: { state: 1 } }]);
    const cursor = () =>
      others
        .find({ state: 'late', name: { $ne: '03705' } })
        .sort({ name: 1 })
        .limit(20);
    const wanted = [10, ...Array.from({ length: 20 }, (_each, n) => 3700 + n).filter((n) => n !== 3705)];
    expect((await cursor().toArray()).map(({ _id }) => _id)).to.deep.equal(wanted);
    const { queryPlanner, executionStats } = await cursor().explain('executionStats');
    expect(JSON.stringify(queryPlanner.winningPlan)).to.include('name_1').and.not.to.include('"SORT"');
    expect(JSON.stringify(executionStats.executionStages)).to.include('state_1').and.to.include('"SORT"');
    expect(executionStats.totalDocsExamined).to.be.within(512, 1000);
  });
});
