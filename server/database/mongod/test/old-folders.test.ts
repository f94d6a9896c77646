import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { open } from 'lmdb';
import { Engine } from '../engine.ts';
import { createIndexEntry } from '../storage/catalog.ts';
import { DATA_FILE, openDataFile } from '../storage/data-file.ts';
import { needTracer } from './support/traced-engine.ts';

describe('a data folder of an earlier version', () => {
  let path: string;
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'xuefang-old-'));
  });
  afterEach(() => rm(path, { recursive: true, force: true }));

  /** Makes a folder with one collection. */
  async function fill(
    options: Record<string, unknown>,
    index?: { key: Record<string, unknown>; [option: string]: unknown },
  ) {
    const engine = new Engine(path);
    await engine.store.write(() => {
      const rows = engine.createCollection('school', 'rows');
      rows.options = options;
      if (index !== undefined)
        rows.indexes.push(
          createIndexEntry({ name: 'by_name', ...index } as never, engine.catalog.allocate(engine.store)),
        );
      engine.catalog.save(engine.store, rows);
    });
    await engine.close();
  }

  it('is opened when it holds nothing that has been removed', async () => {
    await fill({}, { key: { name: 1 } });
    const engine = new Engine(path);
    expect(engine.existing('school', 'rows').indexes).to.have.length(1);
    await engine.close();
  });

  const removed: [string, Record<string, unknown>, Parameters<typeof fill>[1]][] = [
    ['capped', { capped: true, size: 4096 }, undefined],
    ['viewOn', { viewOn: 'others', pipeline: [] }, undefined],
    ['validator', { validator: { a: 1 } }, undefined],
    ['collation', { collation: { locale: 'zh' } }, undefined],
    ['by_name', {}, { key: { name: 'text' } }],
    ['by_name', {}, { key: { name: 1 }, collation: { locale: 'zh' } }],
    ['by_name', {}, { key: { name: 1 }, sparse: true }],
    ['by_name', {}, { key: { name: 1 }, hidden: true }],
    ['by_name', {}, { key: { name: 1 }, partialFilterExpression: { a: 1 } }],
  ];
  for (const [named, options, index] of removed) {
    it(`is refused when it holds ${JSON.stringify(index ?? options)}`, async () => {
      await fill(options, index);
      expect(() => new Engine(path)).to.throw(`school.rows has ${named}, which this version does not support`);
    });
  }
});

describe('a data file that a killed engine wrote with overlapping syncs', () => {
  let path: string;
  before(async function () {
    needTracer(this);
    path = await mkdtemp(join(tmpdir(), 'xuefang-overlapping-'));
  });
  after(() => path && rm(path, { recursive: true, force: true }));

  it('goes back to its last sync', async () => {
    const file = join(path, DATA_FILE);
    const given = ['--input-type=module', '-e', OVERLAPPING, file];
    // Readers see the second commit long before its sync has ended.
    const slow = ['-f', '-qq', '-o', join(path, 'trace'), '-e', 'inject=fdatasync:delay_enter=400000'];
    const child = spawn('strace', [...slow, process.execPath, ...given], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(child, 'exit');
    let said = '';
    for await (const chunk of child.stdout) {
      said += String(chunk);
      const pid = /(\d+) sees second\n/.exec(said)?.[1];
      if (pid !== undefined) process.kill(Number(pid), 'SIGKILL');
    }
    await ended;
    const { root, data } = openDataFile(path);
    expect(data.getBinary(Buffer.from('first'))?.toString()).to.equal('value');
    expect(data.getBinary(Buffer.from('second'))).to.equal(undefined);
    await root.close();
  });

  it('is whole when it was compacted, then or now', async () => {
    const folder = join(path, 'compacted');
    const file = join(folder, DATA_FILE);
    await mkdir(folder);
    const settings = { encoding: 'binary', keyEncoding: 'binary' } as const;
    const overlapping = open<Buffer, Buffer>({ path: file, maxDbs: 2, ...settings });
    const before = overlapping.openDB('data', settings);
    for (const key of ['first', 'second']) await before.put(Buffer.from(key), Buffer.from('value'));
    await overlapping.backup(`${file}.compact`, true);
    await overlapping.close();
    for (let times = 0; times < 2; times++) {
      await rename(`${file}.compact`, file);
      const { root, data } = openDataFile(folder);
      expect(data.getKeysCount({})).to.equal(2);
      await root.backup(`${file}.compact`, true);
      await root.close();
    }
  });
});

/** Writes as earlier versions did: one entry with its sync, and one that is seen before its sync. */
const OVERLAPPING = `
  import { open } from 'lmdb';
  const settings = { encoding: 'binary', keyEncoding: 'binary' };
  const root = open({ path: process.argv[1], maxDbs: 2, ...settings });
  const data = root.openDB('data', settings);
  const put = (key) => root.transaction(() => data.putSync(Buffer.from(key), Buffer.from('value')));
  await put('first');
  void put('second');
  const look = () => {
    if (data.getBinary(Buffer.from('second')) === undefined) setTimeout(look, 5);
    else console.log(process.pid + ' sees second');
  };
  look();
`;
