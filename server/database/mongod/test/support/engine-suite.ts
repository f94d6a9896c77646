import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Db, type Document, MongoClient } from 'mongodb';
import type { EngineOptions } from 'xuefang-mongod';
import { type RunningEngine, startEngine } from './engine.ts';

/** The engine of a suite, with an empty database before every test. */
export interface EngineSuite {
  db: Db;
  client: MongoClient;
  engine: RunningEngine;
  /** The code with which a command fails, 0 when it succeeds. */
  code(command: Document, database?: string): Promise<number>;
}

/** Starts an engine for the suite that calls this. */
export function withEngine(name: string, options: Omit<EngineOptions, 'path'> = {}): EngineSuite {
  let path = '';
  const suite = {
    code: (command: Document, database?: string) =>
      suite.client
        .db(database ?? name)
        .command(command)
        .then(
          () => 0,
          (error) => Number(error.code),
        ),
  } as unknown as EngineSuite;
  before(async () => {
    path = await mkdtemp(join(tmpdir(), 'xuefang-engine-'));
    suite.engine = await startEngine(path, options);
    suite.client = new MongoClient(suite.engine.uri);
    suite.db = suite.client.db(name);
  });
  after(async () => {
    await suite.client.close();
    await suite.engine.stop();
    await rm(path, { recursive: true, force: true });
  });
  beforeEach(() => suite.db.dropDatabase());
  return suite;
}
