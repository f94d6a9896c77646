import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import mongoose from 'mongoose';
import { type Database, openDatabase } from '../../../server/database/index.ts';
import { replaceIndexes } from '../../../server/database/indexes.ts';
import { runMigrations } from '../../../server/database/migrations.ts';
import { createLog } from '../../../server/log.ts';

const log = createLog('silent');
const open = (dataDir: string) => openDatabase({ dataDir, mongodBinary: 'built-in', log });

describe('the embedded database', function () {
  this.timeout(60_000);
  let dataDir: string;
  let database: Database;

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'xuefang-database-'));
    database = await open(dataDir);
  });

  after(async () => {
    await database.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('creates collections and indexes for the models, and refuses what a schema does not know', async () => {
    const schema = new mongoose.Schema({ name: { type: String, unique: true } });
    const Person = database.connection.model('person', schema, 'people');
    await database.deploy([]);
    expect((await Person.listIndexes()).map((index) => index.name)).to.include('name_1');
    await Person.create({ name: 'a' });
    expect(await Person.create({ name: 'a' }).catch((error) => error.code)).to.equal(11000);
    expect(await Person.create({ name: 'b', extra: 1 } as never).catch((error) => error.name)).to.match(
      /Strict|Validation/,
    );
    expect(mongoose.modelNames()).not.to.include('person');
  });

  it('says what to do where an index is declared otherwise than the database has it, and builds it anew on demand', async () => {
    const { connection } = database;
    const first = new mongoose.Schema({ a: Number, b: Number }).index({ a: 1 }, { name: 'by_a' }).index({ b: 1 });
    connection.model('changing', first, 'changing');
    await database.deploy([]);
    const changes: [mongoose.Schema, RegExp][] = [
      [new mongoose.Schema({ a: Number, b: Number }).index({ a: 1, b: 1 }, { name: 'by_a' }), /by_a/],
      [new mongoose.Schema({ a: Number, b: Number }).index({ a: 1, b: 1 }, { name: 'by_both' }), /by_both|by_a/],
      [
        new mongoose.Schema({ a: Number, b: Number }).index({ a: 1, b: 1 }, { name: 'by_both', unique: true }),
        /by_both/,
      ],
    ];
    for (const [schema, about] of changes) {
      connection.deleteModel('changing');
      const model = connection.model('changing', schema, 'changing');
      const refused = await database.deploy([]).catch((error) => error.message);
      expect(refused)
        .to.match(/collection changing is declared otherwise/)
        .and.to.match(about);
      expect(refused).to.match(/npm run db -- indexes/);
      expect(await replaceIndexes(connection)).not.to.deep.equal([]);
      const [[key, { name, unique = false }]] = schema.indexes() as [[object, { name: string; unique?: boolean }]];
      const [, ...left] = await model.listIndexes();
      expect(left.map((index) => [index.key, index.name, index.unique ?? false])).to.deep.equal([[key, name, unique]]);
      expect(await replaceIndexes(connection), 'a second time').to.deep.equal([]);
    }
    connection.deleteModel('changing');
  });

  it('commits a transaction whole or not at all', async () => {
    const accounts = database.connection.collection<{ _id: string; amount: number }>('accounts');
    await accounts.insertMany([
      { _id: 'a', amount: 10 },
      { _id: 'b', amount: 0 },
    ]);
    const move = (fail: boolean) =>
      database.transaction(async (session) => {
        await accounts.updateOne({ _id: 'a' }, { $inc: { amount: -4 } }, { session });
        if (fail) throw new Error('no');
        await accounts.updateOne({ _id: 'b' }, { $inc: { amount: 4 } }, { session });
        return 'moved';
      });
    expect(await move(true).catch((error) => error.message)).to.equal('no');
    expect(await move(false)).to.equal('moved');
    expect((await accounts.find().sort({ _id: 1 }).toArray()).map((each) => each.amount)).to.deep.equal([6, 4]);
  });

  it('lets concurrent transactions on one document all succeed, one after the other', async () => {
    const counters = database.connection.collection<{ _id: string; value: number }>('counters');
    await counters.insertOne({ _id: 'one', value: 0 });
    const add = () =>
      database.transaction(async (session) => {
        const found = await counters.findOne({ _id: 'one' }, { session });
        await counters.updateOne({ _id: 'one' }, { $set: { value: (found?.value ?? 0) + 1 } }, { session });
      });
    await Promise.all(Array.from({ length: 12 }, add));
    expect((await counters.findOne({ _id: 'one' }))?.value).to.equal(12);
  });

  it('runs each migration once, also when two processes start together', async () => {
    const runs: string[] = [];
    const migration = (id: string) => ({ plugin: 'fixture', id, up: async () => void runs.push(id) });
    const both = await Promise.all([
      runMigrations(database.connection, [migration('1'), migration('2')]),
      runMigrations(database.connection, [migration('1'), migration('2')]),
    ]);
    expect(both.flat().sort()).to.deep.equal(['fixture/1', 'fixture/2']);
    expect(runs).to.deep.equal(['1', '2']);
    expect(await runMigrations(database.connection, [migration('2'), migration('3')])).to.deep.equal(['fixture/3']);
  });

  it('runs a failed migration again', async () => {
    let attempts = 0;
    const migration = {
      plugin: 'fixture',
      id: 'fails-once',
      up: async () => {
        if (++attempts === 1) throw new Error('not yet');
      },
    };
    expect(await runMigrations(database.connection, [migration]).catch((error) => error.message)).to.equal('not yet');
    expect(await runMigrations(database.connection, [migration])).to.deep.equal(['fixture/fails-once']);
  });

  it('starts the server again when its process is killed, without losing an acknowledged write', async () => {
    const notes = database.connection.collection<{ _id: number }>('notes');
    await notes.insertOne({ _id: 1 });
    const before = database.serverPid as number;
    process.kill(before, 'SIGKILL');
    await notes.insertOne({ _id: 2 });
    expect(database.serverPid).not.to.equal(before);
    expect(await notes.countDocuments()).to.equal(2);
  });

  it('keeps its data between runs, and refuses a folder that the other kind of server wrote', async () => {
    await database.connection.collection<{ _id: number }>('kept').insertOne({ _id: 7 });
    await database.close();
    const mongod = join(dataDir, 'mongod');
    await writeFile(mongod, "#!/bin/sh\necho 'db version v8.0.4'\n", { mode: 0o755 });
    const refused = await openDatabase({ dataDir, mongodBinary: mongod, log }).catch((error) => error.message);
    expect(refused)
      .to.match(/written by the built-in engine/)
      .and.to.match(/npm run db -- dump/);
    database = await open(dataDir);
    expect(await database.connection.collection<{ _id: number }>('kept').findOne()).to.deep.equal({ _id: 7 });
  });
});
