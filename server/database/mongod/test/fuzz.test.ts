import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Document, MongoClient } from 'mongodb';
import { checkFolder } from '../maintenance.ts';
import { validate } from '../values/validate.ts';
import { startEngine } from './support/engine.ts';
import { Messages, type Outcome, Sender } from './support/fuzz.ts';

/** Messages that are sent; `ENGINE_FUZZ=1000000 FUZZ_SEED=7` for a long run. */
const RUNS = Number(process.env.ENGINE_FUZZ ?? 6000);
const SEED = Number(process.env.FUZZ_SEED ?? 1);
const CONNECTIONS = 6;

/** By how much the process may grow, in MB: its caches and the pages of its file. */
const MAX_GROWTH = 500;

describe(`messages of any kind (seed ${SEED})`, function () {
  this.timeout(Math.max(120_000, RUNS * 20));

  it('are answered or end their connection; the engine lives, does not grow, and its folder is sound', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'xuefang-fuzz-'));
    const engine = await startEngine(folder, { auth: false });
    const client = new MongoClient(engine.uri);
    const admin = client.db('admin');
    const memory = async (): Promise<number> => (await admin.command({ serverStatus: 1 })).mem.resident;
    const before = await memory();
    const messages = new Messages(SEED);
    const senders = Array.from({ length: CONNECTIONS }, () => new Sender(engine.port));
    const outcomes = new Map<string, number>();
    const faults = new Map<string, string>();
    let sent = 0;
    const run = async (sender: Sender) => {
      while (sent < RUNS) {
        sent++;
        const message = messages.next();
        const outcome = await sender.send(message);
        outcomes.set(nameOf(outcome), (outcomes.get(nameOf(outcome)) ?? 0) + 1);
        const fault = faultIn(outcome);
        if (fault !== undefined && !faults.has(fault)) faults.set(fault, message.subarray(0, 4000).toString('base64'));
        if (sent % 1000 === 0) {
          expect(await admin.command({ ping: 1 })).to.include({ ok: 1 });
          expect((await memory()) - before).to.be.lessThan(MAX_GROWTH);
        }
      }
    };
    await Promise.all(senders.map(run));
    for (const sender of senders) sender.close();
    expect(engine.process.exitCode).to.equal(null);
    expect([...faults]).to.deep.equal([]);
    expect(outcomes.get('ok')).to.be.greaterThan(RUNS / 20);
    expect(outcomes.get('refused')).to.be.greaterThan(RUNS / 5);
    expect(outcomes.get('closed')).to.be.greaterThan(RUNS / 50);
    for (const { name } of await client.db('fuzz').listCollections().toArray())
      for await (const raw of client.db('fuzz').collection(name).find({}, { raw: true }))
        validate(raw as unknown as Buffer, 0, (raw as unknown as Buffer).length);
    await client.close();
    await engine.stop();
    expect((await checkFolder(folder)).problems).to.deep.equal([]);
    await rm(folder, { recursive: true });
  });
});

const nameOf = (outcome: Outcome): string => {
  if (typeof outcome === 'string') return outcome;
  return Number(outcome.ok) === 1 ? 'ok' : 'refused';
};

/** What no message may bring about: no answer, or an error inside the engine. */
function faultIn(outcome: Outcome): string | undefined {
  if (outcome === 'silent') return 'no answer';
  if (outcome === 'closed') return undefined;
  const errors = [outcome, ...((outcome.writeErrors ?? []) as Document[])];
  return errors.find(({ code }) => Number(code) === 1)?.errmsg;
}
