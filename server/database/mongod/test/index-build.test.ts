import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Collection, MongoClient } from 'mongodb';
import { checkFolder } from '../maintenance.ts';
import { type RunningEngine, startEngine } from './support/engine.ts';
import { eventually } from './support/eventually.ts';

interface Row {
  _id: number;
  group: number;
  name: string;
}

const DOCUMENTS = 200_000;
const BATCH = 5000;

describe('building an index', function () {
  this.timeout(120_000);
  let path: string;
  let engine: RunningEngine;
  let client: MongoClient;
  let rows: Collection<Row>;

  const start = async () => {
    engine = await startEngine(path);
    client = new MongoClient(engine.uri, { retryWrites: false, serverSelectionTimeoutMS: 2000 });
    rows = client.db('build').collection('rows');
  };

  const stop = async () => {
    await client.close();
    await engine.stop();
  };

  /** An index whose build has begun and is not over. */
  const begun = async (create: Promise<unknown>) => {
    create.catch(() => undefined);
    await eventually(async () => {
      const error = await rows.dropIndex('nothing').catch((each) => each);
      expect(error.code).to.equal(12586);
    });
  };

  const codeOf = (work: Promise<unknown>) =>
    work.then(
      () => 0,
      (error) => error.code,
    );

  before(async () => {
    path = await mkdtemp(join(tmpdir(), 'xuefang-build-'));
    await start();
    for (let first = 0; first < DOCUMENTS; first += BATCH) {
      const batch = Array.from({ length: BATCH }, (_each, at): Row => {
        const _id = first + at;
        return { _id, group: _id % 100, name: `name ${_id}` };
      });
      await rows.insertMany(batch, { writeConcern: { w: 1 } });
    }
  });

  after(async () => {
    await stop();
    await rm(path, { recursive: true, force: true });
  });

  it('lets other commands through, and writes meanwhile are in it', async () => {
    const ping = async () => {
      const started = performance.now();
      await client.db('admin').command({ ping: 1 });
      return performance.now() - started;
    };
    const before: number[] = [];
    while (before.length < 20) before.push(await ping());
    const create = rows.createIndexes([{ key: { group: 1 } }, { key: { name: 1 }, unique: true }]);
    await begun(create);
    let built = false;
    void create.finally(() => {
      built = true;
    });
    const pings: number[] = [];
    for (let at = 0; !built; at++) {
      pings.push(await ping());
      const far = DOCUMENTS - 1 - at;
      await rows.insertOne({ _id: DOCUMENTS + at, group: -1, name: `new ${at}` });
      await rows.updateOne({ _id: at }, { $set: { group: -1, name: `moved ${at}` } });
      await rows.updateOne({ _id: far }, [{ $set: { group: { $ifNull: ['$none', -2] }, name: `far ${at}` } }]);
      await rows.deleteOne({ _id: far - 1000 });
    }
    await create;
    expect(pings.length).to.be.greaterThan(5);
    // What the machine does besides made some slow before, too.
    const limit = 100 + 3 * Math.max(...before);
    const slow = pings.filter((each) => each > limit).length;
    expect(slow, `of ${pings.length} pings, slower than ${limit} ms`).to.be.at.most(pings.length / 10);
    const count = async (hint: object) => rows.countDocuments({ group: { $lt: 0 } }, { hint: hint as never });
    expect(await count({ group: 1 })).to.equal(await count({ $natural: 1 }));
    expect(await rows.countDocuments({ group: -1 })).to.be.at.least(2 * pings.length);
    expect(await codeOf(rows.insertOne({ _id: -1, group: 0, name: 'new 0' }))).to.equal(11000);
    await stop();
    const { problems, indexEntries } = await checkFolder(path);
    expect(problems).to.deep.equal([]);
    expect(indexEntries).to.be.greaterThan(DOCUMENTS);
    await start();
  });

  it('is given up at two documents with the same value, and nothing is left of it', async () => {
    await rows.insertOne({ _id: DOCUMENTS * 2, group: 3, name: 'last' });
    const create = rows.createIndex({ group: -1 }, { unique: true });
    expect(await codeOf(create)).to.equal(11000);
    expect((await rows.indexes()).map(({ name }) => name)).to.deep.equal(['_id_', 'group_1', 'name_1']);
    await rows.insertOne({ _id: DOCUMENTS * 2 + 1, group: 3, name: 'another' });
  });

  it('happens once when it is asked for twice', async () => {
    const both = await Promise.all([rows.createIndex({ _id: 1, group: 1 }), rows.createIndex({ _id: 1, group: 1 })]);
    expect(both).to.deep.equal(['_id_1_group_1', '_id_1_group_1']);
    await rows.dropIndex('_id_1_group_1');
  });

  it('waits for a transaction that has written before, and an older transaction does without the index', async () => {
    const [writer, reader] = [client.startSession(), client.startSession()];
    writer.startTransaction();
    reader.startTransaction();
    const seen = () => rows.countDocuments({ group: 7, name: /^name/ }, { session: reader });
    const before = await seen();
    await rows.insertOne({ _id: -5, group: 7, name: 'in a transaction' }, { session: writer });
    const create = rows.createIndex({ group: 1, name: 1 });
    await begun(create);
    await writer.commitTransaction();
    await create;
    expect(await rows.countDocuments({ group: 7, name: 'in a transaction' }, { hint: 'group_1_name_1' })).to.equal(1);
    expect(await seen()).to.equal(before);
    await reader.abortTransaction();
    await writer.endSession();
    await reader.endSession();
  });

  it('leaves nothing behind a kill -9', async () => {
    const create = rows.createIndexes([
      { key: { name: -1, group: 1 }, unique: true },
      { key: { group: -1, name: -1 } },
    ]);
    await begun(create);
    const ended = new Promise((resolve) => engine.process.once('exit', resolve));
    engine.process.kill('SIGKILL');
    await ended;
    await codeOf(create);
    await client.close();
    expect((await checkFolder(path)).problems).to.deep.equal([]);
    await start();
    expect((await rows.indexes()).map(({ name }) => name)).to.deep.equal([
      ...['_id_', 'group_1', 'name_1', 'group_1_name_1'],
    ]);
  });

  it('ends when the collection is dropped, or its time is over', async () => {
    const timed = { indexes: [{ key: { group: -1 }, name: 'timed' }], maxTimeMS: 30 };
    expect(await codeOf(client.db('build').command({ createIndexes: 'rows', ...timed }))).to.equal(50);
    const create = rows.createIndex({ group: -1 });
    await begun(create);
    await rows.drop();
    expect(await codeOf(create)).to.equal(276);
  });
});
