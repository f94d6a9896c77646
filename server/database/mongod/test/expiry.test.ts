import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Document, MongoClient } from 'mongodb';
import { Engine } from '../engine.ts';
import { expireDocuments } from '../expiry.ts';
import { checkFolder } from '../maintenance.ts';
import { startEngine } from './support/engine.ts';

const START = Date.parse('2026-09-01T00:00:00Z');
const at = (seconds: number) => new Date(START + seconds * 1000);

describe('indexes with a lifetime', () => {
  it('remove what is older, not before, and nothing that has no date', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'xuefang-expiry-'));
    const running = await startEngine(folder);
    const client = new MongoClient(running.uri);
    const db = client.db('expiry');
    const rows: Document[] = [
      { _id: 'early', at: at(0) },
      { _id: 'late', at: at(60) },
      { _id: 'one of several', at: [at(500), at(0)] },
      { _id: 'text', at: '2026-09-01' },
      { _id: 'number', at: START },
      { _id: 'none' },
      { _id: 'open', at: at(0), state: 'open' },
    ];
    for (const name of ['plain', 'by the date itself', 'unlimited'])
      await db.collection(name).insertMany(rows.map((each) => ({ ...each })));
    await db.collection('plain').createIndex({ at: 1 }, { expireAfterSeconds: 100 });
    await db.collection('by the date itself').createIndex({ at: -1 }, { expireAfterSeconds: 0 });
    await client.close();
    await running.stop();

    const engine = new Engine(folder);
    const removedAt = (seconds: number) => expireDocuments(engine, expect.fail, at(seconds).getTime());
    const left = (name: string) => engine.existing('expiry', name).count;
    expect(await removedAt(0)).to.equal(0);
    expect(await removedAt(1)).to.equal(3);
    expect(left('by the date itself')).to.equal(4);
    expect(await removedAt(61)).to.equal(1);
    expect(await removedAt(100)).to.equal(0);
    expect(await removedAt(101)).to.equal(3);
    expect(left('plain')).to.equal(4);
    expect(await removedAt(10_000)).to.equal(1);
    expect([left('plain'), left('unlimited')]).to.deep.equal([3, 7]);
    await engine.close();
    expect((await checkFolder(folder)).problems).to.deep.equal([]);
    await rm(folder, { recursive: true });
  });
});
