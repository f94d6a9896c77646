import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectFolder } from '../../server/config.ts';
import { startTestPlatform, type TestPlatform } from '../support/platform.ts';

describe('npm run verify', function () {
  this.timeout(90_000);
  let test: TestPlatform;
  let dataDir: string;
  before(async () => {
    test = await startTestPlatform({ plugins: [] });
    await test.learner();
    dataDir = await mkdtemp(join(tmpdir(), 'xuefang-verify-'));
  });
  after(async () => {
    await test.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  async function verify(uri = test.platform.database.uri): Promise<{ code: number; said: string }> {
    const child = spawn(process.execPath, ['--import', 'tsx/esm', 'server/verify.ts'], {
      cwd: projectFolder,
      env: { PATH: process.env.PATH, DATA_DIR: dataDir, MONGODB_URI: uri },
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
    const [code] = await once(child, 'close');
    return { code, said };
  }

  /** Everything that is stored, but for what the running platform itself goes on writing. */
  async function stored(): Promise<string> {
    const { connection } = test.platform.rooms;
    const names = (await connection.db?.listCollections().toArray())?.map(({ name }) => name).sort() ?? [];
    const rows = names
      .filter((name) => name !== 'jobs')
      .map(async (name) => [name, await connection.collection(name).find().sort({ _id: 1 }).toArray()]);
    return JSON.stringify([names, await Promise.all(rows)]);
  }

  it('ends with 0 where all agrees, and has written nothing', async () => {
    const { connection } = test.platform.rooms;
    await connection.collection('outbox').insertOne({ _id: 'waiting' as never, fact: 'of.nobody', at: new Date(0) });
    const before = await stored();
    const { code, said } = await verify();
    expect(said).to.equal('1 programmes verified\n');
    expect(code).to.equal(0);
    expect(await stored()).to.equal(before);
  });

  it('reads more enrolments than a batch holds', async () => {
    const enrolments = test.platform.rooms.connection.collection('enrolments');
    const { _id, learner, ...one } = (await enrolments.findOne({}, { sort: { _id: 1 } })) as Record<string, unknown>;
    const others = Array.from({ length: 150 }, (_each, n) => ({ ...one, _id: `other-${n}`, learner: `other-${n}` }));
    await enrolments.insertMany(others as never);
    expect(await verify()).to.include({ code: 1 });
    await enrolments.deleteMany({ _id: { $in: others.map((each) => each._id) } as never });
    expect(await verify()).to.include({ code: 0 });
  });

  it('ends with 1 and names the sum that differs', async () => {
    const rollUps = test.platform.rooms.connection.collection('roll_ups');
    const { _id, scope } = (await rollUps.findOne({}, { sort: { _id: 1 } })) as unknown as {
      _id: never;
      scope: string;
    };
    await rollUps.updateOne({ _id }, { $inc: { total: 1 } });
    const { code, said } = await verify();
    expect(said).to.include(`${test.programme} ${scope}\n`);
    expect(code).to.equal(1);
    await rollUps.updateOne({ _id }, { $inc: { total: -1 } });
  });

  it('ends with 2 where there is nobody to ask', async () => {
    const { code, said } = await verify('somewhere');
    expect(said).to.match(/Invalid scheme/);
    expect(code).to.equal(2);
  });
});
