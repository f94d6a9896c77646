import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { DATA_FILE } from '../storage/data-file.ts';
import type { CutFolder } from './support/after-cut.ts';
import { load, prepare, type SentAgain, sendAgain } from './support/cut-load.ts';
import { startEngine } from './support/engine.ts';
import { Ledger } from './support/ledger.ts';
import { fileAfterCut, REMAINS, type Remains, randomFrom } from './support/power-cut.ts';
import { RECORDED_CALLS, type Recording, readRecording } from './support/recording.ts';
import { needTracer, startTraced } from './support/traced-engine.ts';

/** How many cuts are tried; `ENGINE_CUTS=1000` is the long run. */
const CUTS = Number(process.env.ENGINE_CUTS ?? 60);
/** How long the load runs, in milliseconds. */
const LOAD = 1500 + CUTS * 5;
/** So many answers have to say something, however slow the machine is. */
const MIN_ANSWERS = 400;
/** Repeats a run's choices of cuts; a failure names it. */
const SEED = Number(process.env.ENGINE_CUTS_SEED ?? Date.now() % 1_000_000);

const NO_SUCH_TRANSACTION = 251;
const checker = fileURLToPath(new URL('support/after-cut.ts', import.meta.url));

describe('power cuts', function () {
  this.timeout(60_000 + CUTS * 1000);
  let path: string;
  let base: Buffer;
  let recording: Recording;
  let ledger: Ledger;
  let sent: SentAgain;

  before(async function () {
    needTracer(this);
    path = await mkdtemp(join(tmpdir(), 'xuefang-cuts-'));
    await prepare(join(path, 'db'));
    const file = join(path, 'db', DATA_FILE);
    base = await readFile(file);
    const engine = await startTraced(path, RECORDED_CALLS);
    const client = await new MongoClient(engine.uri, { monitorCommands: true, minPoolSize: 8 }).connect();
    ledger = new Ledger(client);
    sent = await load(client, LOAD, () => ledger.size >= MIN_ANSWERS);
    await client.close();
    await engine.stop();
    recording = readRecording(join(path, 'trace'), file);
    await rm(join(path, 'trace'));
  });

  after(async () => {
    if (path) await rm(path, { recursive: true, force: true });
  });

  /** Makes the folder that a cut leaves. */
  async function leave(moment: number, remains: Remains, random: () => number, withSyncs = true): Promise<string> {
    const folder = await mkdtemp(join(path, 'cut-'));
    await writeFile(join(folder, DATA_FILE), fileAfterCut(base, recording, moment, remains, random, withSyncs));
    return folder;
  }

  /** A moment of the recording, as a part of it from 0 to 1. */
  const momentAt = (part: number) => recording.start + Math.floor(part * (recording.end - recording.start));

  /** Cuts the power at a chosen moment; says what is wrong with what is left. */
  async function cutAndCheck(
    check: Checker,
    random: () => number,
    { at, remains, moment, withSyncs = true }: { at: number; remains: Remains; moment: number; withSyncs?: boolean },
  ): Promise<string[]> {
    const folder = await leave(moment, remains, random, withSyncs);
    const problems = await check({ folder, told: ledger.until(recording, moment) });
    await rm(folder, { recursive: true });
    return problems.map((problem) => `cut ${at} of seed ${SEED} at ${moment}, left ${remains}: ${problem}`);
  }

  it(`lose nothing that anybody was told: ${CUTS} cuts in a recorded load`, async () => {
    expect(recording.writes.length, 'the load must have written something').to.be.greaterThan(50);
    const check = startChecker();
    const random = randomFrom(SEED);
    const problems: string[] = [];
    for (let at = 0; at < CUTS; at++) {
      const moment = momentAt(random());
      const remains = REMAINS[at % REMAINS.length] as Remains;
      problems.push(...(await cutAndCheck(check, random, { at, remains, moment })));
    }
    await check.end();
    expect(problems).to.deep.equal([]);
  });

  it('leave an engine that does every repeated write once, and says of every commit what came of it', async () => {
    const random = randomFrom(SEED + 1);
    for (const remains of ['a prefix', 'a mixture'] as const) {
      const moment = momentAt(random());
      const folder = await leave(moment, remains, random);
      const engine = await startEngine(folder);
      const client = await new MongoClient(engine.uri, { retryWrites: false }).connect();
      const found = async (name: string) => {
        const documents = await client.db('cuts').collection<{ _id: string; n: number }>(name).find().toArray();
        return new Map(documents.map(({ _id, n }) => [_id, n]));
      };
      const told = ledger.until(recording, moment).documents;
      for (const each of sent.writes) await sendAgain(client, each);
      const once = await found('once');
      for (const { _id } of sent.writes) expect(once.get(_id), `seed ${SEED}, once/${_id}`).to.equal(1);
      const [left, right] = [await found('left'), await found('right')];
      for (const commit of sent.commits) {
        const { _id } = commit;
        const code = await sendAgain(client, commit).then(
          () => 0,
          (error) => error.code,
        );
        expect(code, `seed ${SEED}, commit of ${_id}`).to.equal(left.has(_id) ? 0 : NO_SUCH_TRANSACTION);
        expect(right.has(_id)).to.equal(left.has(_id));
        if (told[`left/${_id}`] !== undefined) expect(code).to.equal(0);
      }
      await client.close();
      await engine.stop();
      await rm(folder, { recursive: true });
    }
  });

  it('lose something when no write was synced: this test can fail', async () => {
    const random = randomFrom(SEED);
    // Late in the load much has been answered, and of so many writes each of these leaves some out.
    for (const [at, remains] of (['nothing', 'pages', 'sectors', 'a mixture'] as const).entries()) {
      const check = startChecker();
      const moment = momentAt(0.5 + random() / 2);
      const problems = await cutAndCheck(check, random, { at, remains, moment, withSyncs: false });
      expect(problems, `seed ${SEED}, what was left: ${remains}`).not.to.deep.equal([]);
      await check.end();
    }
  });
});

interface Checker {
  (cut: CutFolder): Promise<string[]>;
  end(): Promise<void>;
}

/** A process that opens folders; when a damaged one ends it, that is what was found. */
function startChecker(): Checker {
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx/esm', checker], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const ended = once(child, 'exit');
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  const check = async (cut: CutFolder) => {
    child.stdin?.write(`${JSON.stringify(cut)}\n`);
    const { value, done } = await lines.next();
    if (!done) return JSON.parse(value) as string[];
    return [`the process ended with ${(await ended).join(' ')}`];
  };
  return Object.assign(check, {
    end: async () => {
      child.stdin?.on('error', () => undefined).end();
      await ended;
    },
  });
}
