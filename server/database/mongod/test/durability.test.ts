import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Long } from 'bson';
import { expect } from 'chai';
import { type ClientSession, type Document, MongoClient } from 'mongodb';
import { startEngine } from './support/engine.ts';
import { needTracer, startTraced, type TracedEngine } from './support/traced-engine.ts';

/** Every sync takes at least this long, in microseconds: what does not wait for it is answered before. */
const SYNC = 250_000;
/** The line of a sync is in the trace for so long, in microseconds, before the engine can answer. */
const SEEN = 20_000;
const SLOW_SYNCS = [
  ...['-e', 'trace=fsync,fdatasync'],
  ...['-e', `inject=fdatasync:delay_enter=${SYNC}:delay_exit=${SEEN}`],
];

describe('before a sync has ended', () => {
  let path: string;
  let engine: TracedEngine;
  let client: MongoClient;

  /** A collection of its own for each test: what removes the documents of others would be synced at any time. */
  let name = '';
  let tests = 0;

  before(async function () {
    needTracer(this);
    path = await mkdtemp(join(tmpdir(), 'xuefang-durability-'));
    engine = await startTraced(path, SLOW_SYNCS);
    client = await connect(engine);
  });

  beforeEach(async () => {
    name = `rows${++tests}`;
    await database().createCollection(name);
  });

  after(async () => {
    await client?.close();
    await engine?.stop();
    if (path) await rm(path, { recursive: true, force: true });
  });

  const connect = ({ uri }: { uri: string }) =>
    new MongoClient(uri, { retryWrites: false, serverSelectionTimeoutMS: 2000 }).connect();
  const database = () => client.db('durability');
  const rows = () => database().collection<{ _id: number; n?: number }>(name);

  /** Asks again and again until the work is done; gives what was answered, and how many syncs had ended by then. */
  async function askDuring<T>(work: Promise<unknown>, ask: () => Promise<T>): Promise<{ answer: T; syncs: number }[]> {
    let done = false;
    const finished = work.finally(() => {
      done = true;
    });
    const answers: Promise<{ answer: T; syncs: number }>[] = [];
    while (!done) {
      answers.push(ask().then((answer) => ({ answer, syncs: engine.syncs() })));
      await Promise.race([finished, pause(20)]);
    }
    expect(answers.length).to.be.greaterThan(3);
    return Promise.all(answers);
  }

  const command = (body: Document, session?: ClientSession, databaseName = 'durability') =>
    client.db(databaseName).command(body, session === undefined ? {} : { session });

  const numbers = new Map<ClientSession, number>();

  /** A command of a transaction that the driver knows nothing of, so that it can be sent over any connection at any time. */
  const within = (session: ClientSession, body: Document, databaseName?: string) => {
    const txnNumber = numbers.get(session) ?? numbers.size + 1;
    numbers.set(session, txnNumber);
    // The driver writes its own number into commits.
    Object.assign((session as unknown as { serverSession: Document }).serverSession, { txnNumber });
    return command({ ...body, txnNumber: Long.fromNumber(txnNumber), autocommit: false }, session, databaseName);
  };

  it('a repeated commit is not answered, nor told that it was aborted', async () => {
    const session = client.startSession();
    await within(session, { insert: name, documents: [{ _id: 1 }], startTransaction: true });
    const before = engine.syncs();
    const commit = () => within(session, { commitTransaction: 1 }, 'admin');
    const repeated = await askDuring(commit(), commit);
    for (const { answer, syncs } of repeated) {
      expect(answer.ok).to.equal(1);
      expect(syncs, 'answered before the sync').to.be.greaterThan(before);
    }
    expect(await rows().countDocuments()).to.equal(1);
    await session.endSession();
  });

  it('neither an abort nor a statement that comes during a commit learns how it ends', async () => {
    const session = client.startSession();
    await within(session, { insert: name, documents: [{ _id: 1 }], startTransaction: true });
    const before = engine.syncs();
    const committed = within(session, { commitTransaction: 1 }, 'admin');
    const codes = [
      within(session, { abortTransaction: 1 }, 'admin'),
      within(session, { insert: name, documents: [{ _id: 2 }] }),
    ].map((each) =>
      each.then(
        () => [0],
        ({ code }) => [code, engine.syncs() > before],
      ),
    );
    for (const each of codes) expect(await each).to.deep.equal([256, true]);
    await committed;
    await session.endSession();
  });

  const majority = { readConcern: { level: 'majority' as const } };
  const seen: Record<string, () => Promise<unknown>> = {
    'find by _id': () => rows().findOne({ _id: 1 }, majority),
    find: () => rows().findOne({ n: 1 }, majority),
    'a linearizable find': () => rows().findOne({ _id: 1 }, { readConcern: { level: 'linearizable' } }),
    count: () => rows().estimatedDocumentCount(majority),
    aggregate: () => rows().countDocuments({}, majority),
    distinct: async () => (await rows().distinct('n', {}, majority)).length,
    'a snapshot session': () =>
      client.withSession({ snapshot: true }, (session) => rows().findOne({ _id: 1 }, { session })),
    'a transaction': () =>
      client.withSession((session) =>
        session.withTransaction(() => rows().findOne({ _id: 1 }, { session }), { readConcern: { level: 'snapshot' } }),
      ),
  };

  for (const [what, read] of Object.entries(seen)) {
    it(`${what} does not show a write`, async () => {
      const before = engine.syncs();
      const answers = await askDuring(rows().insertOne({ _id: 1, n: 1 }), read);
      for (const { answer, syncs } of answers) if (answer) expect(syncs).to.be.greaterThan(before);
      expect(await read()).to.be.ok;
    });
  }

  it('nobody hears of a new collection, or that one is gone', async () => {
    const names = async () => (await database().listCollections().toArray()).map((each) => each.name).sort();
    const before = engine.syncs();
    for (const { answer, syncs } of await askDuring(database().createCollection('new'), names))
      if (answer.includes('new')) expect(syncs).to.be.greaterThan(before);
    const then = engine.syncs();
    for (const { answer, syncs } of await askDuring(rows().drop(), names))
      if (!answer.includes(name)) expect(syncs).to.be.greaterThan(then);
    expect(await names())
      .to.include('new')
      .and.not.to.include(name);
  });

  it('an error does not tell of the write that is its reason', async () => {
    const first = rows().insertOne({ _id: 0 });
    // The other two gather while the first is being synced, and share a sync.
    await pause(SYNC / 5000);
    const other = rows()
      .insertOne({ _id: 1 })
      .then(() => engine.syncs());
    await pause(SYNC / 5000);
    const error = rows()
      .findOneAndUpdate({ _id: 1, n: 5 }, { $set: { n: 6 } }, { upsert: true })
      .catch(({ code }) => ({ code, syncs: engine.syncs() }));
    await first;
    expect(await error).to.deep.equal({ code: 11000, syncs: await other });
  });

  /** Starts the engine anew, with other syncs. */
  async function restart(options: readonly string[]): Promise<void> {
    await client.close();
    await engine.stop();
    engine = await startTraced(path, options);
    client = await connect(engine);
  }

  /** When an engine is killed with a write, what strace slows down there, and what is waited for before. */
  const kills: [string, readonly string[], (before: number) => Promise<unknown>][] = [
    ['before its sync', SLOW_SYNCS, () => pause(SYNC / 2000)],
    [
      'when readers of the file see it, and before the sync of that',
      ['-e', 'trace=fsync,fdatasync,pwrite64', '-e', `inject=pwrite64:delay_exit=${SYNC}`],
      async (before) => {
        while (engine.syncs() === before) await pause(5);
        await pause(SYNC / 5000);
      },
    ],
  ];

  for (const [when, options, moment] of kills) {
    it(`a write is not answered as done after a restart, if it was cut ${when}`, async () => {
      await rows().insertOne({ _id: 1, n: 0 });
      await restart(options);
      const session = client.startSession();
      const id = { ...session.id };
      const write = { update: name, updates: [{ q: { _id: 1 }, u: { $inc: { n: 1 } } }], txnNumber: Long.ONE };
      const before = engine.syncs();
      const cut = command(write, session).catch(() => undefined);
      await moment(before);
      await engine.kill();
      await cut;
      await restart(SLOW_SYNCS);
      const again = client.startSession();
      Object.assign(again.id as Document, id);
      expect((await command(write, again)).nModified).to.equal(1);
      expect(engine.syncs(), 'no sync since the restart').to.be.greaterThan(0);
      expect((await rows().findOne({ _id: 1 }))?.n).to.equal(1);
    });
  }
});

describe('a retryable write that waits for a transaction in its middle', () => {
  let path: string;

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'xuefang-retry-'));
  });

  afterEach(() => rm(path, { recursive: true, force: true }));

  const write = {
    update: 'rows',
    updates: [1, 2].map((_id) => ({ q: { _id }, u: { $inc: { n: 1 } } })),
    txnNumber: Long.ONE,
  };
  const bulk = {
    bulkWrite: 1,
    ops: [1, 2].map((_id) => ({ update: 0, filter: { _id }, updateMods: { $inc: { n: 1 } } })),
    nsInfo: [{ ns: 'retry.rows' }],
    txnNumber: Long.ONE,
  };

  async function prepared(uri: string) {
    const client = await new MongoClient(uri, { retryWrites: false, serverSelectionTimeoutMS: 500 }).connect();
    const rows = client.db('retry').collection<{ _id: number; n: number }>('rows');
    await rows.insertMany([1, 2].map((_id) => ({ _id, n: 0 })));
    const holder = client.startSession();
    holder.startTransaction();
    await rows.updateOne({ _id: 2 }, { $inc: { n: 10 } }, { session: holder });
    const numbers = async () => (await rows.find().sort({ _id: 1 }).toArray()).map(({ n }) => n);
    /** Resolves when the write has done its first statement and waits with the second. */
    const half = async () => {
      while ((await numbers())[0] === 0) await pause(5);
    };
    return { client, holder, numbers, half };
  }

  for (const [name, body, database] of [
    ['update', write, 'retry'],
    ['bulkWrite', bulk, 'admin'],
  ] as const) {
    it(`does each statement of ${name} once when it is repeated meanwhile`, async () => {
      const engine = await startEngine(path);
      const { client, holder, numbers, half } = await prepared(engine.uri);
      const session = client.startSession();
      const send = () => client.db(database).command(body, { session });
      const first = send();
      await half();
      const second = send();
      await client.db('retry').command({ ping: 1 });
      await holder.commitTransaction();
      const answers = await Promise.all([first, second]);
      for (const { n, nMatched } of answers) expect(n ?? nMatched).to.equal(2);
      expect(await numbers()).to.deep.equal([1, 11]);
      await client.close();
      await engine.stop();
    });
  }

  it('does each statement once when it is repeated after a kill', async () => {
    let engine = await startEngine(path);
    const { client, half } = await prepared(engine.uri);
    const session = client.startSession();
    const id = { ...session.id };
    const cut = client
      .db('retry')
      .command(write, { session })
      .catch(() => undefined);
    await half();
    // The next answer comes after the sync of what the write has done so far.
    await client.db('other').collection('rows').insertOne({});
    const ended = new Promise((resolve) => engine.process.once('exit', resolve));
    engine.process.kill('SIGKILL');
    await ended;
    await cut;
    await client.close();
    engine = await startEngine(path);
    const other = await new MongoClient(engine.uri, { retryWrites: false }).connect();
    const again = other.startSession();
    Object.assign(again.id as Document, id);
    expect((await other.db('retry').command(write, { session: again })).n).to.equal(2);
    const rows = await other
      .db('retry')
      .collection<{ _id: number; n: number }>('rows')
      .find()
      .sort({ _id: 1 })
      .toArray();
    expect(rows.map(({ n }) => n)).to.deep.equal([1, 1]);
    await other.close();
    await engine.stop();
  });
});
