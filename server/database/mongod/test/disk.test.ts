import { execFile, execFileSync } from 'node:child_process';
import { statfsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { type Collection, MongoClient } from 'mongodb';
import { checkFolder } from '../maintenance.ts';
import { DiskSpace, type FileSystem } from '../storage/disk-space.ts';
import { startEngine } from './support/engine.ts';

const binary = fileURLToPath(import.meta.resolve('xuefang-mongod/bin'));
const OUT_OF_DISK_SPACE = 14031;
const MEGABYTE = 2 ** 20;

interface Blob {
  _id: number;
  half: number;
  content: Buffer;
}

const mount = (...given: string[]) => execFileSync('mount', given, { stdio: 'ignore' });

/** Mounts a file system in memory; false where that is not allowed. */
function mountInMemory(folder: string, options: string): boolean {
  try {
    mount('-t', 'tmpfs', '-o', options, 'tmpfs', folder);
    return true;
  } catch {
    return false;
  }
}

/** Inserts documents of 4 MiB until one is refused. */
async function fillUp(blobs: Collection<Blob>): Promise<{ acknowledged: number; error: { code?: number } }> {
  const content = Buffer.alloc(4 * MEGABYTE, 7);
  for (let id = 0; ; id++) {
    try {
      await blobs.insertOne({ _id: id, half: id >> 1, content });
    } catch (error) {
      return { acknowledged: id, error: error as { code?: number } };
    }
    if (id > 200) throw new Error('the disk never got full');
  }
}

describe('the engine and its disk', function () {
  this.timeout(60_000);
  let path: string;
  let mounted = false;

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'xuefang-disk-'));
  });

  afterEach(async () => {
    if (mounted) execFileSync('umount', [path]);
    mounted = false;
    await chmod(path, 0o700);
    await rm(path, { recursive: true, force: true });
  });

  it('refuses writes before the disk is full, goes on reading, and writes again when there is room', async function () {
    mounted = mountInMemory(path, 'size=200m');
    if (!mounted) this.skip();
    const engine = await startEngine(path);
    const client = new MongoClient(engine.uri);
    const blobs = client.db('disk').collection<Blob>('blobs');
    await blobs.createIndex({ half: 1 });
    const { acknowledged, error } = await fillUp(blobs);
    expect(error).to.include({ code: OUT_OF_DISK_SPACE, codeName: 'OutOfDiskSpace' });
    expect(acknowledged).to.be.greaterThan(5);
    expect(await blobs.countDocuments({ half: { $gte: 0 } })).to.equal(acknowledged);
    const transaction = client.withSession((session) =>
      session.withTransaction(() => blobs.updateOne({ _id: 0 }, { $set: { half: 77 } }, { session })),
    );
    expect(await transaction.catch((failure) => failure.code)).to.equal(OUT_OF_DISK_SPACE);
    expect((await blobs.findOne({ _id: 0 }))?.half).to.equal(0);
    mount('-o', 'remount,size=400m', path);
    await blobs.updateOne({ _id: 0 }, { $set: { half: 78 } });
    await client.close();
    await engine.stop();
    expect((await checkFolder(path)).problems).to.deep.equal([]);
  });

  it('takes a file system that does not report its size for one with room', async function () {
    mounted = mountInMemory(path, 'size=0');
    if (!mounted) this.skip();
    expect(statfsSync(path)).to.include({ blocks: 0, bavail: 0 });
    const engine = await startEngine(path);
    const client = new MongoClient(engine.uri);
    await client
      .db('disk')
      .collection<Blob>('blobs')
      .insertOne({ _id: 0, half: 0, content: Buffer.alloc(1) });
    await client.close();
    await engine.stop();
  });

  it('tries whether a file system that reports nothing free is full', async function () {
    const reported = { blocks: 1000, bfree: 0, bavail: 0, bsize: 4096 };
    expect(new DiskSpace(path, () => reported).hasReserve(), 'takes writes').to.equal(true);
    expect(new DiskSpace(path, () => ({ ...reported, bfree: 10 })).hasReserve(), 'has what only root may use').to.equal(
      false,
    );
    const reports = [reported, { ...reported, bfree: 10 }];
    expect(new DiskSpace(path, () => reports.shift() as FileSystem).hasReserve(), 'was full until now').to.equal(false);
    expect(await readdir(path)).to.deep.equal([]);
    mounted = mountInMemory(path, 'size=64k');
    if (!mounted) this.skip();
    expect(new DiskSpace(path, () => reported).hasReserve(), 'is full').to.equal(false);
    expect(await readdir(path)).to.deep.equal([]);
  });

  it('ends when a write fails all the same, and has every acknowledged document after that', async function () {
    if (process.platform === 'win32') this.skip();
    const limited = ['sh', '-c', 'ulimit -f 81920; exec "$@"', 'sh'];
    const engine = await startEngine(path, { wrapper: limited });
    const ended = new Promise((resolve) => engine.process.once('exit', resolve));
    const client = new MongoClient(engine.uri, { retryWrites: false, serverSelectionTimeoutMS: 500 });
    const blobs = client.db('disk').collection<Blob>('blobs');
    await blobs.createIndex({ half: 1 });
    const { acknowledged } = await fillUp(blobs);
    expect(await ended).to.equal(14);
    await client.close();
    expect(acknowledged).to.be.greaterThan(5);
    const report = await checkFolder(path);
    expect(report.problems).to.deep.equal([]);
    expect(report.documents).to.equal(acknowledged);
  });

  it('says at the start that a folder cannot be written', async function () {
    mounted = mountInMemory(path, 'size=10m,ro');
    await (mounted ? undefined : chmod(path, 0o500));
    if (!mounted && process.getuid?.() === 0) this.skip();
    const [code, message] = await new Promise<[unknown, string]>((resolve) =>
      execFile(process.execPath, [binary, '--dbpath', path, '--port', '0'], (error, _out, text) =>
        resolve([error?.code, text]),
      ),
    );
    expect(code).to.equal(1);
    expect(message).to.match(/^DBPathNotWritable: cannot write to .*writable by this user\n$/);
    expect(message).to.include(path);
  });
});
