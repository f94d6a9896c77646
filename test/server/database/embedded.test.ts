import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { MongoClient } from 'mongodb';
import { pino } from 'pino';
import { findMongod } from '../../../server/database/find-mongod.ts';
import { openDatabase } from '../../../server/database/index.ts';
import { refuseOldServer } from '../../../server/database/server-version.ts';
import { createLog } from '../../../server/log.ts';

const engine = fileURLToPath(import.meta.resolve('xuefang-mongod/bin'));
const log = createLog('silent');

/** Flags of `mongod --help` (8.0) that a start may use. */
const known = ['--port', '--dbpath', '--bind_ip', '--replSet', '--storageEngine', '--noauth'];

describe('the embedded server with a mongod of its own', function () {
  this.timeout(60_000);
  let path: string;
  let mongod: string;

  /** A program with mongod's name that notes its flags and then is the engine, which has no storage engines to choose from. */
  before(async function () {
    if (process.platform === 'win32') this.skip();
    path = await mkdtemp(join(tmpdir(), 'xuefang-embedded-'));
    mongod = join(path, 'bin', 'mongod');
    await mkdir(join(path, 'bin'));
    await writeFile(
      mongod,
      `#!/bin/sh\n[ "$1" = --version ] && { echo 'db version v8.0.4'; exit; }\nfor flag; do printf '%s\\n' "$flag" >> '${path}/flags'; done\nfor flag; do shift; case "$flag" in --storageEngine|wiredTiger) ;; *) set -- "$@" "$flag" ;; esac; done\nexec '${process.execPath}' '${engine}' "$@"\n`,
    );
    await chmod(mongod, 0o755);
  });

  after(() => path && rm(path, { recursive: true, force: true }));

  it('is the program that MONGOD_BINARY names, else one in PATH, else the built-in engine', async () => {
    const found = join(path, 'bin');
    expect(await findMongod(mongod, '')).to.deep.equal({ binary: mongod, kind: 'mongod' });
    expect(await findMongod(undefined, ['/nowhere', found].join(delimiter))).to.deep.equal({
      binary: mongod,
      kind: 'mongod',
    });
    expect(await findMongod('built-in', found)).to.deep.equal({ binary: undefined, kind: 'built-in' });
    const missing = await findMongod(join(path, 'none'), found).catch((error) => error.message);
    expect(missing).to.match(/MONGOD_BINARY: .*none is not an executable program/);
  });

  it('is never a mongod that is too old for mongoose', async () => {
    const old = join(path, 'old');
    await mkdir(old);
    const program = join(old, 'mongod');
    const versions: [string, RegExp | undefined][] = [
      [
        'db version v4.4.29\nBuild Info: {}',
        /old.mongod is MongoDB 4\.4\.29; the platform needs 6\.0 or newer\..*built-in/,
      ],
      ['db version v5.0.31', /is MongoDB 5\.0\.31/],
      ['db version v6.0.0', undefined],
      ['db version v10.1.0-rc0', undefined],
      ['', /is not a mongod/],
    ];
    for (const [says, refusal] of versions) {
      await writeFile(program, `#!/bin/sh\nprintf '%s\\n' '${says}'\n`, { mode: 0o755 });
      for (const find of [() => findMongod(program, ''), () => findMongod(undefined, old)]) {
        const found = await find().then(
          ({ kind }) => kind,
          (error) => error.message,
        );
        if (refusal) expect(found).to.match(refusal);
        else expect(found, says).to.equal('mongod');
      }
    }
  });

  it('is not used where a server elsewhere is too old either', async () => {
    const server = (maxWireVersion: number) => ({
      db: { admin: () => ({ command: async () => ({ maxWireVersion }) }) },
    });
    const answer = (maxWireVersion: number) =>
      refuseOldServer(server(maxWireVersion) as never).then(
        () => 'taken',
        (error) => error.message,
      );
    // https://www.mongodb.com/docs/manual: 5.0 speaks wire version 13, 6.0 17, 8.0 25.
    expect(await answer(13)).to.match(/MONGODB_URI names is older than MongoDB 6\.0/);
    expect([await answer(17), await answer(25)]).to.deep.equal(['taken', 'taken']);
  });

  it('starts it with flags that a real one knows, on the data folder, as a replica set of one', async () => {
    const dataDir = join(path, 'data');
    const database = await openDatabase({ dataDir, mongodBinary: mongod, log });
    expect(database.kind).to.equal('mongod');
    const flags = (await readFile(join(path, 'flags'), 'utf8')).trim().split('\n');
    const value = (name: string) => flags[flags.indexOf(name) + 1];
    expect(flags.filter((flag) => flag.startsWith('--') && !known.includes(flag))).to.deep.equal([]);
    expect(value('--dbpath')).to.equal(join(dataDir, 'db'));
    expect(value('--storageEngine')).to.equal('wiredTiger');
    expect(value('--bind_ip')).to.equal('127.0.0.1');
    expect(value('--replSet')).to.equal('xuefang');
    const rows = database.connection.collection<{ _id: number }>('rows');
    await database.transaction(async (session) => {
      await rows.insertOne({ _id: 1 }, { session });
    });
    const before = database.serverPid as number;
    process.kill(before, 'SIGKILL');
    await rows.insertOne({ _id: 2 });
    expect(database.serverPid).not.to.equal(before);
    await database.close();
  });

  it('keeps the data at another port, and refuses a folder that the other kind of server wrote, both ways', async () => {
    const dataDir = join(path, 'data');
    const again = await openDatabase({ dataDir, mongodBinary: mongod, log });
    expect(await again.connection.collection('rows').countDocuments()).to.equal(2);
    await again.close();
    const open = (folder: string, mongodBinary: string) =>
      openDatabase({ dataDir: folder, mongodBinary, log }).then(
        async (database) => {
          await database.close();
          return 'opened';
        },
        (error) => error.message,
      );
    expect(await open(dataDir, 'built-in'))
      .to.match(/written by a real mongod.*it would use the built-in engine/)
      .and.to.match(/npm run db -- dump FILE\.tar[\s\S]*npm run db -- restore FILE\.tar/);
    const other = join(path, 'other');
    expect(await open(other, 'built-in')).to.equal('opened');
    expect(await open(other, mongod)).to.match(/written by the built-in engine.*it would use a real mongod/);
    expect(await open(other, 'built-in')).to.equal('opened');
  });

  it('leaves a folder that a program which is no mongod was started on to any other', async () => {
    const dataDir = join(path, 'wrong');
    const refused = await openDatabase({ dataDir, mongodBinary: process.execPath, log }).catch(
      (error) => error.message,
    );
    expect(refused).to.match(/is not a mongod: asked for its version it says "v\d+.*use the built-in engine with/);
    const database = await openDatabase({ dataDir, mongodBinary: 'built-in', log });
    expect(database.kind).to.equal('built-in');
    await database.close();
  });

  it('says that a data folder cannot be written', async () => {
    const dataDir = join(path, 'flags', 'data');
    const refused = await openDatabase({ dataDir, mongodBinary: 'built-in', log }).catch((error) => error.message);
    expect(refused).to.match(/data.db cannot be written \(ENOTDIR\)/);
  });

  it('has a password in the built-in engine, which no log and no command line shows, also after a restart', async () => {
    const lines: string[] = [];
    const noted = pino({ level: 'trace' }, { write: (line: string) => lines.push(line) });
    const dataDir = join(path, 'locked');
    const database = await openDatabase({ dataDir, mongodBinary: 'built-in', log: noted });
    const { host, password } = new URL(database.uri);
    expect(password).to.have.length(43);
    for (const folder of [dataDir, join(dataDir, 'db')]) expect((await stat(folder)).mode & 0o777).to.equal(0o700);
    const stranger = new MongoClient(`mongodb://${host}/?directConnection=true`);
    expect(
      await stranger
        .db('xuefang')
        .command({ count: 'rows' })
        .catch((error) => error.code),
    ).to.equal(13);
    await stranger.close();
    const first = database.serverPid as number;
    process.kill(first, 'SIGKILL');
    await database.connection.collection('rows').insertOne({});
    expect(database.serverPid).not.to.equal(first);
    if (process.platform === 'linux') {
      const commands = [first, process.pid, database.serverPid].map((pid) =>
        readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
      );
      expect((await Promise.all(commands)).join(' '))
        .to.include(dataDir)
        .and.not.to.include(password);
    }
    await database.close();
    expect(lines.join('')).to.include('the database server ended unexpectedly').and.not.to.include(password);
  });
});
