import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serialize } from 'bson';
import { open } from 'lmdb';
import { type Collection, type Document, MongoClient } from 'mongodb';
import { startEngine } from '../support/engine.ts';

interface Row extends Document {
  _id: number;
}

const SMALL = 10_000;
const LARGE = Number(process.env.BENCH_LARGE ?? 1_000_000);
const BATCH = 1000;

const row = (id: number): Row => ({
  _id: id,
  region: `r${id % 500}`,
  total: (id * 7919) % 10_000,
  state: id % 3 === 0 ? 'qualified' : 'studying',
  name: `学员${id}`,
  values: { lesson: id % 60, at: new Date(1_700_000_000_000 + id) },
});

/** Measures the built-in engine beside raw lmdb on the same machine; prints the figures as they come. */
export default async function engineBench(): Promise<Record<string, number>> {
  const path = await mkdtemp(join(tmpdir(), 'xuefang-bench-engine-'));
  const figures: Record<string, number> = {};
  const note = (name: string, value: number) => {
    figures[name] = Math.round(value * 100) / 100;
    process.stderr.write(`${name}: ${figures[name]}\n`);
  };
  try {
    await rawLimit(join(path, 'raw'), note);
    let engine = await startEngine(join(path, 'engine'));
    const client = new MongoClient(engine.uri, { maxPoolSize: 64 });
    await measure(client, note);
    const status = await client.db('admin').command({ serverStatus: 1 });
    note('resident_mb', status.mem.resident);
    await client.close();
    await engine.stop();
    const started = performance.now();
    engine = await startEngine(join(path, 'engine'));
    note('start_filled_ms', performance.now() - started);
    await engine.stop();
  } finally {
    await rm(path, { recursive: true, force: true });
  }
  return figures;
}

type Note = (name: string, value: number) => void;

/** The same bytes put straight into lmdb, 1,000 to a transaction, each synced. */
async function rawLimit(path: string, note: Note): Promise<void> {
  const root = open({ path, encoding: 'binary', keyEncoding: 'binary' });
  const key = (id: number) => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt32BE(id, 4);
    return bytes;
  };
  for (let id = 0; id < SMALL; id++) void root.put(key(id), Buffer.from(serialize(row(id))));
  await root.flushed;
  const values = Array.from({ length: SMALL }, (_each, id) => Buffer.from(serialize(row(id + 1))));
  const started = performance.now();
  let puts = 0;
  while (performance.now() - started < 1500) {
    await root.transaction(() => {
      for (let i = 0; i < BATCH; i++) void root.put(key(random(SMALL)), values[random(SMALL)] as Buffer);
    });
    await root.flushed;
    puts += BATCH;
  }
  note('raw_lmdb_puts_per_s', (puts / (performance.now() - started)) * 1000);
  await root.close();
}

async function measure(client: MongoClient, note: Note): Promise<void> {
  const db = client.db('bench');
  const rows = db.collection<Row>('rows');
  await rows.createIndex({ region: 1, total: -1 });
  await fill(rows, 0, SMALL);
  const set = () => ({ $set: { 'values.lesson': random(1000), state: 'studying' }, $inc: { revision: 1 } });
  note('update_c1_per_s', await rate(1, 1500, () => rows.updateOne({ _id: random(SMALL) }, set())));
  note('update_c32_per_s', await rate(32, 2000, () => rows.updateOne({ _id: random(SMALL) }, set())));
  const bulk = () =>
    rows.bulkWrite(
      Array.from({ length: BATCH }, () => ({ updateOne: { filter: { _id: random(SMALL) }, update: set() } })),
      { ordered: false },
    );
  note('bulk_update_c1_per_s', BATCH * (await rate(1, 3000, bulk)));
  note('bulk_update_c4_per_s', BATCH * (await rate(4, 3000, bulk)));
  const byId = (size: number) => () => rows.findOne({ _id: random(size) });
  const byIndex = () =>
    rows
      .find({ region: `r${random(500)}` })
      .sort({ total: -1 })
      .limit(10)
      .toArray();
  const point = () => rows.find({ region: `r${random(500)}`, total: random(10_000) }).toArray();
  note('find_id_small_us', await latency(2000, byId(SMALL)));
  note('find_index_small_us', await latency(2000, point));
  note('page_index_small_us', await latency(1500, byIndex));
  await fill(rows, SMALL, LARGE);
  note('find_id_large_us', await latency(2000, byId(LARGE)));
  note('find_index_large_us', await latency(2000, point));
  note('page_index_large_us', await latency(1500, byIndex));
  const started = performance.now();
  await rows
    .aggregate([
      { $match: { _id: { $lt: 100_000 } } },
      { $group: { _id: '$region', n: { $sum: 1 }, sum: { $sum: '$total' } } },
    ])
    .toArray();
  note('group_100k_ms', performance.now() - started);
}

async function fill(rows: Collection<Row>, from: number, to: number): Promise<void> {
  for (let id = from; id < to; id += BATCH * 4) {
    await Promise.all(
      [0, 1, 2, 3].map(async (part) => {
        const first = id + part * BATCH;
        const batch = Array.from({ length: Math.max(0, Math.min(BATCH, to - first)) }, (_each, at) => row(first + at));
        if (batch.length > 0) await rows.insertMany(batch, { ordered: false });
      }),
    );
  }
}

/** Calls per second with so many at a time. */
async function rate(concurrency: number, milliseconds: number, call: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  let calls = 0;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      while (performance.now() - started < milliseconds) {
        await call();
        calls++;
      }
    }),
  );
  return (calls / (performance.now() - started)) * 1000;
}

/** Median microseconds of one call at a time. */
async function latency(milliseconds: number, call: () => Promise<unknown>): Promise<number> {
  for (let i = 0; i < 100; i++) await call();
  const times: number[] = [];
  const started = performance.now();
  while (performance.now() - started < milliseconds) {
    const before = performance.now();
    await call();
    times.push(performance.now() - before);
  }
  times.sort((a, b) => a - b);
  return (times[times.length >> 1] as number) * 1000;
}

const random = (below: number) => Math.floor(Math.random() * below);
