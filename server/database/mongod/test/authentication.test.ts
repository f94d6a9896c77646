import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { connect as connectTo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { serialize } from 'bson';
import { expect } from 'chai';
import { type Db, type Document, MongoClient } from 'mongodb';
import { deriveCredentials, readClientFinal, readClientFirst, verifyProof } from '../auth/scram.ts';
import { commandTable } from '../commands/dispatch.ts';
import { FailPoints } from '../commands/fail-points.ts';
import { compactFolder } from '../maintenance.ts';
import { type RunningEngine, startEngine } from './support/engine.ts';
import { ScramClient } from './support/scram-client.ts';

const UNAUTHORIZED = 13;
const PROTOCOL_ERROR = 17;
const AUTHENTICATION_FAILED = 18;
const MECHANISM_UNAVAILABLE = 334;

const STRANGERS_LIMIT = 16 * 1024;
const OP_MSG = 2013;

/** Answers to whoever has given no password, as MongoDB's own. */
const open = ['hello', 'isMaster', 'ismaster', 'ping', 'buildInfo', 'buildinfo', 'connectionStatus'];
const signingIn = ['saslStart', 'saslContinue'];

const codeOf = (work: Promise<unknown>): Promise<number> =>
  work.then(
    () => 0,
    (error) => Number(error.code),
  );

describe('the password of the engine', () => {
  let path: string;
  let engine: RunningEngine;
  let password: string;
  const clients: MongoClient[] = [];

  before(async () => {
    path = await mkdtemp(join(tmpdir(), 'xuefang-password-'));
    engine = await startEngine(path);
    password = (await readFile(join(path, 'password'), 'utf8')).trim();
  });

  afterEach(() => Promise.all(clients.splice(0).map((client) => client.close())));

  after(async () => {
    await engine.stop();
    await rm(path, { recursive: true, force: true });
  });

  /** A client with one connection, so that what it proves holds for what it sends next. */
  const connect = (credentials = '', options = ''): Db => {
    const client = new MongoClient(
      `mongodb://${credentials}127.0.0.1:${engine.port}/?directConnection=true&maxPoolSize=1${options}`,
    );
    clients.push(client);
    return client.db('admin');
  };
  const isIn = (db: Db) => codeOf(db.command({ listDatabases: 1 })).then((code) => code === 0);

  it('lets nobody without it do anything, whatever the command', async () => {
    const stranger = connect();
    const table = commandTable(
      {} as never,
      new FailPoints(),
      () => 0,
      () => undefined,
    );
    const names = [...table.keys(), 'nonsense'].filter((name) => ![...open, ...signingIn].includes(name));
    expect(names).to.include.members(['find', 'insert', 'aggregate', 'shutdown', 'configureFailPoint', 'endSessions']);
    for (const name of names) {
      const failure = await stranger.command({ [name]: 1 }).catch((error) => error);
      expect([name, failure.code, failure.codeName]).to.deep.equal([name, UNAUTHORIZED, 'Unauthorized']);
      expect(failure.message).to.equal(`Command ${name} requires authentication`);
    }
    for (const name of open) expect((await stranger.command({ [name]: 1 })).ok, name).to.equal(1);
    expect((await stranger.command({ connectionStatus: 1 })).authInfo.authenticatedUsers).to.deep.equal([]);
  });

  it('lets a driver in that knows it, and out again', async () => {
    for (const options of ['', '&authMechanism=SCRAM-SHA-256']) {
      const db = connect(`root:${password}@`, options);
      expect(await isIn(db)).to.equal(true);
      const { authInfo } = await db.command({ connectionStatus: 1 });
      expect(authInfo.authenticatedUsers).to.deep.equal([{ user: 'root', db: 'admin' }]);
    }
  });

  it('lets clients in that ask for compression', async () => {
    const client = new MongoClient(engine.uri, { compressors: ['zlib'] });
    clients.push(client);
    expect(await client.db('x').collection('rows').countDocuments()).to.equal(0);
  });

  it('answers a wrong password, a wrong user and a wrong database alike, and not at once', async () => {
    const attempts = [`root:x${password}@`, `nobody:${password}@`, `root:${password}@`];
    const answers = await Promise.all(
      attempts.map(async (credentials, at) => {
        const started = performance.now();
        const failure = await connect(credentials, at === 2 ? '&authSource=other' : '')
          .command({ listDatabases: 1 })
          .catch((error) => error);
        return [failure.code, failure.message, performance.now() - started > 200];
      }),
    );
    for (const answer of answers) expect(answer).to.deep.equal([AUTHENTICATION_FAILED, 'Authentication failed.', true]);
  });

  it('gives a user who does not exist a salt like that of one who does, the same each time', async () => {
    const first = async (user: string) => {
      const client = new ScramClient(connect(), user, '');
      await client.begin();
      return client.serverFirst.split(',').slice(1);
    };
    const [nobody, again, root] = await Promise.all([first('nobody'), first('nobody'), first('root')]);
    expect(nobody).to.deep.equal(again);
    expect(nobody?.[0]).not.to.equal(root?.[0]);
    for (const each of [nobody, root]) {
      expect(Buffer.from((each?.[0] ?? '').slice(2), 'base64')).to.have.length(28);
      expect(each?.[1]).to.equal('i=15000');
    }
    const greeting = (name: string) => connect().command({ hello: 1, saslSupportedMechs: name });
    for (const name of ['admin.root', 'admin.nobody'])
      expect((await greeting(name)).saslSupportedMechs).to.deep.equal(['SCRAM-SHA-256']);
  });

  it('refuses a final message that was tampered with, and forgets the exchange', async () => {
    const flipped = (proof: Buffer) => Buffer.from(proof.map((byte, at) => (at === 31 ? byte ^ 1 : byte)));
    const cases = {
      proof: { proof: flipped },
      'short proof': { proof: (proof: Buffer) => proof.subarray(0, 31) },
      'empty proof': { proof: () => Buffer.alloc(0) },
      nonce: { nonce: (nonce: string) => nonce.slice(0, -1) },
      'longer nonce': { nonce: (nonce: string) => `${nonce}x` },
      'channel binding': { binding: 'y,,' },
    };
    await Promise.all(
      Object.entries(cases).map(async ([name, tampering]) => {
        const db = connect();
        const client = new ScramClient(db, 'root', password);
        await client.begin();
        expect(await codeOf(client.finish(tampering)), name).to.equal(AUTHENTICATION_FAILED);
        expect(await codeOf(client.finish()), name).to.equal(PROTOCOL_ERROR);
        expect(await isIn(db), name).to.equal(false);
      }),
    );
  });

  it('ends the exchange with the proof, whatever the client says of empty messages', async () => {
    for (const options of [{}, { options: { skipEmptyExchange: true } }]) {
      const db = connect();
      const client = new ScramClient(db, 'root', password);
      await client.begin(options);
      expect((await client.finish()).done).to.equal(true);
      expect(await isIn(db)).to.equal(true);
    }
  });

  it('refuses other mechanisms, other exchanges and messages that are none', async () => {
    const db = connect();
    expect(await codeOf(connect(`root:${password}@`, '&authMechanism=SCRAM-SHA-1').command({ ping: 1 }))).to.equal(
      MECHANISM_UNAVAILABLE,
    );
    expect(await codeOf(db.command({ saslContinue: 1, conversationId: 1, payload: '' }))).to.equal(PROTOCOL_ERROR);
    const client = new ScramClient(db, 'root', password);
    await client.begin();
    expect(await codeOf(client.finish({ conversationId: client.id + 1 }))).to.equal(PROTOCOL_ERROR);
    for (const payload of ['', 'n,,n=root', 'p=tls-unique,,n=root,r=x', 'n,,n=ro=ot,r=x', 'n,,m=ext,n=root,r=x', 7]) {
      const start = { saslStart: 1, mechanism: 'SCRAM-SHA-256', payload: payload as unknown };
      if (typeof payload === 'string') start.payload = Buffer.from(payload);
      expect(await codeOf(db.command(start)), String(payload)).to.equal(payload === 7 ? 14 : AUTHENTICATION_FAILED);
    }
    expect(await isIn(db)).to.equal(false);
    const first = { saslStart: 1, mechanism: 'SCRAM-SHA-256', payload: Buffer.from('n,,n=root,r=x') };
    const greeting = await db.command({ hello: 1, speculativeAuthenticate: first });
    expect(greeting, 'no step ahead').not.to.have.property('speculativeAuthenticate');
  });

  it('takes no large message from a stranger', async () => {
    const send = async (size: number) => {
      const body = serialize({ ping: 1, $db: 'admin', comment: '' });
      const message = Buffer.concat([
        Buffer.alloc(21),
        serialize({ ping: 1, $db: 'admin', comment: 'x'.repeat(size - 21 - body.length) }),
      ]);
      message.writeInt32LE(message.length, 0);
      message.writeInt32LE(OP_MSG, 12);
      const socket = connectTo(engine.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.write(message);
      const [event] = await Promise.race([
        once(socket, 'data').then(() => ['answered']),
        once(socket, 'close').then(() => ['ended']),
      ]);
      socket.destroy();
      return event;
    };
    expect(await send(STRANGERS_LIMIT)).to.equal('answered');
    expect(await send(STRANGERS_LIMIT + 1)).to.equal('ended');
    const known = connect(`root:${password}@`);
    expect((await known.command({ ping: 1, comment: 'x'.repeat(10 * STRANGERS_LIMIT) })).ok).to.equal(1);
  });

  it('agrees with the example of RFC 7677, section 3', async () => {
    const first = readClientFirst('n,,n=user,r=rOprNGfwEbeRWgbNEkqO');
    expect(first).to.include({ user: 'user', nonce: 'rOprNGfwEbeRWgbNEkqO', gs2Header: 'n,,' });
    expect(readClientFirst('n,,n=a=2Cb=3Dc,r=x')?.user).to.equal('a,b=c');
    const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
    const final = readClientFinal(`c=biws,r=${nonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`);
    expect(final).to.include({ nonce, channelBinding: 'biws', withoutProof: `c=biws,r=${nonce}` });
    const salt = 'W22ZaJ0SNY7soEsUEjb6gQ==';
    const credentials = await deriveCredentials('pencil', Buffer.from(salt, 'base64'), 4096);
    const message = `${first?.bare},r=${nonce},s=${salt},i=4096,${final?.withoutProof}`;
    const signature = verifyProof(credentials, message, final?.proof as Buffer);
    expect(signature?.toString('base64')).to.equal('6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');
    expect(verifyProof(credentials, `${message}x`, final?.proof as Buffer)).to.equal(undefined);
  });
});

describe('the files of the engine', () => {
  let path: string;

  beforeEach(async function () {
    if (process.platform === 'win32') this.skip();
    path = join(await mkdtemp(join(tmpdir(), 'xuefang-private-')), 'db');
  });

  afterEach(() => rm(join(path, '..'), { recursive: true, force: true }));

  const modes = async () => {
    const names = ['.', ...(await readdir(path))];
    return Promise.all(
      names.map(async (name) => [name, ((await stat(join(path, name))).mode & 0o777).toString(8)] as const),
    );
  };
  const expectPrivate = async () => {
    const found = await modes();
    expect(found.map(([name]) => name)).to.include.members(['engine.mdb', 'password']);
    expect(found.filter(([name, mode]) => mode !== (name === '.' ? '700' : '600'))).to.deep.equal([]);
  };
  const works = async (uri: string): Promise<Document> => {
    const client = new MongoClient(uri, { serverSelectionTimeoutMS: 2000 });
    return client
      .db('x')
      .command({ count: 'y' })
      .finally(() => client.close());
  };

  /** What the program prints from its start to its end, which comes at once: its standard input is empty. */
  const startAndEnd = async () => {
    const binary = fileURLToPath(import.meta.resolve('xuefang-mongod/bin'));
    const running = promisify(execFile)(process.execPath, [
      binary,
      ...['--dbpath', path, '--port', '0', '--stopWithParent'],
    ]);
    running.child.stdin?.end();
    return (await running).stdout;
  };

  it('are their owner’s alone, and the password stays from start to start', async () => {
    const first = await startEngine(path);
    await expectPrivate();
    await first.stop();
    const second = await startEngine(path);
    expect(new URL(second.uri).password)
      .to.equal(new URL(first.uri).password)
      .and.to.match(/^[\w-]{43}$/);
    await works(second.uri);
    await second.stop();
    await compactFolder(path);
    await expectPrivate();
  });

  it('are taken from others where they were not, which is said', async () => {
    await (await startEngine(path)).stop();
    for (const name of await readdir(path)) await chmod(join(path, name), 0o664);
    await chmod(path, 0o755);
    const said = await startAndEnd();
    await expectPrivate();
    expect(said).to.include(`${path} had mode 0755; now only its owner has access`);
    expect(said).to.include(`${join(path, 'password')} had mode 0664; now only its owner has access`);
    await chmod(join(path, 'engine.mdb'), 0o644);
    await compactFolder(path);
    await expectPrivate();
  });

  it('are so as well where the folder is a link', async () => {
    const real = join(path, '..', 'elsewhere');
    await mkdir(real, { mode: 0o755 });
    await symlink(real, path);
    const said = await startAndEnd();
    await expectPrivate();
    expect(said).to.include(`${path} had mode 0755; now only its owner has access`);
  });

  it('hold a new password when its file was deleted, and no start without a usable one', async () => {
    const first = await startEngine(path);
    await first.stop();
    await rm(join(path, 'password'));
    const second = await startEngine(path);
    expect(second.uri.replace(/:\d+/, '')).not.to.equal(first.uri.replace(/:\d+/, ''));
    await second.stop();
    for (const bad of ['', 'two words', 'ключ']) {
      await writeFile(join(path, 'password'), `${bad}\n`);
      const failure = await startEngine(path).catch((error) => error.message);
      expect(failure).to.match(/password must hold one line of printable ASCII/);
    }
    await writeFile(join(path, 'password'), 'my:own/choice@%\n');
    const chosen = await startEngine(path);
    await works(chosen.uri);
    await chosen.stop();
  });

  it('are not asked for where the start says so', async () => {
    await mkdir(path);
    const engine = await startEngine(path, { auth: false });
    expect(new URL(engine.uri).username).to.equal('');
    await works(engine.uri);
    await engine.stop();
    expect(await readdir(path)).not.to.include('password');
  });
});
