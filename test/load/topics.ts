/**
 * A topic of many posts, by a few authors with hundreds each: what its pages cost wherever they stand, for who takes part and for
 * who watches a region, and how long a new post takes when these authors write many a second. The posts are taken over by the
 * importer into the demonstration's data; then the platform runs in its own process.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { demoPassword } from '../../plugins/demo/accounts.ts';
import { type HttpClient, signIn } from '../../plugins/demo/http-client.ts';
import type { PastPosts } from '../../plugins/discussions/history.ts';
import { projectFolder, readConfig } from '../../server/config.ts';
import { createLog } from '../../server/log.ts';
import { startPlatform } from '../../server/platform.ts';
import type { Services } from '../../server/plugins/contract.ts';
import { discoverPlugins } from '../../server/plugins/discover.ts';
import { round, Spread, spent } from './beats/figures.ts';
import type { Bench } from './index.ts';
import { startPlatformProcess } from './platform-process.ts';

const WANTED = { pageMs: 10, postP99: 200 };
const PAGE = 20;
const TIMES = 60;
const DEMO = { DEMO_SEED: 'true', DEMO_LEARNERS: '200', REQUESTS_PER_SECOND: '0' };

const run: Bench = async (options) => {
  const { values } = parseArgs({
    args: options,
    options: {
      posts: { type: 'string', default: '10000' },
      authors: { type: 'string', default: '14' },
      perSecond: { type: 'string', default: '100' },
      seconds: { type: 'string', default: '20' },
      /** Folder for a CPU profile of the platform. */
      profile: { type: 'string' },
    },
  });
  const [posts, authors, perSecond, seconds] = [values.posts, values.authors, values.perSecond, values.seconds].map(
    Number,
  ) as [number, number, number, number];
  const dataDir = await mkdtemp(join(tmpdir(), 'xuefang-bench-'));
  try {
    const { topic, logins } = await seed(dataDir, posts, authors);
    const platform = await startPlatformProcess(dataDir, {
      env: DEMO,
      nodeArguments: values.profile ? ['--cpu-prof', `--cpu-prof-dir=${values.profile}`] : [],
    });
    try {
      const clients = new Map<string, HttpClient>();
      for (const login of [...logins, 'city']) clients.set(login, await signIn(platform.url, login, demoPassword));
      const pages = [];
      const last = Math.ceil(posts / PAGE);
      for (const reader of [logins[0] as string, 'city']) {
        for (const sort of ['oldest', 'newest', 'featured']) {
          for (const page of [1, Math.ceil(last / 2), last]) {
            const href = `/api/v1/discussions/topics/${topic}?sort=${sort}&page=${page}`;
            const times = await timesOf(platform.pid, () => (clients.get(reader) as HttpClient).get(href));
            process.stderr.write(`${reader} ${sort} ${page}: ${JSON.stringify(times)}\n`);
            pages.push({ reader, sort, page, ...times });
          }
        }
      }
      const before = await spent(platform.pid);
      const written = await write(topic, [...clients].slice(0, authors), perSecond, seconds);
      const after = await spent(platform.pid);
      const writing = { ...written, ...costs(before, after, perSecond * seconds) };
      const ok = writing.errors === 0 && writing.p99 < WANTED.postP99 && pages.every(({ p50 }) => p50 < WANTED.pageMs);
      return { posts, authors, wanted: WANTED, pages, writing, ok };
    } finally {
      await platform.stop();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
};

export default run;

interface Person {
  _id: string;
  account: string;
}

interface Enrolled {
  _id: string;
  learner: string;
  programme: string;
}

/** Fills the demonstration's data with a topic; resolves with its id and its authors' logins. */
async function seed(dataDir: string, count: number, authors: number): Promise<{ topic: string; logins: string[] }> {
  const config = readConfig({ PORT: '0', DATA_DIR: dataDir, LOG_LEVEL: 'error', ...DEMO });
  const plugins = await discoverPlugins(join(projectFolder, 'plugins'));
  const platform = await startPlatform({ config, log: createLog('error'), plugins });
  try {
    const { connection, services } = platform.rooms;
    const people = await connection.collection<Person>('users').find({ account: /^sim-/ }).toArray();
    const learners = people.map(({ _id }) => _id);
    const all = connection
      .collection<Enrolled>('enrolments')
      .find({ learner: { $in: learners }, state: { $ne: 'withdrawn' } });
    const [first, ...others] = await all.toArray();
    const { programme } = first as Enrolled;
    const enrolments = [first as Enrolled, ...others.filter((one) => one.programme === programme)].slice(0, authors);
    const accounts = new Map(people.map(({ _id, account }) => [_id, account]));
    const discussions = services.get('discussions') as Services['discussions'];
    const now = Date.now();
    const topic = await discussions.createTopic({
      programme,
      title: '大话题',
      text: '大家都来谈',
      author: String(learners[0]),
    });
    const history: PastPosts[] = enrolments.map((enrolment, author) => ({
      enrolment: enrolment._id,
      learner: enrolment.learner,
      topic,
      posts: Array.from({ length: Math.ceil(count / authors) }, (_each, at) => ({
        text: words(author * count + at),
        at: new Date(now - 30 * 86_400_000 + (at * authors + author) * 60_000),
        kind: 'post' as const,
      })),
    }));
    await discussions.importHistory(history);
    return { topic, logins: enrolments.map(({ learner }) => accounts.get(learner) as string) };
  } finally {
    await platform.stop();
  }
}

/** About eighty different ideographs for a number. */
function words(seed: number): string {
  let state = (seed + 1) * 2_654_435_761;
  return Array.from({ length: 60 + (seed % 40) }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return String.fromCodePoint(0x4e00 + (state % 3000));
  }).join('');
}

/** What a request costs the platform's processor, and how long it takes, one after the other. */
async function timesOf(pid: number, request: () => Promise<unknown>) {
  for (let time = 0; time < 10; time++) await request();
  const before = await spent(pid);
  const times = new Spread();
  for (let time = 0; time < TIMES; time++) {
    const started = performance.now();
    await request();
    times.add(performance.now() - started);
  }
  const after = await spent(pid);
  return { ...costs(before, after, TIMES), ...quantiles(times) };
}

function costs(before: [number, number], after: [number, number], times: number) {
  const [platformMs, databaseMs] = after.map((ms, at) => round((ms - (before[at] as number)) / times, 1));
  return { platformMs, databaseMs };
}

const quantiles = (times: Spread) => ({ p50: times.at(0.5), p95: times.at(0.95), p99: times.at(0.99) });

/** Posts by all authors in turn, at a steady rate whatever the answers take. */
async function write(topic: string, authors: [string, HttpClient][], perSecond: number, seconds: number) {
  const times = new Spread();
  let errors = 0;
  const pending: Promise<void>[] = [];
  const begun = performance.now();
  for (let n = 0; n < perSecond * seconds; n++) {
    const wait = begun + (1000 * n) / perSecond - performance.now();
    if (wait > 0) await delay(wait);
    const [, client] = authors[n % authors.length] as [string, HttpClient];
    const started = performance.now();
    pending.push(
      client.post(`/api/v1/discussions/topics/${topic}/posts`, { text: words(1_000_000_000 + n) }).then(
        () => void times.add(performance.now() - started),
        (error) => void (errors++ || process.stderr.write(`${error}\n`)),
      ),
    );
  }
  await Promise.all(pending);
  return { perSecond: round(times.size / ((performance.now() - begun) / 1000), 1), errors, ...quantiles(times) };
}
