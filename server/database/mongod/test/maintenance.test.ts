import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { Engine } from '../engine.ts';
import { checkFolder } from '../maintenance.ts';
import { successor } from '../values/keys.ts';
import { startEngine } from './support/engine.ts';

describe('the check of a data folder', () => {
  let path: string;

  before(async () => {
    path = await mkdtemp(join(tmpdir(), 'xuefang-check-'));
    const running = await startEngine(path);
    const client = new MongoClient(running.uri);
    const rows = client.db('check').collection<{ _id: number; n: number }>('rows');
    await rows.createIndex({ n: 1 }, { name: 'by number' });
    await rows.insertMany(Array.from({ length: 2500 }, (_each, n) => ({ _id: n, n })));
    await client.close();
    await running.stop();
  });

  after(() => rm(path, { recursive: true, force: true }));

  it('finds an index that lacks an entry, has one too many, or counts that are wrong', async () => {
    expect((await checkFolder(path)).problems).to.deep.equal([]);
    const engine = new Engine(path);
    const rows = engine.existing('check', 'rows');
    const index = rows.indexes.find((each) => each.spec.name === 'by number');
    await engine.store.write(() => {
      const low = index?.ident as Buffer;
      const [entry] = engine.store.entries({ low, high: successor(low) }, 1, false);
      engine.store.remove(entry?.key as Buffer);
      rows.count++;
      engine.catalog.save(engine.store, rows);
    });
    await engine.close();
    const { problems } = await checkFolder(path);
    expect(problems.join('\n'))
      .to.match(/check\.rows: by number lacks the entry of _id 0/)
      .and.to.match(/by number has 2499 entries, the documents make 2500/)
      .and.to.match(/counted as 2501, holds 2500 documents/);
  });
});
