import { Binary, Long, UUID } from 'bson';
import { expect } from 'chai';
import type { ClientSession, Document } from 'mongodb';
import { checkSession, sessionsIn } from '../commands/session-fields.ts';
import { withEngine } from './support/engine-suite.ts';

/** More than a cursor reads ahead. */
const DOCUMENTS = 2000;

const lsid = { id: new UUID() };
const txnNumber = Long.ONE;

/** What is wrong, the command and its fields, and the code of MongoDB's refusal. */
const refused: [string, string, Document, number][] = [
  ['a session that is no document', 'find', { lsid: 'abc' }, 14],
  ['a session that is an array', 'find', { lsid: [lsid] }, 14],
  ['a session without an id', 'find', { lsid: {} }, 40414],
  ['a session whose id is a string', 'find', { lsid: { id: String(lsid.id) } }, 14],
  ['a session whose id is not a UUID', 'find', { lsid: { id: new Binary(Buffer.alloc(16)) } }, 14],
  ['a session whose UUID is short', 'find', { lsid: { id: new Binary(Buffer.alloc(15), Binary.SUBTYPE_UUID) } }, 207],
  ['a session with an unknown field', 'find', { lsid: { ...lsid, name: 1 } }, 40415],
  ['a session of a user', 'find', { lsid: { ...lsid, uid: new Binary(Buffer.alloc(32)) } }, 238],
  ['a number without a session', 'insert', { txnNumber }, 72],
  ['a number that is no long', 'insert', { lsid, txnNumber: 1 }, 14],
  ['a negative number', 'insert', { lsid, txnNumber: Long.fromNumber(-1) }, 72],
  ['a number that a double cannot hold', 'insert', { lsid, txnNumber: Long.MAX_VALUE }, 238],
  ['a number with a command that is not retryable', 'find', { lsid, txnNumber }, 50768],
  ['autocommit without a number', 'insert', { lsid, autocommit: false }, 72],
  ['autocommit that is true', 'insert', { lsid, txnNumber, autocommit: true }, 72],
  ['autocommit that is no boolean', 'insert', { lsid, txnNumber, autocommit: 0 }, 14],
  ['startTransaction without a number', 'insert', { lsid, startTransaction: true }, 72],
  ['startTransaction without autocommit', 'insert', { lsid, txnNumber, startTransaction: true }, 72],
  ['startTransaction that is false', 'insert', { lsid, txnNumber, autocommit: false, startTransaction: false }, 72],
  ['a commit outside of a transaction', 'commitTransaction', { lsid }, 125],
];

describe('sessions and transaction numbers of commands', () => {
  for (const [what, name, body, code] of refused)
    it(`refuses ${what}`, () => {
      expect(() => checkSession(name, body))
        .to.throw()
        .with.property('code', code);
    });

  it('takes none, a session alone, a retryable write, and a transaction', () => {
    checkSession('find', {});
    checkSession('find', { lsid });
    checkSession('findAndModify', { lsid, txnNumber });
    checkSession('find', { lsid, txnNumber, autocommit: false, startTransaction: true });
    checkSession('commitTransaction', { lsid, txnNumber, autocommit: false });
  });

  it('refuses lists of sessions that are none', () => {
    for (const list of [undefined, lsid, ['abc'], [{ id: 1 }]])
      expect(() => sessionsIn({ endSessions: list }, 'endSessions'))
        .to.throw()
        .with.property('code', 14);
    expect(sessionsIn({ endSessions: [lsid] }, 'endSessions')).to.deep.equal([lsid]);
  });

  const engine = withEngine('sessions');

  it('does so before anything else looks at them', async () => {
    const session: ClientSession = engine.client.startSession();
    const driver = session as unknown as { serverSession: { id: Document } };
    const { id } = driver.serverSession;
    driver.serverSession.id = { id: 'abc' };
    for (const body of [{ ping: 1 }, { insert: 'rows', documents: [{ _id: 1 }], txnNumber }]) {
      const failure = await engine.db.command(body, { session }).catch(({ code }) => code);
      expect(failure).to.equal(14);
    }
    driver.serverSession.id = id;
    await session.endSession();
  });

  it('takes the number of a transaction or of a retryable write once', async () => {
    const session = engine.client.startSession();
    const driver = session as unknown as { serverSession: { txnNumber: number } };
    const statement = { insert: 'rows', documents: [{ _id: 1 }] };
    const begin = (number: number) =>
      engine.db
        .command(
          { ...statement, txnNumber: Long.fromNumber(number), autocommit: false, startTransaction: true },
          { session },
        )
        .then(
          () => 0,
          ({ code }) => code,
        );
    const end = (number: number, body: Document) => {
      driver.serverSession.txnNumber = number;
      const txnNumber = Long.fromNumber(number);
      return engine.client.db('admin').command({ ...body, txnNumber, autocommit: false }, { session });
    };
    const first = driver.serverSession.txnNumber + 1;
    expect(await begin(first)).to.equal(0);
    expect(await begin(first)).to.equal(117);
    await end(first, { abortTransaction: 1 }).catch(() => undefined);
    expect(await begin(first)).to.equal(117);
    expect(await begin(first + 1)).to.equal(0);
    await end(first + 1, { commitTransaction: 1 });
    expect(await begin(first + 1)).to.equal(117);
    await engine.db.command({ ...statement, txnNumber: Long.fromNumber(first + 2) }, { session });
    expect(await begin(first + 2)).to.equal(117);
    expect(await begin(first)).to.equal(225);
    // The driver goes on from there, with whoever gets the session next.
    driver.serverSession.txnNumber = first + 2;
    await session.endSession();
  });

  it('does not acknowledge a transaction whose collection has been dropped meanwhile', async () => {
    const rows = engine.db.collection<{ _id: number }>('rows');
    await rows.insertOne({ _id: 0 });
    const session = engine.client.startSession();
    session.startTransaction();
    await rows.insertOne({ _id: 1 }, { session });
    await rows.drop();
    await rows.insertOne({ _id: 2 });
    const { code, errorLabels } = await session.commitTransaction().catch((error) => error);
    expect([code, errorLabels]).to.deep.equal([112, ['TransientTransactionError']]);
    expect(await rows.find().toArray()).to.deep.equal([{ _id: 2 }]);
    await session.endSession();
  });

  it('tells a reader of a snapshot that has been given up, and goes on', async () => {
    await engine.db.collection('rows').insertMany(Array.from({ length: DOCUMENTS }, (_each, n) => ({ n })));
    const read = (batchSize: number) =>
      engine.db.command({ find: 'rows', batchSize, readConcern: { level: 'snapshot' } });
    const { cursor } = await read(1);
    for (let n = 0; n < 40; n++) {
      await engine.db.collection('others').insertOne({ n });
      await read(10);
    }
    const failure = await engine.db.command({ getMore: cursor.id, collection: 'rows' }).catch(({ code }) => code);
    expect(failure).to.equal(239);
    expect(await engine.db.collection('rows').countDocuments()).to.equal(DOCUMENTS);
  });
});
