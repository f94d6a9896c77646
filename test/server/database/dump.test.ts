import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Binary,
  BSONRegExp,
  type Document,
  Double,
  deserialize,
  EJSON,
  Int32,
  Long,
  ObjectId,
  serialize,
  Timestamp,
  UUID,
} from 'bson';
import { expect } from 'chai';
import { open } from 'lmdb';
import { MongoClient, type MongoClientOptions } from 'mongodb';
import { startEngine } from 'xuefang-mongod';
import { dump, restore } from '../../../server/database/dump.ts';

const DATABASE = 'dump_test';
/** A value of each type that the built-in engine keeps. */
const everyType: Document = {
  _id: new ObjectId('64b000000000000000000001'),
  int: new Int32(5),
  double: new Double(5),
  long: Long.fromString('9007199254740993'),
  text: '教师\u0000研修',
  bytes: new Binary(Buffer.from([1, 2, 3]), 128),
  uuid: new UUID('00112233-4455-6677-8899-aabbccddeeff'),
  date: new Date(-1),
  pattern: new BSONRegExp('^a', 'imsx'),
  time: new Timestamp({ t: 7, i: 2 }),
  nothing: null,
  list: [1, { deep: [[]] }, 'x'],
  reference: { $ref: 'other', $id: 1 },
};

const bson = (folder: string, name: string) => readFile(join(folder, DATABASE, `${name}.bson`));
const metadata = async (folder: string, name: string): Promise<Document> =>
  EJSON.parse(await readFile(join(folder, DATABASE, `${name}.metadata.json`), 'utf8'));

function documentsIn(bytes: Buffer): Buffer[] {
  const documents: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readInt32LE(at))
    documents.push(bytes.subarray(at, at + bytes.readInt32LE(at)));
  return documents;
}

async function fill(client: MongoClient, name = DATABASE): Promise<void> {
  const db = client.db(name);
  await db.dropDatabase();
  await db.collection('types').insertOne(everyType);
  const rows = await db.createCollection('rows');
  await rows.createIndexes([
    { key: { n: 1, name: -1 }, name: 'by number' },
    { key: { name: 1 }, unique: true },
    { key: { at: 1 }, expireAfterSeconds: 3600 },
  ]);
  await rows.insertMany(Array.from({ length: 2500 }, (_each, n) => ({ _id: n as never, n, name: `学员${n}` })));
  await db.createCollection('空/odd name');
}

describe('npm run db -- dump and restore', function () {
  this.timeout(60_000);
  let path: string;
  const closing: (() => Promise<unknown>)[] = [];

  before(async () => {
    path = await mkdtemp(join(tmpdir(), 'xuefang-dump-'));
  });

  after(async () => {
    for (const close of closing.reverse()) await close();
    await rm(path, { recursive: true, force: true });
  });

  const connect = async (uri: string, options: MongoClientOptions = {}) => {
    const client = new MongoClient(uri, options);
    closing.push(() => client.close());
    return client;
  };
  const engine = async (name: string) => {
    const running = await startEngine({ path: join(path, name) });
    closing.push(() => running.stop());
    return connect(running.uri);
  };

  it('move everything from the built-in engine to a server (a real one, if MONGODB_URI names it) and back', async () => {
    const first = await engine('first');
    await fill(first);
    expect(await dump(first.db(DATABASE), join(path, 'out'))).to.deep.equal({ collections: 3, documents: 2501 });

    const given = process.env.MONGODB_URI;
    const other = given === undefined ? await engine('other') : await connect(given);
    await other.db(DATABASE).dropDatabase();
    await restore(other.db(DATABASE), join(path, 'out'));
    await dump(other.db(DATABASE), join(path, 'back'));

    for (const name of ['types', 'rows', encodeURIComponent('空/odd name')]) {
      expect((await bson(path, `../out/${DATABASE}/${name}`)).equals(await bson(join(path, 'back'), name))).to.equal(
        true,
      );
      const [before, after] = await Promise.all([
        metadata(join(path, 'out'), name),
        metadata(join(path, 'back'), name),
      ]);
      expect(after.options).to.deep.equal(before.options);
      expect(after.indexes).to.have.deep.members(before.indexes);
    }
    expect((await metadata(join(path, 'out'), 'rows')).indexes).to.have.length(4);
    await other.db(DATABASE).dropDatabase();
  });

  it('write mongodump’s layout: concatenated documents, and metadata in extended JSON', async () => {
    const documents = documentsIn(await bson(join(path, 'out'), 'types'));
    expect(documents.map((each) => each.toString('hex'))).to.deep.equal([
      Buffer.from(serialize(everyType)).toString('hex'),
    ]);
    expect(deserialize(documents[0] as Buffer).text).to.equal(everyType.text);
    const text = await readFile(join(path, 'out', DATABASE, 'rows.metadata.json'), 'utf8');
    expect(JSON.parse(text)).to.deep.include({ collectionName: 'rows', type: 'collection' });
    expect(JSON.parse(text).indexes[0].key).to.deep.equal({ _id: { $numberInt: '1' } });
  });

  it('restore what mongodump itself has written', async () => {
    const folder = join(path, 'mongodump');
    await mkdir(join(folder, DATABASE), { recursive: true });
    const rows = [{ _id: 1, a: 'x' }, { _id: 2, a: 'y' }, everyType];
    await writeFile(join(folder, DATABASE, 'old.bson'), Buffer.concat(rows.map((row) => serialize(row))));
    await writeFile(
      join(folder, DATABASE, 'old.metadata.json'),
      '{"indexes":[{"v":{"$numberInt":"2"},"key":{"_id":{"$numberInt":"1"}},"name":"_id_"},{"v":{"$numberInt":"2"},"key":{"a":{"$numberInt":"-1"}},"name":"a_-1","unique":true}],"uuid":"0f7a1c0c7c6b4a7e9a7f0f6f1f3a9d11","collectionName":"old","type":"collection"}',
    );
    await writeFile(join(folder, DATABASE, 'prelude.json'), '{"ServerVersion":"8.0.4","ToolVersion":"100.10.0"}');
    const client = await engine('third');
    expect(await restore(client.db(DATABASE), folder)).to.deep.equal({ collections: 1, documents: 3 });
    const old = client.db(DATABASE).collection('old');
    expect((await old.indexes()).map(({ name, unique }) => [name, unique])).to.deep.equal([
      ['_id_', undefined],
      ['a_-1', true],
    ]);
    expect(await old.countDocuments({ a: 'y' }, { hint: 'a_-1' })).to.equal(1);
    const again = await restore(client.db(DATABASE), folder).catch((error) => error.message);
    expect(again).to.match(/dump_test\.old already has documents/);
  });

  it('refuse files that are cut off, compressed, or without their metadata', async () => {
    const client = await engine('fourth');
    const attempt = async (name: string, files: Record<string, Buffer | string>) => {
      const folder = join(path, 'bad', name);
      await mkdir(join(folder, DATABASE), { recursive: true });
      for (const [file, content] of Object.entries(files)) await writeFile(join(folder, DATABASE, file), content);
      return restore(client.db(DATABASE), folder).catch((error) => error.message);
    };
    const whole = Buffer.from(serialize({ _id: 1, a: 'x' }));
    const about = (name: string) => `{"collectionName":"${name}","type":"collection","options":{},"indexes":[]}`;
    const cut = { 'cut.bson': whole.subarray(0, -3), 'cut.metadata.json': about('cut') };
    expect(await attempt('cut', cut)).to.match(/cut\.bson ends within a document/);
    const damaged = { 'zero.bson': Buffer.alloc(12), 'zero.metadata.json': about('zero') };
    expect(await attempt('zero', damaged)).to.match(/zero\.bson is damaged/);
    expect(await attempt('lone', { 'lone.bson': whole })).to.match(/lone\.bson.*metadata/);
    const packed = { 'p.bson.gz': whole, 'p.metadata.json.gz': '' };
    expect(await attempt('gzip', packed)).to.match(/p\.bson\.gz.*compressed/);
  });

  it('write one moment of all collections, whatever is written meanwhile', async () => {
    const running = await startEngine({ path: join(path, 'seventh') });
    closing.push(() => running.stop());
    const writer = await connect(running.uri);
    const reader = await connect(running.uri, { monitorCommands: true });
    const [early, late] = ['early', 'late'].map((name) => writer.db(DATABASE).collection<{ _id: number }>(name));
    const rows = Array.from({ length: 500 }, (_each, _id) => ({ _id }));
    await Promise.all([early!.insertMany(rows), late!.insertMany(rows)]);
    let wrote: Promise<unknown> | undefined;
    reader.on('commandStarted', ({ commandName }) => {
      if (commandName !== 'getMore') return;
      wrote ??= Promise.all([early!.insertOne({ _id: 1000 }), late!.deleteMany({ _id: { $lt: 100 } })]);
    });
    const held = { failCommands: ['getMore'], blockConnection: true, blockTimeMS: 1000 };
    await writer.db('admin').command({ configureFailPoint: 'failCommand', mode: { times: 1 }, data: held });
    const dumped = await dump(reader.db(DATABASE), join(path, 'moment'));
    await wrote;
    expect(wrote).not.to.equal(undefined);
    expect(dumped).to.deep.equal({ collections: 2, documents: 1000 });
    expect(documentsIn(await bson(join(path, 'moment'), 'late'))).to.have.length(500);
    expect(await late!.countDocuments()).to.equal(400);
  });

  it('take no other database, and fail where there is nothing to write', async () => {
    const client = await engine('eighth');
    await client.db('other').collection('rows').insertOne({ a: 1 });
    const attempt = (name: string, folder: string) =>
      dump(client.db(name), join(path, folder)).then(
        () => 'dumped',
        (error) => error.message,
      );
    expect(await attempt(DATABASE, 'nothing')).to.match(/the server has no database dump_test/);
    await client.db(DATABASE).createCollection('empty');
    expect(await attempt(DATABASE, 'nothing')).to.match(/the database dump_test has no documents/);
    await client.db(DATABASE).collection('empty').insertOne({ a: 1 });
    expect(await attempt(DATABASE, 'nothing')).to.equal('dumped');
    expect(await readdir(join(path, 'nothing'))).to.deep.equal([DATABASE]);
    expect(await attempt(DATABASE, 'nothing')).to.match(/dump_test is there already/);
    expect(await attempt('other', 'nothing')).to.equal('dumped');
  });

  it('restore the database that is meant, and never a dump that did not come to its end', async () => {
    const client = await engine('ninth');
    const folder = join(path, 'ends');
    await mkdir(join(folder, `${DATABASE}.partial`), { recursive: true });
    const attempt = (name: string) => restore(client.db(name), folder).catch((error) => error.message);
    expect(await attempt(DATABASE)).to.match(/the dump of dump_test in .*ends did not come to its end/);
    expect(await attempt('other')).to.match(/has no dump of the database other, only: dump_test\.partial/);
    await mkdir(join(folder, 'other'));
    expect(await attempt('other')).to.match(/other holds no collection/);
  });

  it('keep the order of fields, also of those with names like integers', async () => {
    const bytes = Buffer.from(
      serialize(
        new Map<string, unknown>([
          ['_id', 1],
          ['b', 1],
          ['10', 2],
          ['3', 4],
        ]),
      ),
    );
    const [first, second] = [await engine('fifth'), await engine('sixth')];
    const rows = first.db(DATABASE).collection<{ _id: number }>('rows');
    await rows.insertOne(
      new Map<string, unknown>([
        ['_id', 1],
        ['b', 1],
        ['10', 2],
        ['3', 4],
      ]) as never,
    );
    await dump(first.db(DATABASE), join(path, 'order'));
    expect((await bson(join(path, 'order'), 'rows')).equals(bytes)).to.equal(true);
    await restore(second.db(DATABASE), join(path, 'order'));
    const restored = await second.db(DATABASE).collection('rows').findOne({}, { raw: true });
    expect(Buffer.from(restored as unknown as Uint8Array).equals(bytes)).to.equal(true);
  });
});

describe('npm run db', function () {
  // Each call is a process that starts the engine in another one.
  this.timeout(180_000);
  let dataDir: string;

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'xuefang-db-'));
    const running = await startEngine({ path: join(dataDir, 'db') });
    const client = new MongoClient(running.uri);
    await fill(client, 'xuefang');
    await client.db('xuefang').collection('types').drop();
    await client.db('neighbour').collection('rows').insertOne({ a: 1 });
    await client.close();
    await running.stop();
  });

  after(() => rm(dataDir, { recursive: true, force: true }));

  const db = (...given: string[]) =>
    new Promise<{ code: unknown; said: string }>((resolve) =>
      execFile(
        process.execPath,
        ['--import', 'tsx/esm', 'server/database/cli.ts', ...given],
        { env: { ...process.env, DATA_DIR: dataDir, MONGOD_BINARY: 'built-in', MONGODB_URI: '' } },
        (error, out, text) => resolve({ code: error?.code ?? 0, said: out + text }),
      ),
    );

  it('dumps, restores into an empty database, checks and compacts', async () => {
    const folder = join(dataDir, 'dump');
    expect(await db('dump', folder)).to.deep.equal({ code: 0, said: 'dump: 2500 documents in 2 collections\n' });
    expect((await db('restore', folder)).said).to.match(/already has documents; restore into an empty database/);
    expect((await db('check')).said).to.match(
      /^check: 2501 documents and \d+ index entries in \d+ collections agree\n$/,
    );
    const compacted = await db('compact');
    const [, before, after] = /^compact: (\d+) bytes became (\d+)\n$/.exec(compacted.said) ?? [];
    expect(Number(after)).to.be.greaterThan(0).and.at.most(Number(before));
    expect((await db('check')).code).to.equal(0);
    await rm(join(dataDir, 'db'), { recursive: true });
    expect(await db('restore', folder)).to.deep.equal({ code: 0, said: 'restore: 2500 documents in 2 collections\n' });
    expect((await db('check')).said, 'of its own database only').to.match(/^check: 2500 documents/);
  });

  it('finds an index that disagrees with its documents', async () => {
    const data = open({
      path: join(dataDir, 'db', 'engine.mdb'),
      maxDbs: 2,
      encoding: 'binary',
      keyEncoding: 'binary',
    });
    const entries = data.openDB<Buffer, Buffer>('data', { encoding: 'binary', keyEncoding: 'binary' });
    const [last] = entries.getKeys({ reverse: true, limit: 1 });
    await entries.remove(last as Buffer);
    await data.close();
    const { code, said } = await db('check');
    expect(code).to.equal(1);
    expect(said).to.match(/xuefang\.rows: .* has 2499 entries, the documents make 2500/);
  });

  it('prints what lets a cluster split the collections, and builds changed indexes anew', async () => {
    const { said } = await db('shard');
    const lines = said.trim().split('\n');
    expect(lines[0]).to.equal('sh.enableSharding("xuefang")');
    expect(lines).to.include('sh.shardCollection("xuefang.enrolments", {"_id":"hashed"})');
    expect(lines).to.include('sh.shardCollection("xuefang.video_courses_days", {"enrolment":"hashed"})');
    expect(lines).to.include('sh.shardCollection("xuefang.sessions", {"_id":"hashed"})');
    expect(said).not.to.match(/roll_ups|jobs|undefined/);
    await rm(join(dataDir, 'db'), { recursive: true });
    expect((await db('indexes')).said).to.equal('indexes: 0 were dropped: none; all are as declared\n');
  });

  it('says how it is used', async () => {
    const { code, said } = await db('polish');
    expect(code).to.equal(1);
    expect(said).to.match(/npm run db -- dump FOLDER/);
  });
});
