import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Collection, type Document, type Filter, MongoClient } from 'mongodb';
import { startEngine } from 'xuefang-mongod';

interface Person extends Document {
  _id: number;
  scopes: string[];
  name: string;
  score: number;
  expires: Date;
}

const SIZE = Number(process.env.BENCH_LARGE ?? 1_000_000);
const BATCH = 2000;
const PAGE = 50;
/** Longest time to wait until expired documents are gone, in milliseconds. */
const EXPIRY_PATIENCE = 300_000;

const person = (id: number): Person => ({
  _id: id,
  scopes: ['province', `city:${id % 18}`, `school:${id % 3000}`],
  name: `学员${(id * 7919) % SIZE}`,
  score: (id * 104_729) % 10_000,
  expires: new Date(1_700_000_000_000 + id),
});

type Note = (name: string, value: number) => void;

/** Sorted pages of scopes, and how long a find by _id waits while everything is read, on a large collection. */
export default async function engineLargeBench(): Promise<Record<string, number>> {
  const path = await mkdtemp(join(tmpdir(), 'xuefang-bench-large-'));
  const figures: Record<string, number> = {};
  const note: Note = (name, value) => {
    figures[name] = Math.round(value * 100) / 100;
    process.stderr.write(`${name}: ${figures[name]}\n`);
  };
  const engine = await startEngine({ path });
  const client = new MongoClient(engine.uri);
  try {
    const people = client.db('bench').collection<Person>('people');
    await people.createIndex({ scopes: 1, name: 1, _id: 1 }, { name: 'by_name' });
    await fill(people, note);
    await measurePages(people, note);
    await measureWaits(people, note);
    await measureExpiry(people, note);
  } finally {
    await client.close();
    await engine.stop();
    await rm(path, { recursive: true, force: true });
  }
  return figures;
}

async function fill(people: Collection<Person>, note: Note): Promise<void> {
  const started = performance.now();
  for (let id = 0; id < SIZE; id += BATCH)
    await people.insertMany(
      Array.from({ length: Math.min(BATCH, SIZE - id) }, (_each, at) => person(id + at)),
      { ordered: false },
    );
  note('insert_docs_per_s', (SIZE / (performance.now() - started)) * 1000);
}

/** The first page and one in the middle, of one scope and of three. */
async function measurePages(people: Collection<Person>, note: Note): Promise<void> {
  const scopes = { one: ['city:3'], three: ['city:3', 'city:4', 'city:5'] };
  const middle = person(3).name;
  for (const [name, list] of Object.entries(scopes)) {
    const scope = { scopes: { $in: list } };
    note(`page_${name}_first_ms`, await medianOf(() => page(people, scope)));
    const after = { ...scope, $or: [{ name: { $gt: middle } }, { name: middle, _id: { $gt: 3 } }] };
    note(`page_${name}_middle_ms`, await medianOf(() => page(people, after)));
  }
}

const page = (people: Collection<Person>, filter: Filter<Person>) =>
  people.find(filter).sort({ name: 1, _id: 1 }).limit(PAGE).toArray();

/** The median milliseconds of one call at a time, of up to a hundred within three seconds. */
async function medianOf(call: () => Promise<unknown>): Promise<number> {
  await call();
  const times: number[] = [];
  const end = performance.now() + 3000;
  while (times.length < 100 && (times.length === 0 || performance.now() < end)) {
    const started = performance.now();
    await call();
    times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[times.length >> 1] as number;
}

async function measureWaits(people: Collection<Person>, note: Note): Promise<void> {
  const work: Record<string, () => Promise<unknown>> = {
    group: () => people.aggregate([{ $group: { _id: '$score', n: { $sum: 1 }, most: { $max: '$name' } } }]).toArray(),
    sort: () => people.aggregate([{ $sort: { score: 1, name: 1 } }, { $limit: 10 }]).toArray(),
    scan: () => people.findOne({ score: -1 }),
    distinct: () => people.distinct('score'),
    count: () => people.countDocuments({ score: { $lt: 5000 } }),
  };
  for (const [name, run] of Object.entries(work)) {
    const started = performance.now();
    const { p99, longest } = await pingWhile(people, run());
    note(`${name}_ms`, performance.now() - started);
    note(`find_id_p99_during_${name}_ms`, p99);
    note(`find_id_longest_during_${name}_ms`, longest);
  }
}

/** Finds documents by _id, one at a time, until the work has ended. */
async function pingWhile(
  people: Collection<Person>,
  work: Promise<unknown>,
): Promise<{ p99: number; longest: number }> {
  const times: number[] = [];
  let ended = false;
  void work.finally(() => {
    ended = true;
  });
  while (!ended) {
    const started = performance.now();
    await people.findOne({ _id: Math.floor(Math.random() * SIZE) });
    times.push(performance.now() - started);
  }
  await work;
  times.sort((a, b) => a - b);
  return { p99: times[Math.floor(times.length * 0.99)] ?? 0, longest: times.at(-1) ?? 0 };
}

/** Everything expires at once. */
async function measureExpiry(people: Collection<Person>, note: Note): Promise<void> {
  const started = performance.now();
  const build = await pingWhile(people, people.createIndex({ expires: 1 }, { expireAfterSeconds: 0 }));
  note('build_ttl_index_ms', performance.now() - started);
  note('find_id_longest_during_build_ms', build.longest);
  const until = performance.now() + EXPIRY_PATIENCE;
  let begun = 0;
  const gone = async () => {
    for (let left = SIZE; left > 0 && performance.now() < until; left = await people.estimatedDocumentCount()) {
      if (left < SIZE) begun ||= performance.now();
      await delay(100);
    }
  };
  const { p99, longest } = await pingWhile(people, gone());
  note('expiry_ms', performance.now() - begun);
  note('expiry_left', await people.estimatedDocumentCount());
  note('find_id_p99_during_expiry_ms', p99);
  note('find_id_longest_during_expiry_ms', longest);
}
