import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { withEngine } from './support/engine-suite.ts';

const shell = fileURLToPath(new URL('../../../../node_modules/mongosh/bin/mongosh.js', import.meta.url));

/** An everyday session: what a person types, and what is printed as one line of JSON at its end. */
const script = `
  const seen = {};
  seen.version = db.version();
  seen.databases = db.adminCommand({ listDatabases: 1, nameOnly: true }).databases.map((each) => each.name);
  db.people.insertMany([{ _id: 1, name: '李明', age: 30 }, { _id: 2, name: '王芳', age: 41 }]);
  seen.updated = db.people.updateOne({ _id: 1 }, { $inc: { age: 1 } }).modifiedCount;
  seen.index = db.people.createIndex({ age: 1 }, { unique: true });
  seen.plan = db.people.find({ age: 31 }).explain().queryPlanner.winningPlan.inputStage.indexName;
  try { db.people.insertOne({ age: 31 }); } catch (error) { seen.code = error.code; }
  seen.found = db.people.find({ age: { $gt: 30 } }).sort({ age: -1 }).toArray().map((each) => each.name);
  seen.grouped = db.people.aggregate([{ $group: { _id: null, total: { $sum: '$age' } } }]).toArray();
  seen.names = db.getCollectionNames();
  seen.count = db.people.countDocuments();
  seen.indexes = db.people.getIndexes().length;
  seen.set = [rs.conf().members.length, db.hello().isWritablePrimary];
  const session = db.getMongo().startSession();
  session.startTransaction();
  session.getDatabase(db.getName()).people.deleteOne({ _id: 2 });
  session.abortTransaction();
  seen.after = db.people.countDocuments({});
  try { db.runCommand({ nonsense: 1 }); } catch (error) { seen.unknown = error.codeName; }
  seen.users = db.runCommand({ connectionStatus: 1 }).authInfo.authenticatedUsers;
  seen.dropped = [db.people.drop(), db.dropDatabase().ok];
  print('SEEN ' + JSON.stringify(seen));
`;

describe('mongosh on the engine', function () {
  this.timeout(60_000);
  const engine = withEngine('shell');

  it('connects without a warning and runs an everyday session', async () => {
    const home = await mkdtemp(join(tmpdir(), 'xuefang-mongosh-'));
    const uri = new URL(engine.engine.uri);
    uri.pathname = 'shell';
    const given = [shell, uri.href, '--norc', '--eval', 'disableTelemetry()', '--eval', script];
    const env = { PATH: process.env.PATH, HOME: home };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, given, { env });
    await rm(home, { recursive: true, force: true });
    const line = stdout.split('\n').find((each) => each.startsWith('SEEN ')) ?? `{"output":${JSON.stringify(stdout)}}`;
    expect(stderr).to.equal('');
    expect(JSON.parse(line.slice(5))).to.deep.equal({
      version: '8.0.0',
      databases: [],
      updated: 1,
      index: 'age_1',
      plan: 'age_1',
      code: 11000,
      found: ['王芳', '李明'],
      grouped: [{ _id: null, total: 72 }],
      names: ['people'],
      count: 2,
      indexes: 2,
      set: [1, true],
      after: 2,
      unknown: 'CommandNotFound',
      users: [{ user: 'root', db: 'admin' }],
      dropped: [true, 1],
    });
  });

  it('lets no session in that has another password, or none', async () => {
    const address = `127.0.0.1:${engine.engine.port}/shell?authSource=admin`;
    const home = await mkdtemp(join(tmpdir(), 'xuefang-mongosh-'));
    const said = await Promise.all(
      ['root:wrong@', ''].map((credentials) => {
        const given = [shell, `mongodb://${credentials}${address}`, '--norc', '--quiet', '--eval', 'db.people.find()'];
        const running = promisify(execFile)(process.execPath, given, { env: { PATH: process.env.PATH, HOME: home } });
        return running.then(
          ({ stdout }) => stdout,
          (error) => error.stderr,
        );
      }),
    );
    await rm(home, { recursive: true, force: true });
    expect(said[0]).to.match(/^MongoServerError: Authentication failed\.\n/);
    expect(said[1]).to.match(/^MongoServerError.*: Command find requires authentication\n/);
  });

  it('answers what mongosh asks on connecting', async () => {
    const admin = (command: object) => engine.client.db('admin').command(command as never);
    expect(await admin({ hello: 1, topologyVersion: undefined })).to.include({
      isWritablePrimary: true,
      setName: 'rs',
    });
    expect(
      (await admin({ getParameter: 1, featureCompatibilityVersion: 1 })).featureCompatibilityVersion,
    ).to.deep.equal({
      version: '8.0',
    });
    expect((await admin({ buildInfo: 1 })).version).to.equal('8.0.0');
    expect((await admin({ getLog: 'startupWarnings' })).log).to.deep.equal([]);
    expect((await admin({ connectionStatus: 1, showPrivileges: true })).authInfo).to.have.property(
      'authenticatedUsers',
    );
    expect((await admin({ atlasVersion: 1 }).catch((error) => error)).code).to.equal(59);
  });
});
