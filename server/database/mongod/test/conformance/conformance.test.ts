import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EJSON } from 'bson';
import type { Runnable, Suite } from 'mocha';
import { MongoClient } from 'mongodb';
import { startEngine } from '../support/engine.ts';
import { adaptToDriver } from './driver.ts';
import { reasonNotToRun } from './not-run.ts';
import { fulfils, runTest, type Server } from './runner.ts';
import type { TestFile } from './types.ts';

const folder = fileURLToPath(new URL('../../../../../../shared/conformance/mongodb', import.meta.url));

function* filesIn(path: string): Generator<string> {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) yield* filesIn(join(path, entry.name));
    else if (entry.name.endsWith('.json')) yield join(path, entry.name);
  }
}

/** One line that says how many of the tests that a server of this kind ought to pass have passed. */
function summary(suite: Suite, { version, topology }: Server, excluded: number): string {
  const count = { passed: 0, pending: 0, failed: 0 };
  suite.eachTest((test) => {
    count[test.state ?? 'pending']++;
  });
  const { passed, pending, failed } = count;
  const all = passed + pending + failed;
  const share = ((100 * passed) / all).toFixed(1);
  return `${passed} passing, ${pending} pending, ${failed} failing: ${share} % of ${all} tests for a ${topology} of version ${version}; ${excluded} are for others`;
}

describe("MongoDB's specification tests", function () {
  this.timeout(20_000);
  if (!existsSync(folder)) {
    it.skip('are not here: put the test data into ../shared/conformance/mongodb', () => undefined);
    return;
  }
  const server: Server = { uri: '', version: '8.0.0', topology: 'replicaset' };
  let admin: MongoClient;
  let stop: () => Promise<void> = async () => undefined;

  before(async () => {
    if (process.env.MONGODB_URI === undefined) {
      const path = await mkdtemp(join(tmpdir(), 'xuefang-conformance-'));
      const engine = await startEngine(path);
      server.uri = engine.uri;
      stop = async () => {
        await engine.stop();
        await rm(path, { recursive: true });
      };
    } else server.uri = process.env.MONGODB_URI;
    admin = await new MongoClient(server.uri).connect();
    server.version = (await admin.db('admin').command({ buildInfo: 1 })).version;
  });

  after(async function () {
    await admin?.close();
    await stop();
    process.stdout.write(`\n  ${summary((this.test as Runnable).parent as Suite, server, excluded)}\n`);
  });

  let excluded = 0;
  for (const path of [...filesIn(folder)].sort()) {
    const file = EJSON.parse(readFileSync(path, 'utf8'), { relaxed: true }) as TestFile;
    const name = relative(folder, path);
    if (!fulfils(file.runOnRequirements, server)) {
      excluded += file.tests.length;
      continue;
    }
    describe(name, () => {
      for (const test of file.tests) {
        if (!fulfils(test.runOnRequirements, server)) {
          excluded++;
          continue;
        }
        const reason = reasonNotToRun(file, test);
        adaptToDriver(name, file, test);
        if (reason !== undefined) it.skip(`${test.description} (${reason})`, () => undefined);
        else it(test.description, () => runTest(file, test, server, admin));
      }
    });
  }
});
