import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { startEngine } from './support/engine.ts';

/** Writes within a transaction, says so, and never ends it. */
const client = `
import { MongoClient } from 'mongodb';
const client = new MongoClient(process.argv[1]);
const session = client.startSession();
session.startTransaction();
await client.db('test').collection('rows').updateOne({ _id: 1 }, { $set: { by: 'gone' } }, { session });
process.stdout.write('written');
setInterval(() => {}, 1000);
`;

describe('a transaction whose client was killed', () => {
  it('holds nobody up', async () => {
    const path = await mkdtemp(join(tmpdir(), 'xuefang-orphaned-'));
    const engine = await startEngine(path);
    const here = new MongoClient(engine.uri);
    const rows = here.db('test').collection<{ _id: number; by?: string }>('rows');
    await rows.insertOne({ _id: 1 });
    const other = spawn(process.execPath, ['--input-type=module', '-e', client, engine.uri], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(other.stdout, 'data');
    const ended = once(other, 'exit');
    other.kill('SIGKILL');
    await ended;
    const started = Date.now();
    await rows.updateOne({ _id: 1 }, { $set: { by: 'here' } });
    expect(Date.now() - started).to.be.below(5_000);
    expect(await rows.findOne({ _id: 1 })).to.deep.equal({ _id: 1, by: 'here' });
    await here.close();
    await engine.stop();
    await rm(path, { recursive: true, force: true });
  });
});
