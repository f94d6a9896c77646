import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoBackend } from '@agendajs/mongo-backend';
import { Agenda } from 'agenda';
import { expect } from 'chai';
import MongoStore from 'connect-mongo';
import mongoose from 'mongoose';
import { type Database, openDatabase } from '../../../server/database/index.ts';
import { createLog } from '../../../server/log.ts';

describe('the libraries of the platform on the built-in engine', function () {
  this.timeout(60_000);
  let dataDir: string;
  let database: Database;

  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'xuefang-libraries-'));
    database = await openDatabase({ dataDir, mongodBinary: 'built-in', log: createLog('silent') });
  });

  after(async () => {
    await database.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('keeps sessions of connect-mongo', async () => {
    const store = MongoStore.create({ client: database.connection.getClient() as never, dbName: 'sessions_test' });
    const call = <T>(run: (done: (error: unknown, result?: T | null) => void) => void) =>
      new Promise<T | null | undefined>((resolve, reject) =>
        run((error, result) => (error ? reject(error) : resolve(result))),
      );
    const session = { cookie: { originalMaxAge: 60_000 }, user: 'a' } as never;
    await call((done) => store.set('one', session, done));
    expect(await call((done) => store.get('one', done))).to.include({ user: 'a' });
    await call((done) => store.touch('one', session, done));
    expect(await call((done) => store.length(done))).to.equal(1);
    await call((done) => store.destroy('one', done));
    expect(await call((done) => store.get('one', done))).to.equal(null);
  });

  it('runs jobs of agenda: at once, repeated, and each only once with two workers', async () => {
    const worker = () =>
      new Agenda({
        backend: new MongoBackend({ mongo: database.connection.db as never, collection: 'jobs_test' } as never),
        processEvery: 50,
      } as never);
    const workers = [worker(), worker()];
    const runs: string[] = [];
    let finished = () => {};
    const done = new Promise<void>((resolve) => {
      finished = resolve;
    });
    for (const agenda of workers) {
      agenda.define('note', async (job) => {
        runs.push((job.attrs.data as { name: string }).name);
        if (runs.length >= 10) finished();
      });
      await agenda.start();
    }
    for (let i = 0; i < 10; i++) await (workers[0] as Agenda).now('note', { name: `job ${i}` });
    await (workers[0] as Agenda).every('1 hour', 'note', { name: 'hourly' });
    await done;
    for (const agenda of workers) await agenda.stop();
    expect(new Set(runs).size).to.equal(runs.length);
  });

  it('serves populate, discriminators, cursors and array updates of mongoose', async () => {
    const { connection } = database;
    const School = connection.model('School', new mongoose.Schema({ name: String }));
    const Teacher = connection.model(
      'Teacher',
      new mongoose.Schema({
        name: String,
        school: { type: mongoose.Schema.Types.ObjectId, ref: 'School' },
        tags: [String],
        marks: { type: Map, of: Number },
      }),
    );
    const school = await School.create({ name: 'one' });
    await Teacher.create({ name: 'a', school: school._id, tags: ['x'], marks: { first: 1 } });
    const teacher = await Teacher.findOne({ name: 'a' }).populate<{ school: { name: string } }>('school').orFail();
    expect(teacher.school.name).to.equal('one');
    teacher.tags.push('y');
    teacher.marks?.set('second', 2);
    await teacher.save();
    expect(await Teacher.findOne({ tags: 'y', 'marks.second': 2 }).lean()).to.include({ name: 'a' });
    const names: string[] = [];
    for await (const each of Teacher.find().cursor()) names.push(String(each.name));
    expect(names).to.deep.equal(['a']);
  });
});
