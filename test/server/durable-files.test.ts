import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectFolder, readConfig } from '../../server/config.ts';

const hasStrace = existsSync('/usr/bin/strace');

describe('what must survive a power cut', () => {
  let path: string;

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'xuefang-durable-'));
  });
  afterEach(() => rm(path, { recursive: true, force: true }));

  /** The system calls on files below `path` that some code makes, as `fsync secret.PASSING` and `rename secret.PASSING secret`. */
  function callsOf(code: string): string[] {
    const trace = join(path, 'trace');
    const kinds = 'trace=fsync,fdatasync,link,linkat,rename,renameat,renameat2,mkdir,mkdirat';
    const run = [process.execPath, '--import', 'tsx/esm', '--input-type=module', '-e', code, path];
    execFileSync('strace', ['-f', '-y', '-e', kinds, '-o', trace, ...run], { cwd: projectFolder });
    const named = new RegExp(`${path}((?:/[\\w.-]+)*)`, 'g');
    return execFileSync('cat', [trace], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.includes(`${path}/`) || line.includes(`${path}>`))
      .filter((line) => / = 0$/.test(line))
      .map((line) => {
        const call = /(fsync|fdatasync|link|rename|mkdir)/.exec(line)?.[0];
        const names = [...line.matchAll(named)].map(([, name]) => name || '/');
        return [call, ...names].join(' ').replace(/\.[0-9a-f]{12}/g, '.PASSING');
      });
  }

  before(function () {
    if (hasStrace) return;
    process.stderr.write('no strace: apt-get install strace\n');
    this.skip();
  });

  it('is synced before it gets its name, and its folder after: the secret of a first start', () => {
    const calls = callsOf(`import { readConfig } from './server/config.ts';
      readConfig({ DATA_DIR: process.argv[1] + '/data', METRICS_TOKEN: '0123456789abcdef' });`);
    expect(calls).to.deep.equal([
      'mkdir /data',
      'fsync /',
      'fsync /data/secret.PASSING',
      'link /data/secret.PASSING /data/secret',
      'fsync /data',
    ]);
  });

  it('is synced before it gets its name, and its folder after: the database folder and its mark', () => {
    const calls = callsOf(`import { claimDataFolder } from './server/database/data-folder.ts';
      await claimDataFolder(process.argv[1] + '/data', 'built-in');`);
    expect(calls).to.deep.equal([
      'mkdir /data',
      'mkdir /data/db',
      'fsync /data',
      'fsync /',
      'fsync /data/db.ENGINE.PASSING',
      'rename /data/db.ENGINE.PASSING /data/db.ENGINE',
      'fsync /data',
    ]);
  });

  it('is synced before it gets its name, and its folder after: the password of the database', () => {
    const calls = callsOf(`import { passwordOf } from './server/database/mongod/auth/password.ts';
      await passwordOf(process.argv[1]);`);
    expect(calls).to.deep.equal(['fsync /password.new', 'rename /password.new /password', 'fsync /']);
  });

  it('is synced before it gets its name, and its folder after: the files of a submission', async () => {
    await writeFile(join(path, 'arrived'), 'a report');
    const calls = callsOf(`import { Files } from './plugins/assignments/files.service.ts';
      const path = process.argv[1] + '/arrived';
      await new Files(process.argv[1]).keep([{ id: 'report', path, name: 'report', type: 'text/plain', size: 8 }]);`);
    expect(calls).to.deep.equal([
      'mkdir /kept',
      'fsync /',
      'fsync /arrived',
      'rename /arrived /kept/report',
      'fsync /kept',
    ]);
  });

  it('is synced before it gets its name, and its folder after: a video', async () => {
    const video = join(projectFolder, 'plugins/demo/media/play.webm');
    const calls = callsOf(`import { MediaStore } from './plugins/video-courses/media.store.ts';
      const store = new MediaStore(process.argv[1] + '/media');
      await store.accept(await store.copy(${JSON.stringify(video)}));
      await store.stop();`);
    expect(calls.map((call) => call.replace(/[\w-]{15,}/g, 'ID'))).to.deep.equal([
      'mkdir /media',
      'mkdir /media/arriving',
      'fsync /media',
      'fsync /',
      'fsync /media/arriving/ID',
      'rename /media/arriving/ID /media/ID.webm',
      'fsync /media',
    ]);
  });
});

describe('a secret file that was cut off', () => {
  let path: string;

  before(async () => {
    path = await mkdtemp(join(tmpdir(), 'xuefang-cut-'));
  });
  after(() => rm(path, { recursive: true, force: true }));

  for (const [name, text] of [
    ['secret', ''],
    ['secret', 'only-half-of-what-it-was'],
    ['metrics-token', '\n'],
  ] as const) {
    it(`is refused and left as it is: ${name} with ${text.length} characters`, async () => {
      const file = join(path, name);
      await writeFile(file, text);
      const others = { SECRET: 'x'.repeat(32), METRICS_TOKEN: 'x'.repeat(16) };
      const { [name === 'secret' ? 'SECRET' : 'METRICS_TOKEN']: _own, ...given } = others;
      expect(() => readConfig({ DATA_DIR: path, ...given })).to.throw(`${file} holds ${text.trim().length} characters`);
      expect(await readFile(file, 'utf8')).to.equal(text);
    });
  }
});
