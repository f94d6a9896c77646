import { connect } from 'node:net';
import { serialize, Timestamp } from 'bson';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Document } from 'mongodb';
import { decode } from '../values/decode.ts';
import { parseMessage } from '../wire/messages.ts';
import { withEngine } from './support/engine-suite.ts';

const LARGEST_DOCUMENT = 16 * 1024 * 1024;
const LARGEST_MESSAGE = 48_000_000;
const OP_MSG = 2013;

/** A document of exactly so many bytes. */
function sized(_id: number, bytes: number): { _id: number; data: Buffer } {
  const empty = serialize({ _id, data: Buffer.alloc(0) }).length;
  return { _id, data: Buffer.alloc(bytes - empty, 7) };
}

/** An insert with its documents in a sequence, padded by its comment to so many bytes. */
function insertMessage(total: number): Buffer {
  const body = (comment: string) => serialize({ insert: 'rows', $db: 'wire', comment });
  const documents = [1, 2].map((id) => serialize(sized(id, LARGEST_DOCUMENT)));
  const sequence = Buffer.concat([Buffer.from('\x01\0\0\0\0documents\0', 'latin1'), ...documents]);
  sequence.writeInt32LE(sequence.length - 1, 1);
  const padding = total - 16 - 4 - 1 - body('').length - sequence.length;
  const message = Buffer.concat([Buffer.alloc(21), body('x'.repeat(padding)), sequence]);
  message.writeInt32LE(message.length, 0);
  message.writeInt32LE(OP_MSG, 12);
  return message;
}

/** Sends one message; resolves with the answer's first bytes, or undefined when the server closes the connection. */
async function exchange(port: number, message: Buffer): Promise<Buffer | undefined> {
  const socket = connect(port, '127.0.0.1');
  const answer = new Promise<Buffer | undefined>((resolve) => {
    socket.once('data', resolve).on('error', () => resolve(undefined));
    socket.once('close', () => resolve(undefined));
  });
  socket.write(message);
  const first = await answer;
  socket.destroy();
  return first;
}

describe('sizes and messages of the engine', () => {
  const engine = withEngine('wire', { auth: false });
  const rows = () => engine.db.collection<{ _id: number; data?: Buffer; list?: Buffer[] }>('rows');
  const failure = (work: Promise<unknown>): Promise<Document> =>
    work.then(
      () => ({}),
      (error) => error,
    );

  it('stores and reads a document of 16 MiB', async () => {
    const largest = sized(1, LARGEST_DOCUMENT);
    await rows().insertOne(largest);
    const found = await rows().findOne({ _id: 1 }, { promoteBuffers: true });
    expect(found?.data?.equals(largest.data)).to.equal(true);
    expect(await rows().countDocuments({ data: { $type: 'binData' } })).to.equal(1);
  });

  it('refuses a larger one with BSONObjectTooLarge, however it comes about, and keeps what there was', async () => {
    const half = sized(1, LARGEST_DOCUMENT / 2 + 1000);
    await rows().insertOne(half);
    const { data } = half;
    const attempts = {
      insert: () => rows().insertOne(sized(2, LARGEST_DOCUMENT + 1)),
      $set: () => rows().updateOne({ _id: 1 }, { $set: { 'more.data': data } }),
      $push: () => rows().updateOne({ _id: 1 }, { $push: { list: data } }),
      pipeline: () => rows().updateOne({ _id: 1 }, [{ $set: { more: ['$data', '$data'] } }]),
      upsert: () => rows().updateOne({ _id: 2 }, { $set: { data, list: [data] } }, { upsert: true }),
      findAndModify: () => rows().findOneAndUpdate({ _id: 1 }, { $set: { list: [data] } }),
    };
    for (const [name, attempt] of Object.entries(attempts)) {
      expect((await failure(attempt())).code, name).to.equal(10334);
    }
    expect(await rows().countDocuments()).to.equal(1);
    expect(Object.keys((await rows().findOne({ _id: 1 })) ?? {})).to.deep.equal(['_id', 'data']);
  });

  it('refuses an answer that is larger, and goes on', async () => {
    await rows().insertMany([1, 2, 3].map((id) => sized(id, 7_000_000 + id)));
    expect(await engine.code({ distinct: 'rows', key: 'data' })).to.equal(10334);
    expect(
      await engine.code({ aggregate: 'rows', pipeline: [{ $set: { all: ['$data', '$data', '$data'] } }], cursor: {} }),
    ).to.equal(10334);
    expect(await engine.code({ ping: 1 })).to.equal(0);
  });

  it('reads a result of more than 16 MiB in several batches', async () => {
    await rows().insertMany([1, 2, 3].map((id) => sized(id, 7_000_000)));
    const { cursor } = await engine.db.command({ find: 'rows' });
    expect(cursor.firstBatch.map((each: Document) => each._id)).to.deep.equal([1, 2]);
    expect(await rows().find().toArray()).to.have.length(3);
  });

  it('takes a message of 48,000,000 bytes and ends the connection of one with a byte more', async () => {
    const answer = await exchange(engine.engine.port, insertMessage(LARGEST_MESSAGE));
    expect(answer?.readInt32LE(12)).to.equal(OP_MSG);
    expect(await rows().countDocuments()).to.equal(2);
    await rows().deleteMany({});
    expect(await exchange(engine.engine.port, insertMessage(LARGEST_MESSAGE + 1))).to.equal(undefined);
    expect(await rows().countDocuments()).to.equal(0);
  });

  it('takes the statements of a command from its body as well as from a sequence', async () => {
    const { db } = engine;
    const nested = { list: [{ a: 1 }, 'b'], at: new Date(0) };
    const statements = (n: number) => [
      { q: { _id: 'first' }, u: { $set: { nested, n } }, upsert: true },
      { q: { _id: 'second' }, u: [{ $set: { n } }], upsert: true },
    ];
    await db.command({ insert: 'bodies', documents: [{ _id: 'first', n: 0 }] });
    expect(await db.command({ update: 'bodies', updates: statements(1) })).to.include({ n: 2, nModified: 1 });
    const bodies = db.collection<Document & { _id: string }>('bodies');
    expect(await bodies.find().sort({ _id: 1 }).toArray()).to.deep.equal([
      { _id: 'first', n: 1, nested },
      { _id: 'second', n: 1 },
    ]);
    const refused = await failure(db.command({ update: 'bodies', updates: [...statements(2), 'no statement'] }));
    expect(refused).to.have.property('codeName');
    expect(await db.command({ delete: 'bodies', deletes: [{ q: {}, limit: 0 }] })).to.include({ n: 2 });
  });

  it('reads or refuses a message with wrong bytes, and never loses itself in it', () => {
    const update = { $set: { a: ['x', { b: new Date(0) }], c: /d/i, e: new Timestamp(5n) }, $inc: { n: 1 } };
    const body = serialize({ update: 'rows', $db: 'wire', updates: [{ q: { _id: 1 }, u: update, upsert: true }] });
    const message = Buffer.concat([Buffer.alloc(21), body]);
    message.writeInt32LE(OP_MSG, 12);
    const byte = fc.record({ at: fc.integer({ min: 21, max: message.length - 1 }), value: fc.nat(255) });
    let refused = 0;
    fc.assert(
      fc.property(fc.array(byte, { minLength: 1, maxLength: 3 }), (bytes) => {
        const broken = Buffer.from(message);
        for (const { at, value } of bytes) broken[at] = value;
        try {
          for (const statement of parseMessage(broken).sequences.get('updates') ?? []) decode(statement);
        } catch (error) {
          expect(error).to.be.instanceOf(Error);
          refused += 1;
        }
      }),
      { numRuns: 5000 },
    );
    expect(refused).to.be.greaterThan(100);
  });
});
