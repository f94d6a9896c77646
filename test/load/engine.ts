import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { serialize } from 'bson';
import { open } from 'lmdb';
import { type Collection, type Document, MongoClient } from 'mongodb';
import { type RunningEngine, startEngine } from 'xuefang-mongod';

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

/** Bytes of the data folder at the end, so that the start is measured on a filled one. */
const FILLED = 1024 ** 3;

type Note = (name: string, value: number) => void;

/** Measures the built-in engine beside raw lmdb on the same machine; prints the figures as they come. */
export default async function engineBench(): Promise<Record<string, number>> {
  const path = await mkdtemp(join(tmpdir(), 'xuefang-bench-engine-'));
  const folder = join(path, 'engine');
  const figures: Record<string, number> = {};
  const note: Note = (name, value) => {
    figures[name] = Math.round(value * 100) / 100;
    process.stderr.write(`${name}: ${figures[name]}\n`);
  };
  note('load_before', loadavg()[0] as number);
  try {
    await rawLimit(join(path, 'raw'), note);
    let engine = await startEngine({ path: folder });
    const client = new MongoClient(engine.uri, { maxPoolSize: 64 });
    const rows = client.db('bench').collection<Row>('rows');
    await rows.createIndex({ region: 1, total: -1 });
    await fill(rows, 0, SMALL, row);
    await measureUpdates(rows, note);
    await measureFinds(rows, SMALL, 'small', note);
    const started = performance.now();
    await fill(rows, SMALL, LARGE, row);
    note('insert_docs_per_s', ((LARGE - SMALL) / (performance.now() - started)) * 1000);
    await measureFinds(rows, LARGE, 'large', note);
    note(
      'find_index_large_to_small',
      (figures.find_index_large_us as number) / (figures.find_index_small_us as number),
    );
    await measureGroup(rows, note);
    await noteMemory(engine, note);
    await fillUp(client.db('bench').collection<Row>('papers'), folder);
    await client.close();
    await engine.stop();
    note('folder_mb', (await bytesIn(folder)) / 2 ** 20);
    const start = performance.now();
    engine = await startEngine({ path: folder });
    note('start_filled_ms', performance.now() - start);
    await engine.stop();
  } finally {
    await rm(path, { recursive: true, force: true });
  }
  note('load_after', loadavg()[0] as number);
  return figures;
}

/** The same bytes put straight into lmdb and synced: one by one, by 32 at a time, and 1,000 to a transaction. */
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
  const put = () => root.put(key(random(SMALL)), values[random(SMALL)] as Buffer);
  const one = async () => {
    void put();
    await root.flushed;
  };
  note('raw_lmdb_c1_per_s', await rate(1, 1500, one));
  note('raw_lmdb_c32_per_s', await rate(32, 1500, one));
  const batch = async () => {
    await root.transaction(() => {
      for (let i = 0; i < BATCH; i++) void put();
    });
    await root.flushed;
  };
  note('raw_lmdb_bulk_per_s', BATCH * (await rate(1, 2000, batch)));
  await root.close();
}

async function measureUpdates(rows: Collection<Row>, note: Note): Promise<void> {
  const set = () => ({ $set: { 'values.lesson': random(1000), state: 'studying' }, $inc: { revision: 1 } });
  const single = () => rows.updateOne({ _id: random(SMALL) }, set());
  note('update_c32_per_s', await rate(32, 3000, single));
  note('update_c1_per_s', await rate(1, 2000, single));
  const bulk = () =>
    rows.bulkWrite(
      Array.from({ length: BATCH }, () => ({ updateOne: { filter: { _id: random(SMALL) }, update: set() } })),
      { ordered: false },
    );
  note('bulk_update_c1_per_s', BATCH * (await rate(1, 3000, bulk)));
  note('bulk_update_c4_per_s', BATCH * (await rate(4, 4000, bulk)));
}

/** Finds by _id, by secondary index, and a sorted page of ten by compound index. */
async function measureFinds(rows: Collection<Row>, size: number, name: string, note: Note): Promise<void> {
  const region = () => `r${random(500)}`;
  const page = () => rows.find({ region: region() }).sort({ total: -1 }).limit(10).toArray();
  note(`find_id_${name}_us`, await latency(2000, () => rows.findOne({ _id: random(size) })));
  note(
    `find_index_${name}_us`,
    await latency(2000, () => rows.find({ region: region(), total: random(10_000) }).toArray()),
  );
  note(`page_index_${name}_us`, await latency(1500, page));
}

async function measureGroup(rows: Collection<Row>, note: Note): Promise<void> {
  const started = performance.now();
  await rows
    .aggregate([
      { $match: { _id: { $lt: 100_000 } } },
      { $group: { _id: '$region', n: { $sum: 1 }, sum: { $sum: '$total' } } },
    ])
    .toArray();
  note('group_100k_ms', performance.now() - started);
}

/** The process's memory; pages of the mapped data file, which the system takes back at will, apart. */
async function noteMemory({ process: { pid } }: RunningEngine, note: Note): Promise<void> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const megabytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0) / 1024;
  note('memory_own_mb', megabytes('RssAnon'));
  note('memory_mapped_file_mb', megabytes('RssFile'));
}

async function fillUp(papers: Collection<Row>, folder: string): Promise<void> {
  const text = '教师研修'.repeat(300);
  const paper = (id: number) => ({ ...row(id), text });
  for (let id = 0; (await bytesIn(folder)) < FILLED; id += 20_000) await fill(papers, id, id + 20_000, paper);
}

async function bytesIn(folder: string): Promise<number> {
  const sizes = await Promise.all((await readdir(folder)).map(async (file) => (await stat(join(folder, file))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

async function fill(rows: Collection<Row>, from: number, to: number, make: (id: number) => Row): Promise<void> {
  for (let id = from; id < to; id += BATCH * 4) {
    await Promise.all(
      [0, 1, 2, 3].map(async (part) => {
        const first = id + part * BATCH;
        const batch = Array.from({ length: Math.max(0, Math.min(BATCH, to - first)) }, (_each, at) => make(first + at));
        if (batch.length > 0) await rows.insertMany(batch, { ordered: false });
      }),
    );
  }
}

/** Calls per second with so many at a time, when both processes have warmed up. */
async function rate(concurrency: number, milliseconds: number, call: () => Promise<unknown>): Promise<number> {
  await callFor(concurrency, 1000, call);
  const started = performance.now();
  const calls = await callFor(concurrency, milliseconds, call);
  return (calls / (performance.now() - started)) * 1000;
}

async function callFor(concurrency: number, milliseconds: number, call: () => Promise<unknown>): Promise<number> {
  const end = performance.now() + milliseconds;
  let calls = 0;
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (; performance.now() < end; calls++) await call();
    }),
  );
  return calls;
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
