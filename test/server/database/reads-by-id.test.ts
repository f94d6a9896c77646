import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { countsBy, ReadsById } from '../../../server/database/reads-by-id.ts';
import { eventually } from '../../support/eventually.ts';
import { sharedDatabase } from '../../support/shared-database.ts';

/** A store whose queries are answered when the test says so. */
function store(documents: Record<string, string>) {
  const queries: { ids: string[]; answer(): void; fail(): void }[] = [];
  const reads = new ReadsById<{ _id: string; text: string }>(
    (ids) =>
      new Promise((resolve, reject) => {
        const found = ids.flatMap((_id) => (documents[_id] ? [{ _id, text: documents[_id] }] : []));
        queries.push({ ids, answer: () => resolve(found), fail: () => reject(new Error('no connection')) });
      }),
  );
  return { reads, queries };
}

const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('reads by id', () => {
  it('asks once for all that is wanted in one turn, and tells each its own', async () => {
    const { reads, queries } = store({ a: 'A', b: 'B' });
    const asked = [reads.get('a'), reads.get('b'), reads.get('nobody'), reads.get('a')];
    await turn();
    expect(queries.map(({ ids }) => ids)).deep.equal([['a', 'b', 'nobody']]);
    queries[0]?.answer();
    expect((await Promise.all(asked)).map((found) => found?.text)).deep.equal(['A', 'B', undefined, 'A']);
  });

  it('never answers with what was read before the question', async () => {
    const { reads, queries } = store({ a: 'A' });
    const first = reads.get('a');
    await turn();
    const second = reads.get('a');
    await turn();
    expect(queries).length(1);
    queries[0]?.answer();
    await first;
    await eventually(() => expect(queries).length(2));
    queries[1]?.answer();
    expect((await second)?.text).equal('A');
  });

  it('asks together for what was wanted during a query and right after it', async () => {
    const { reads, queries } = store({ a: 'A', b: 'B', c: 'C' });
    const first = reads.get('a');
    await turn();
    const during = reads.get('b');
    queries[0]?.answer();
    await first;
    const after = reads.get('c');
    await eventually(() => expect(queries).length(2));
    expect(queries[1]?.ids).deep.equal(['b', 'c']);
    queries[1]?.answer();
    expect([(await during)?.text, (await after)?.text]).deep.equal(['B', 'C']);
  });

  it('tells all who asked that a query failed, and goes on', async () => {
    const { reads, queries } = store({ a: 'A' });
    const asked = Promise.allSettled([reads.get('a'), reads.get('b')]);
    await turn();
    queries[0]?.fail();
    expect((await asked).map(({ status }) => status)).deep.equal(['rejected', 'rejected']);
    const again = reads.get('a');
    await turn();
    queries[1]?.answer();
    expect((await again)?.text).equal('A');
  });

  it('asks for no more than 500 at a time', async () => {
    const { reads, queries } = store({});
    const asked = Array.from({ length: 1_100 }, (_, index) => reads.get(`${index}`));
    for (let query = 0; query < 3; query += 1) {
      await eventually(() => expect(queries).length(query + 1));
      queries[query]?.answer();
    }
    await Promise.all(asked);
    expect(queries.map(({ ids }) => ids.length)).deep.equal([500, 500, 100]);
  });
});

describe('counts by the values of a field', () => {
  it('are told to each asker, from one query for all that was asked in one turn', async () => {
    const client = await MongoClient.connect(await sharedDatabase());
    try {
      const papers = client
        .db(`counts-${process.pid}`)
        .collection<{ _id: number; state: string; places: string[] }>('papers');
      await papers.insertMany([
        { _id: 1, state: 'open', places: ['here', 'everywhere'] },
        { _id: 2, state: 'open', places: ['there', 'everywhere'] },
        { _id: 3, state: 'closed', places: ['here'] },
      ]);
      let queries = 0;
      const aggregate = (...given: Parameters<typeof papers.aggregate>) => {
        queries += 1;
        return papers.aggregate(...given);
      };
      const open = countsBy({ aggregate } as never, 'places', { state: 'open' });
      const counts = await Promise.all(['here', 'everywhere', 'nowhere', 'here'].map(open));
      expect({ counts, queries }).deep.equal({ counts: [1, 2, 0, 1], queries: 1 });
      await client.db(`counts-${process.pid}`).dropDatabase();
    } finally {
      await client.close();
    }
  });
});
