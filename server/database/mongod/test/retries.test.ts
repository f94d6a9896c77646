import { Long } from 'bson';
import { expect } from 'chai';
import { type ClientSession, type Document, MongoClient, MongoNetworkError } from 'mongodb';
import { type Cut, type CuttingProxy, startProxy } from './support/cutting-proxy.ts';
import { withEngine } from './support/engine-suite.ts';

interface Row {
  _id: number;
  n: number;
}

const CUTS: Cut[] = ['before the request', 'after the request', 'before the answer'];
/** How often a command is repeated after a cut, at the same time. */
const REPETITIONS = 3;

const AT_FIRST: Row[] = [1, 2, 3].map((_id) => ({ _id, n: 0 }));
const rows = (...changed: [number, number][]): Row[] => changed.map(([_id, n]) => ({ _id, n }));

/** A write, what each sending of it answers, and what is stored after it was done once to the rows before. */
const writes: Record<string, { body: Document; answer: Document; after: Row[]; database?: string }> = {
  insert: {
    body: { insert: 'rows', documents: [4, 5].map((_id) => ({ _id, n: 0 })) },
    answer: { n: 2 },
    after: rows([1, 0], [2, 0], [3, 0], [4, 0], [5, 0]),
  },
  'an insert that fails in its middle': {
    body: { insert: 'rows', documents: [4, 1, 5].map((_id) => ({ _id, n: 7 })), ordered: false },
    answer: { n: 2 },
    after: rows([1, 0], [2, 0], [3, 0], [4, 7], [5, 7]),
  },
  update: {
    body: { update: 'rows', updates: [1, 2, 9].map((_id) => ({ q: { _id }, u: { $inc: { n: 1 } }, upsert: true })) },
    answer: { n: 3, nModified: 2 },
    after: rows([1, 1], [2, 1], [3, 0], [9, 1]),
  },
  delete: {
    body: { delete: 'rows', deletes: [{ q: { n: 0 }, limit: 1 }] },
    answer: { n: 1 },
    after: rows([2, 0], [3, 0]),
  },
  findAndModify: {
    body: { findAndModify: 'rows', query: { _id: 1 }, update: { $inc: { n: 1 } }, new: true },
    answer: { value: { _id: 1, n: 1 } },
    after: rows([1, 1], [2, 0], [3, 0]),
  },
  'findAndModify that removes': {
    body: { findAndModify: 'rows', query: { n: 0 }, sort: { _id: -1 }, remove: true },
    answer: { value: { _id: 3, n: 0 } },
    after: rows([1, 0], [2, 0]),
  },
  bulkWrite: {
    body: {
      bulkWrite: 1,
      ops: [
        { insert: 0, document: { _id: 4, n: 0 } },
        { update: 0, filter: { _id: 4 }, updateMods: { $inc: { n: 1 } } },
        { delete: 0, filter: { n: 0 } },
      ],
      nsInfo: [{ ns: 'retries.rows' }],
    },
    answer: { nInserted: 1, nModified: 1, nDeleted: 1 },
    after: rows([2, 0], [3, 0], [4, 1]),
    database: 'admin',
  },
};

describe('what is sent again after its connection broke', () => {
  const suite = withEngine('retries');
  let proxy: CuttingProxy;
  let client: MongoClient;
  let lastNumber = 0;

  before(async () => {
    proxy = await startProxy(suite.engine.port);
    const uri = new URL(suite.engine.uri);
    uri.port = String(proxy.port);
    uri.searchParams.delete('replicaSet');
    uri.searchParams.set('directConnection', 'true');
    client = await new MongoClient(String(uri), { retryWrites: false, minHeartbeatFrequencyMS: 10 }).connect();
  });
  after(async () => {
    await client.close();
    await proxy.close();
  });

  const stored = () => suite.db.collection<Row>('rows').find().sort({ _id: 1 }).toArray();

  /** Sends a command until it is answered, as drivers do, but any number of times. */
  async function send(session: ClientSession, number: number, body: Document, database = 'retries'): Promise<Document> {
    (session as unknown as { serverSession: Document }).serverSession.txnNumber = number;
    for (;;) {
      try {
        return await client.db(database).command({ ...body, txnNumber: Long.fromNumber(number) }, { session });
      } catch (error) {
        if (!(error instanceof MongoNetworkError)) throw error;
      }
    }
  }

  /** Sends a command, cuts its connection, and sends it again and again over others. */
  async function sendCut(where: Cut, session: ClientSession, number: number, body: Document, database?: string) {
    const cut = proxy.cutNext(Object.keys(body)[0] as string, where);
    const first = send(session, number, body, database).catch((error: unknown) => error as Document);
    await cut;
    const again = Array.from({ length: REPETITIONS }, () =>
      send(session, number, body, database).catch((error: unknown) => error as Document),
    );
    return Promise.all([first, ...again]);
  }

  for (const [name, { body, answer, after, database }] of Object.entries(writes)) {
    for (const where of CUTS) {
      it(`${name}, cut ${where}, is done once and answered alike`, async () => {
        await suite.db.collection<Row>('rows').insertMany(AT_FIRST);
        const session = client.startSession();
        for (const reply of await sendCut(where, session, ++lastNumber, body, database)) {
          expect(reply).to.deep.include(answer);
        }
        expect(await stored()).to.deep.equal(after);
        await session.endSession();
      });
    }
  }

  it('refuses to number what changes many documents, as it could not be repeated', async () => {
    await suite.db.collection<Row>('rows').insertMany(AT_FIRST);
    const session = client.startSession();
    const update = { update: 'rows', updates: [{ q: {}, u: { $inc: { n: 1 } }, multi: true }] };
    const remove = { delete: 'rows', deletes: [{ q: {}, limit: 0 }] };
    for (const body of [update, remove]) {
      const { writeErrors } = await send(session, ++lastNumber, body);
      expect((writeErrors as Document[]).map(({ code }) => code)).to.deep.equal([72]);
    }
    expect(await stored()).to.deep.equal(AT_FIRST);
    await session.endSession();
  });

  const transaction = [
    { insert: 'rows', documents: [{ _id: 1, n: 0 }], startTransaction: true },
    { update: 'rows', updates: [{ q: { _id: 1 }, u: { $inc: { n: 1 } } }] },
    { commitTransaction: 1, writeConcern: { w: 'majority' } },
  ];

  for (const where of CUTS) {
    it(`a commit, cut ${where}, is answered alike to all`, async () => {
      await suite.db.createCollection('rows');
      const session = client.startSession();
      const number = ++lastNumber;
      const [insert, update, commit] = transaction.map((body): Document => ({ ...body, autocommit: false }));
      await send(session, number, insert as Document);
      await send(session, number, update as Document);
      for (const reply of await sendCut(where, session, number, commit as Document, 'admin'))
        expect(reply.ok).to.equal(1);
      expect(await stored()).to.deep.equal([{ _id: 1, n: 1 }]);
      await session.endSession();
    });

    it(`an abort, cut ${where}, leaves nothing`, async () => {
      await suite.db.createCollection('rows');
      const session = client.startSession();
      const number = ++lastNumber;
      const [insert] = transaction;
      await send(session, number, { ...insert, autocommit: false });
      const abort = { abortTransaction: 1, autocommit: false };
      const codes = (await sendCut(where, session, number, abort, 'admin')).map(({ ok, code }) => (ok ? 0 : code));
      expect(codes.filter((code) => code !== 0 && code !== 251)).to.deep.equal([]);
      expect(await stored()).to.deep.equal([]);
      const committed = await send(session, number, { commitTransaction: 1, autocommit: false }, 'admin').catch(
        ({ code }) => code,
      );
      expect(committed).to.equal(251);
      await session.endSession();
    });
  }

  it('a transaction whose statement was cut can be aborted over another connection', async () => {
    await suite.db.createCollection('rows');
    for (const where of CUTS) {
      const session = client.startSession();
      const number = ++lastNumber;
      await send(session, number, { ...transaction[0], autocommit: false });
      // Drivers end the whole transaction here: a statement has no number of its own.
      const cut = proxy.cutNext('update', where);
      const first = client
        .db('retries')
        .command({ ...transaction[1], autocommit: false, txnNumber: Long.fromNumber(number) }, { session })
        .catch((error: Error) => error);
      await cut;
      expect(await first).to.be.instanceOf(MongoNetworkError);
      await send(session, number, { abortTransaction: 1, autocommit: false }, 'admin');
      await session.endSession();
    }
    expect(await stored()).to.deep.equal([]);
  });
});
