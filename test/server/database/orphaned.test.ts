import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Long, MongoClient, UUID } from 'mongodb';
import { startEngine } from '../../support/engine.ts';

describe('a transaction whose client was killed', () => {
  it('holds nobody up', async () => {
    const path = await mkdtemp(join(tmpdir(), 'xuefang-orphaned-'));
    const engine = await startEngine(path);
    const [gone, here] = [new MongoClient(engine.uri), new MongoClient(engine.uri)];
    const rows = here.db('test').collection<{ _id: number; by?: string }>('rows');
    await rows.insertOne({ _id: 1 });
    const statement = {
      update: 'rows',
      updates: [{ q: { _id: 1 }, u: { $set: { by: 'gone' } } }],
      lsid: { id: new UUID() },
      txnNumber: Long.fromNumber(1),
      startTransaction: true,
      autocommit: false,
    };
    // Sent without a session of the driver's, which would end the transaction politely when its client closes.
    await gone.db('test').command(statement);
    await gone.close(true);
    const started = Date.now();
    await rows.updateOne({ _id: 1 }, { $set: { by: 'here' } }, { maxTimeMS: 5_000 });
    expect(Date.now() - started).to.be.below(2_000);
    expect(await rows.findOne({ _id: 1 })).to.deep.equal({ _id: 1, by: 'here' });
    await here.close();
    await engine.stop();
    await rm(path, { recursive: true, force: true });
  });
});
