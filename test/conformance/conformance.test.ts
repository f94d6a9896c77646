import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EJSON } from 'bson';
import { MongoClient } from 'mongodb';
import { startEngine } from '../support/engine.ts';
import { reasonNotToRun } from './not-run.ts';
import { fulfils, runTest, type Server } from './runner.ts';
import type { TestFile } from './types.ts';

const folder = fileURLToPath(new URL('../../../shared/conformance/mongodb', import.meta.url));

function* filesIn(path: string): Generator<string> {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) yield* filesIn(join(path, entry.name));
    else if (entry.name.endsWith('.json')) yield join(path, entry.name);
  }
}

describe("MongoDB's specification tests", function () {
  this.timeout(4_000);
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

  after(async () => {
    await admin?.close();
    await stop();
  });

  for (const path of [...filesIn(folder)].sort()) {
    const file = EJSON.parse(readFileSync(path, 'utf8'), { relaxed: true }) as TestFile;
    const name = relative(folder, path);
    if (!fulfils(file.runOnRequirements, server)) continue;
    describe(name, () => {
      for (const test of file.tests) {
        if (!fulfils(test.runOnRequirements, server)) continue;
        const reason = reasonNotToRun(name, file, test);
        if (reason !== undefined) it.skip(`${test.description} (${reason})`, () => undefined);
        else it(test.description, () => runTest(file, test, server, admin));
      }
    });
  }
});
