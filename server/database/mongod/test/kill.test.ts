import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Collection, MongoClient } from 'mongodb';
import { checkFolder } from '../maintenance.ts';
import { startEngine } from './support/engine.ts';
import { eventually } from './support/eventually.ts';

/** How often the engine is killed; `ENGINE_KILLS=100` is the long run. */
const KILLS = Number(process.env.ENGINE_KILLS ?? 6);
const WRITERS = 6;
const ACCOUNTS = 20;
const TOTAL = ACCOUNTS * 1000;

interface Row {
  _id: string;
  count?: number;
  amount?: number;
  name?: string;
  pair?: string;
  group?: number;
  at?: number;
  tags?: number[];
}

/** What the writers were told: the last acknowledged number of each kind. */
class Acknowledged {
  readonly inserted = new Set<string>();
  readonly counted = new Map<string, number>();
  readonly pairs = new Set<string>();
}

describe('the engine under kill -9', function () {
  this.timeout(30_000 + KILLS * 10_000);
  let path: string;

  before(async () => {
    path = await mkdtemp(join(tmpdir(), 'xuefang-kill-'));
  });

  after(() => rm(path, { recursive: true, force: true }));

  it(`keeps every acknowledged write, no half transaction and agreeing indexes through ${KILLS} kills`, async () => {
    const told = new Acknowledged();
    await prepare(path);
    for (let kill = 0; kill < KILLS; kill++) {
      await loadAndKill(path, told, kill);
      const report = await checkFolder(path);
      expect(report.problems).to.deep.equal([]);
    }
    expect(told.inserted.size, 'the load must have done something').to.be.greaterThan(KILLS);
    expect(told.pairs.size).to.be.greaterThan(KILLS);
    const engine = await startEngine(path);
    const client = new MongoClient(engine.uri);
    await verify(client, told);
    await client.close();
    await engine.stop();
  });
});

async function prepare(path: string): Promise<void> {
  const engine = await startEngine(path);
  const client = new MongoClient(engine.uri);
  const db = client.db('kill');
  await db
    .collection<Row>('rows')
    .createIndexes([{ key: { group: 1, at: -1 } }, { key: { name: 1 }, unique: true }, { key: { tags: 1 } }]);
  await db
    .collection<Row>('accounts')
    .insertMany(Array.from({ length: ACCOUNTS }, (_each, at) => ({ _id: `a${at}`, amount: 1000 })));
  await db.collection('pairs').createIndex({ pair: 1 });
  await client.close();
  await engine.stop();
}

async function loadAndKill(path: string, told: Acknowledged, round: number): Promise<void> {
  const engine = await startEngine(path);
  const client = new MongoClient(engine.uri, {
    retryWrites: false,
    serverSelectionTimeoutMS: 300,
    connectTimeoutMS: 300,
  });
  await client.connect();
  let running = true;
  const known = told.pairs.size;
  const writers = Array.from({ length: WRITERS }, async (_each, writer) => {
    for (let step = 0; running; step++) {
      try {
        await work(client, told, `${round}-${writer}-${step}`, step + writer);
      } catch {
        if (engine.process.exitCode !== null || engine.process.signalCode !== null) return;
      }
    }
  });
  // The kill falls at any moment of a load that has begun, however slow the machine is.
  await eventually(() => expect(told.pairs.size).to.be.above(known + 1), 20_000);
  await new Promise((resolve) => setTimeout(resolve, 150 + Math.random() * 350));
  const ended = new Promise((resolve) => engine.process.once('exit', resolve));
  engine.process.kill('SIGKILL');
  await ended;
  running = false;
  await Promise.all(writers);
  await client.close();
}

async function work(client: MongoClient, told: Acknowledged, name: string, kind: number): Promise<void> {
  const db = client.db('kill');
  const rows = db.collection<Row>('rows');
  if (kind % 3 === 0) {
    await rows.insertMany(
      [0, 1, 2].map((at) => ({
        _id: `${name}/${at}`,
        name: `${name}/${at}`,
        group: kind % 7,
        at: kind,
        tags: [at, kind % 5],
      })),
    );
    for (const at of [0, 1, 2]) told.inserted.add(`${name}/${at}`);
  } else if (kind % 3 === 1) {
    const writer = name.slice(0, name.lastIndexOf('-'));
    await rows.updateOne(
      { _id: writer },
      { $inc: { count: 1 }, $set: { group: kind % 7, at: kind, name: writer } },
      { upsert: true },
    );
    told.counted.set(writer, (told.counted.get(writer) ?? 0) + 1);
  } else await transfer(client, told, name, kind);
}

async function transfer(client: MongoClient, told: Acknowledged, name: string, kind: number): Promise<void> {
  const db = client.db('kill');
  const accounts: Collection<Row> = db.collection('accounts');
  const [from, to] = [`a${kind % ACCOUNTS}`, `a${(kind * 7 + 3) % ACCOUNTS}`];
  if (from === to) return;
  const session = client.startSession();
  try {
    session.startTransaction({ writeConcern: { w: 'majority' } });
    await accounts.updateOne({ _id: from }, { $inc: { amount: -1 } }, { session });
    await accounts.updateOne({ _id: to }, { $inc: { amount: 1 } }, { session });
    await db.collection<Row>('pairs').insertMany(
      [
        { _id: `${name}/x`, pair: name },
        { _id: `${name}/y`, pair: name },
      ],
      { session },
    );
    await session.commitTransaction();
    told.pairs.add(name);
  } finally {
    await session.endSession();
  }
}

async function verify(client: MongoClient, told: Acknowledged): Promise<void> {
  const db = client.db('kill');
  const rows = new Map((await db.collection<Row>('rows').find().toArray()).map((row) => [row._id, row]));
  expect([...told.inserted].filter((id) => !rows.has(id))).to.deep.equal([]);
  for (const [writer, count] of told.counted) expect(Number(rows.get(writer)?.count)).to.be.at.least(count);
  const amounts = await db.collection<Row>('accounts').find().toArray();
  expect(amounts.reduce((sum, each) => sum + Number(each.amount), 0)).to.equal(TOTAL);
  const pairs = new Map<string, number>();
  for (const { pair } of await db.collection<Row>('pairs').find().toArray())
    pairs.set(String(pair), (pairs.get(String(pair)) ?? 0) + 1);
  expect([...pairs].filter(([, count]) => count !== 2)).to.deep.equal([]);
  expect([...told.pairs].filter((name) => !pairs.has(name))).to.deep.equal([]);
}
