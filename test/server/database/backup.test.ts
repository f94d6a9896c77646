import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectFolder } from '../../../server/config.ts';
import { startTestPlatform, type TestPlatform } from '../../support/platform.ts';

describe('npm run db -- dump FILE.tar', function () {
  this.timeout(180_000);
  let test: TestPlatform;
  let folder: string;
  let running: string;
  before(async () => {
    test = await startTestPlatform({ plugins: [], env: { MONGODB_URI: '', MONGOD_BINARY: 'built-in' } });
    await test.learner();
    running = test.platform.rooms.dataDir;
    folder = await mkdtemp(join(tmpdir(), 'xuefang-backup-'));
    await mkdir(join(running, 'files', 'notes'), { recursive: true });
    await writeFile(join(running, 'files', 'notes', '教案.txt'), '课'.repeat(100_000));
    await writeFile(join(running, 'files', 'notes', 'empty'), '');
  });
  after(async () => {
    await test.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const run = (dataDir: string, ...given: string[]) =>
    new Promise<{ code: unknown; said: string }>((resolve) =>
      execFile(
        process.execPath,
        ['--import', 'tsx/esm', ...given],
        {
          cwd: projectFolder,
          env: { PATH: process.env.PATH, DATA_DIR: dataDir, MONGOD_BINARY: 'built-in', PORT: '0' },
          timeout: 60_000,
        },
        (error, out, text) => resolve({ code: error?.code ?? 0, said: out + text }),
      ),
    );
  const db = (dataDir: string, ...given: string[]) => run(dataDir, 'server/database/cli.ts', ...given);
  const archive = () => join(folder, 'night.tar');

  it('writes one moment of a running platform with files and secret, which an empty folder becomes', async () => {
    const { connection } = test.platform.rooms;
    let writing = true;
    const writer = (async () => {
      for (let n = 0; writing; n++) await connection.collection('test_rows').insertOne({ _id: `w${n}` as never });
    })();
    const dumped = await db(running, 'dump', archive());
    writing = false;
    await writer;
    expect(dumped.said).to.match(/^dump: \d+ documents in \d+ collections, 2 files and the secret\n$/);
    expect((await stat(archive())).mode & 0o777).to.equal(0o600);

    const target = join(folder, 'restored');
    const restored = await db(target, 'restore', archive());
    expect(restored.said).to.equal(dumped.said.replace('dump', 'restore'));
    for (const file of ['secret', 'files/notes/教案.txt', 'files/notes/empty'])
      expect((await readFile(join(target, file))).equals(await readFile(join(running, file))), file).to.equal(true);
    expect(existsSync(join(target, 'restore.partial'))).to.equal(false);
    expect(await run(target, 'server/verify.ts')).to.deep.equal({ code: 0, said: '1 programmes verified\n' });
    await writeFile(join(target, 'secret'), 'another secret of forty characters in all');
    const started = await run(target, 'server/main.ts');
    expect(started.said).to.include('restored/secret is not the secret that these data were written with');
    expect((await db(target, 'dump', join(folder, 'wrong.tar'))).said).to.include('is not the secret');
  });

  it('refuses torn and altered archives and a wrong secret, and restores nothing of them', async () => {
    const whole = await readFile(archive());
    const altered = Buffer.from(whole);
    altered[whole.indexOf('课课课')]! ^= 1;
    const torn = [
      whole.subarray(0, whole.length - 4096),
      whole.subarray(0, whole.length >> 1),
      altered,
      Buffer.alloc(0),
    ];
    for (const [n, bytes] of torn.entries()) {
      const target = join(folder, `torn${n}`);
      await writeFile(`${target}.tar`, bytes);
      const { code, said } = await db(target, 'restore', `${target}.tar`);
      expect(said).to.match(/is not a whole archive of `dump`, and nothing was restored/);
      expect(code).to.equal(1);
      expect(existsSync(join(target, 'db'))).to.equal(false);
    }
    const other = join(folder, 'other');
    await mkdir(other);
    await writeFile(join(other, 'secret'), 'another secret of forty characters in all');
    expect((await db(other, 'restore', archive())).said).to.include('other/secret is not the secret');
  });

  it('fails for a folder that is none, and makes nothing there', async () => {
    const { code, said } = await db(join(folder, 'typo'), 'dump', join(folder, 'typo.tar'));
    expect(code).to.equal(1);
    expect(said).to.match(/typo has no database/);
    expect(existsSync(join(folder, 'typo'))).to.equal(false);
    expect(existsSync(join(folder, 'typo.tar'))).to.equal(false);
  });
});
