import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { checkFolder } from '../maintenance.ts';
import { startEngine } from './support/engine.ts';
import { needTracer, startTraced } from './support/traced-engine.ts';

describe('the sync before the answer', () => {
  let path: string;

  before(function () {
    needTracer(this);
  });

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'xuefang-sync-'));
  });

  afterEach(() => path && rm(path, { recursive: true, force: true }));

  /** Every sync takes 20 ms longer, so that an answer which does not wait for it comes first without fail. */
  const traced = (fault: string) =>
    startTraced(path, ['-e', 'trace=fdatasync', '-e', `inject=fdatasync:${fault}delay_exit=20000`]);

  it('lies between a write and its acknowledgement', async () => {
    const engine = await traced('');
    const client = new MongoClient(engine.uri);
    const rows = client.db('sync').collection<{ _id: number; n?: number }>('rows');
    await rows.insertOne({ _id: 1 });
    for (let n = 0; n < 10; n++) {
      const before = engine.syncs();
      await rows.updateOne(
        { _id: 1 },
        { $set: { n } },
        { writeConcern: n % 2 ? { w: 'majority' } : { w: 1, j: true } },
      );
      expect(engine.syncs()).to.be.greaterThan(before);
    }
    const session = client.startSession();
    for (let n = 0; n < 5; n++) {
      session.startTransaction({ writeConcern: { w: 'majority' } });
      await rows.updateOne({ _id: 1 }, { $set: { n: -n } }, { session });
      const before = engine.syncs();
      await session.commitTransaction();
      expect(engine.syncs()).to.be.greaterThan(before);
    }
    await session.endSession();
    await client.close();
    await engine.stop();
  });

  it('failing, ends the process without an acknowledgement; the data before it is intact', async () => {
    const engine = await traced('error=EIO:when=12+:');
    const ended = new Promise((resolve) => engine.process.once('exit', resolve));
    const client = new MongoClient(engine.uri, { retryWrites: false, serverSelectionTimeoutMS: 500 });
    const rows = client.db('sync').collection<{ _id: number }>('rows');
    let acknowledged = 0;
    for (let failure: unknown; failure === undefined; ) {
      failure = await rows.insertOne({ _id: acknowledged }).then(
        () => undefined,
        (error) => error,
      );
      if (failure !== undefined) break;
      acknowledged++;
      expect(engine.trace(), 'acknowledged after a sync had failed').not.to.match(/EIO/);
    }
    expect(engine.trace()).to.match(/EIO.*INJECTED/);
    expect(acknowledged).to.be.greaterThan(0);
    expect(await ended).to.equal(14);
    await client.close();
    expect((await checkFolder(join(path, 'db'))).problems).to.deep.equal([]);
    const again = await startEngine(join(path, 'db'));
    const reader = new MongoClient(again.uri);
    const found = await reader.db('sync').collection('rows').countDocuments();
    expect(found).to.be.at.least(acknowledged);
    await reader.close();
    await again.stop();
  });

  it('lies between the copy that compacting makes and its taking the place of the file', async () => {
    const engine = await startEngine(join(path, 'db'));
    await engine.stop();
    const file = join(path, 'trace');
    const given = ['-f', '-y', '-e', 'trace=fsync,rename,renameat,renameat2', '-o', file, process.execPath];
    const compact = `import { compactFolder } from 'xuefang-mongod/maintenance';
      await compactFolder(process.argv[1]);`;
    const run = ['--import', 'tsx/esm', '--input-type=module', '-e', compact, join(path, 'db')];
    execFileSync('strace', [...given, ...run], { cwd: fileURLToPath(new URL('.', import.meta.url)) });
    const calls = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => /engine\.mdb\.compact|fsync\(.*\/db>/.test(line));
    expect(calls.map((line) => /(fsync|rename)/.exec(line)?.[0])).to.deep.equal(['fsync', 'rename', 'fsync']);
  });
});
