import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  Decimal128,
  Double,
  deserialize,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  serialize,
  Timestamp,
  UUID,
} from 'bson';
import { expect } from 'chai';
import fc from 'fast-check';
import type { Document } from 'mongodb';
import type { Connection } from '../commands/context.ts';
import { encode } from '../values/codec.ts';
import { decode } from '../values/decode.ts';
import { validate } from '../values/validate.ts';
import { serve } from '../wire/connection.ts';
import { frameReply, type Request } from '../wire/messages.ts';
import { withEngine } from './support/engine-suite.ts';
import { eventually } from './support/eventually.ts';

const HEADER = 16;
const OP_QUERY = 2004;
const OP_COMPRESSED = 2012;
const OP_MSG = 2013;

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value, 0);
  return bytes;
};

/** A message of this kind; `size` in place of its own length. */
function message(kind: number, content: Buffer, size = HEADER + content.length): Buffer {
  return Buffer.concat([int32(size), int32(7), int32(0), int32(kind), content]);
}

const body = (document: Document): Buffer => Buffer.concat([Buffer.of(0), serialize(document)]);
const opMsg = (sections: Buffer[], flags = 0): Buffer => message(OP_MSG, Buffer.concat([int32(flags), ...sections]));
const sequence = (name: string, content: Buffer, size = 4 + name.length + 1 + content.length): Buffer =>
  Buffer.concat([Buffer.of(1), int32(size), Buffer.from(`${name}\0`), content]);
const ping = { ping: 1, $db: 'admin' };

/** A document with one field `a` of these bytes: type, name and value. */
function field(element: string, nested = false): Buffer {
  const content = Buffer.from(element.replaceAll(' ', ''), 'hex');
  const document = Buffer.concat([int32(content.length + 5), content, Buffer.of(0)]);
  return nested ? field(`03 6400 ${document.toString('hex')}`) : document;
}

const malformed: Record<string, Buffer> = {
  'a length that is too large': Buffer.concat([int32(100), Buffer.alloc(6)]),
  'a length that is too small': Buffer.concat([int32(6), Buffer.alloc(6)]),
  'a last byte that is not zero': Buffer.from('0600000000ff', 'hex'),
  'a string of no bytes': field('02 6100 00000000'),
  'a string beyond its document': field('02 6100 ff000000 00'),
  'a string without its zero': field('02 6100 02000000 6161'),
  'a string that is not UTF-8': field('02 6100 02000000 ff00'),
  'a name that is not UTF-8': field('0a ff00'),
  'a name without its zero': field('0a 6161'),
  'a document with a wrong length within': field('03 6100 06000000 00'),
  'a document that ends early within': field('03 6100 0500000000 00'),
  'a boolean of two': field('08 6100 02'),
  'binary data of a negative length': field('05 6100 ffffffff 00'),
  'binary data of the old subtype with another length': field('05 6100 04000000 02 01000000'),
  'an unknown type': field('20 6100'),
  'an array without positions': field('04 6100 0800000008780001 00'.replace('08000000', '09000000')),
  'a regular expression without its second zero': field('0b 6100 6100 61'),
  'a regular expression with an unknown option': field('0b 6100 6100 6700'),
  'a number cut off': field('12 6100 0000'),
};

const unsupported: Record<string, Buffer> = {
  undefined: field('06 6100'),
  'a dbPointer': field(`0c 6100 01000000 00 ${'00'.repeat(12)}`),
  'a symbol': Buffer.from(serialize({ a: new BSONSymbol('s') })),
  'a decimal': Buffer.from(serialize({ a: Decimal128.fromString('1E+3') })),
  'the least key': Buffer.from(serialize({ a: new MinKey() })),
  'the greatest key': Buffer.from(serialize({ a: [new MaxKey()] })),
  code: Buffer.from(serialize({ a: new Code('x') })),
  'code with a scope': Buffer.from(serialize({ a: new Code('x', { a: 1 }) })),
  'a date that JavaScript has not': field('09 6100 ffffffffffffff7f'),
  'a field that looks like a type of bson': Buffer.from(serialize({ a: new Map([['_bsontype', 'x']]) })),
};

/** A document with so many fields, the last of which has the name of the first. */
const withTwin = (fields: number): Buffer =>
  field(
    `${Array.from({ length: fields - 1 }, (_each, n) => `0a${Buffer.from(`f${n}`).toString('hex')}00`).join('')}0a663000`,
  );
for (const fields of [2, 15, 16, 17, 18, 19, 400])
  unsupported[`a name that stands twice among ${fields}`] = withTwin(fields);
unsupported['a name that stands twice within'] = field(`0a 6100 03 6200 ${withTwin(3).toString('hex')}`);

const scalar: fc.Arbitrary<unknown> = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.integer({ min: -0x80000000, max: 0x7fffffff }).map((value) => new Int32(value)),
  fc.double().map((value) => new Double(value)),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((value) => Long.fromBigInt(value)),
  fc.boolean(),
  fc.constant(null),
  fc.date({ noInvalidDate: true, min: new Date('-200000-01-01'), max: new Date('+200000-01-01') }),
  fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => new ObjectId(bytes)),
  fc.tuple(fc.uint8Array(), fc.constantFrom(0, 2, 3, 5, 128)).map(([bytes, type]) => new Binary(bytes, type)),
  fc.constantFrom(new UUID('0123456789abcdef0123456789abcdef'), new Timestamp(7n)),
  fc.constantFrom(new BSONRegExp('a/b', 'i'), new BSONRegExp('', ''), new BSONRegExp('\\h(?i)x', 'mx'), /x\n/i),
);
const name = fc.oneof(
  fc.constantFrom('a', '', '$b', 'c.d', '0', '17', '__proto__', 'constructor', 'toBSON'),
  fc.string(),
);
const documents = fc.letrec<{ value: unknown; document: Document }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, scalar, tie('document'), fc.array(tie('value'), { maxLength: 4 })),
  document: fc
    .uniqueArray(
      fc.tuple(
        name.map((each) => each.replaceAll('\0', '')),
        tie('value'),
      ),
      {
        maxLength: 6,
        selector: ([each]) => each,
      },
    )
    .map((fields) => new Map(fields) as unknown as Document),
})).document;

const failure = (bytes: Buffer): number | undefined => {
  try {
    validate(bytes, 0, bytes.length);
    return undefined;
  } catch (error) {
    return (error as { code: number }).code;
  }
};

describe('documents that arrive', () => {
  it('are encoded as they were decoded, byte by byte', () => {
    fc.assert(
      fc.property(documents, (document) => {
        const bytes = Buffer.from(serialize(document));
        expect(failure(bytes)).to.equal(undefined);
        expect(encode(decode(bytes)).toString('hex')).to.equal(bytes.toString('hex'));
      }),
      { numRuns: 1500 },
    );
  });

  it('with wrong bytes are refused, or are other documents of which the same is true', () => {
    let refused = 0;
    let taken = 0;
    fc.assert(
      fc.property(
        documents,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 3 }),
        (document, edits) => {
          const bytes = Buffer.from(serialize(document));
          for (const [at, byte] of edits) bytes[at % bytes.length] = byte;
          if (failure(bytes) !== undefined) refused++;
          else {
            taken++;
            expect(encode(decode(bytes)).length).to.equal(bytes.length);
          }
        },
      ),
      { numRuns: 4000 },
    );
    expect(refused).to.be.greaterThan(500);
    expect(taken).to.be.greaterThan(500);
  });

  for (const [what, bytes] of Object.entries(malformed))
    it(`are refused for ${what}`, () => expect(failure(bytes)).to.equal(22));
  for (const [what, bytes] of Object.entries(unsupported))
    it(`are refused for ${what}, which cannot be kept`, () => expect(failure(bytes)).to.equal(238));
});

describe('malformed messages', () => {
  const engine = withEngine('malformed', { auth: false });
  const open = (): Socket => connect(engine.engine.port, '127.0.0.1');

  /** The answer's document, or undefined when the connection is closed. */
  async function answerTo(bytes: Buffer): Promise<Document | undefined> {
    const socket = open();
    const first = await new Promise<Buffer | undefined>((resolve) => {
      socket.once('data', resolve).on('error', () => resolve(undefined));
      socket.once('close', () => resolve(undefined));
      socket.write(bytes);
    });
    socket.destroy();
    if (first === undefined) return undefined;
    return deserialize(first.subarray(HEADER + (first.readInt32LE(12) === OP_MSG ? 5 : 20)));
  }

  const valid = opMsg([body(ping)]);
  const document = serialize({ a: 1 });
  const broken: Record<string, Buffer> = {
    'a length of 15 bytes': message(OP_MSG, Buffer.alloc(5), 15),
    'a negative length': message(OP_MSG, Buffer.alloc(5), -1),
    'no flags': message(OP_MSG, Buffer.alloc(0)),
    'unknown flags': opMsg([body(ping)], 1 << 4),
    'no body': opMsg([sequence('documents', Buffer.from(document))]),
    'nothing in it': opMsg([]),
    'two bodies': opMsg([body(ping), body(ping)]),
    'a section of -1 bytes': opMsg([body(ping), sequence('a', Buffer.alloc(0), -1)]),
    'a section of no bytes': opMsg([body(ping), sequence('a', Buffer.alloc(0), 0)]),
    'a section beyond its end': opMsg([body(ping), sequence('a', Buffer.alloc(0), 1000)]),
    'a section without an end of its name': opMsg([body(ping), Buffer.from('\x01\x06\0\0\0aa', 'latin1')]),
    'two sections of one name': opMsg([body(ping), sequence('a', Buffer.alloc(0)), sequence('a', Buffer.alloc(0))]),
    'a document of no bytes in a section': opMsg([body(ping), sequence('a', Buffer.alloc(8))]),
    'a document beyond its section': opMsg([body(ping), sequence('a', Buffer.concat([int32(50), Buffer.alloc(2)]))]),
    'an unknown section': opMsg([body(ping), Buffer.concat([Buffer.of(7), document])]),
    'a body of -1 bytes': opMsg([Buffer.concat([Buffer.of(0), int32(-1)])]),
    'a checksum': opMsg([body(ping), Buffer.alloc(4)], 1),
    'compression, which was not agreed on': message(OP_COMPRESSED, Buffer.alloc(9)),
    'an old insert': message(2002, Buffer.alloc(20)),
    'a query without an end of its name': message(OP_QUERY, Buffer.from('\0\0\0\0admin', 'latin1')),
    'a query without a document': message(OP_QUERY, Buffer.from('\0\0\0\0admin.$cmd\0\0\0\0\0', 'latin1')),
  };

  for (const [what, bytes] of Object.entries(broken)) {
    it(`with ${what} end their connection`, async () => {
      expect(await answerTo(bytes)).to.equal(undefined);
      expect(await answerTo(valid)).to.include({ ok: 1 });
    });
  }

  it('whose documents are malformed are answered with InvalidBSON', async () => {
    for (const [what, bytes] of Object.entries(malformed)) {
      if (bytes.readInt32LE(0) !== bytes.length) continue;
      const insert = { insert: 'rows', $db: 'malformed' };
      const answer = await answerTo(opMsg([body(insert), sequence('documents', bytes)]));
      expect(answer, what).to.include({ ok: 0, code: 22, codeName: 'InvalidBSON' });
      const inBody = Buffer.concat([serialize(insert).subarray(4, -1), Buffer.from('\x03x\0', 'latin1'), bytes]);
      const whole = Buffer.concat([Buffer.of(0), int32(inBody.length + 5), inBody, Buffer.of(0)]);
      expect((await answerTo(opMsg([whole])))?.code, what).to.equal(22);
    }
    expect(await engine.db.collection('rows').countDocuments()).to.equal(0);
  });

  it('of the old kind are only for greetings', async () => {
    const query = (document: Document) =>
      message(
        OP_QUERY,
        Buffer.concat([int32(0), Buffer.from('admin.$cmd\0'), int32(0), int32(-1), serialize(document)]),
      );
    expect(await answerTo(query({ hello: 1 }))).to.include({ ok: 1 });
    expect(await answerTo(query({ insert: 'a', documents: [{}] }))).to.include({ ok: 0, code: 352 });
  });

  it('may say what they belong to once', async () => {
    expect((await answerTo(opMsg([body({ ping: 1 })])))?.code).to.equal(40571);
    const insert = { insert: 'rows', documents: [{ a: 1 }], $db: 'malformed' };
    const twice = await answerTo(opMsg([body(insert), sequence('documents', Buffer.from(document))]));
    expect(twice?.code).to.equal(40433);
  });

  it('may be nested 200 times, and stored documents 180 times', async () => {
    const deep = (levels: number) => {
      let inner = '0500000000';
      for (let level = 1; level < levels; level++) {
        inner = field(`03 6100 ${inner}`).toString('hex');
      }
      return Buffer.from(inner, 'hex');
    };
    const insert = async (levels: number) => {
      const document = deep(levels);
      const answer = await answerTo(
        opMsg([body({ insert: 'rows', $db: 'malformed' }), sequence('documents', document)]),
      );
      return answer?.writeErrors?.[0].code ?? answer?.code ?? 0;
    };
    expect(await insert(180)).to.equal(0);
    expect(await insert(181)).to.equal(15);
    expect(await insert(200)).to.equal(15);
    expect(await insert(10_000)).to.equal(15);
    const rows = engine.db.collection<Document>('rows');
    await rows.deleteMany({});
    await rows.insertOne({ _id: 1 as never });
    const set = (path: string, levels: number) =>
      rows.updateOne({ _id: 1 as never }, { $set: { [path]: deserialize(deep(levels)) } }).then(
        () => 0,
        (error) => error.code,
      );
    expect(await set('a', 179)).to.equal(0);
    expect(await set('a', 180)).to.equal(15);
    expect(await set(Array(100).fill('b').join('.'), 81)).to.equal(15);
    expect(await set(Array(181).fill('b').join('.'), 1)).to.equal(15);
    for (const name of ['$and', '$or', '$elemMatch']) {
      let filter: Document = { a: 1 };
      for (let level = 0; level < 5000; level++)
        filter = name === '$elemMatch' ? { a: { $elemMatch: filter } } : { [name]: [filter] };
      const answer = await answerTo(opMsg([body({ find: 'rows', filter, $db: 'malformed' })])).catch(() => undefined);
      expect(answer?.code, name).to.equal(15);
    }
  });

  describe('that do not end', () => {
    const memory = async (): Promise<number> => (await engine.db.admin().serverStatus()).mem.resident;

    it('or answers that are not read do not make the process grow', async function () {
      this.timeout(20_000);
      await engine.db
        .collection('large')
        .insertMany(Array.from({ length: 8 }, () => ({ data: Buffer.alloc(2_000_000) })));
      const before = await memory();
      const find = opMsg([body({ find: 'large', $db: 'malformed' })]);
      const unread = Array.from({ length: 4 }, open);
      for (const socket of unread) {
        socket.on('error', () => undefined).pause();
        for (let n = 0; n < 500; n++) socket.write(find);
      }
      const claims = Array.from({ length: 200 }, open);
      for (const socket of claims) socket.on('error', () => undefined).write(int32(48_000_000));
      const pings = open().on('error', () => undefined);
      pings.pause().write(Buffer.concat(Array.from({ length: 200_000 }, () => valid)));
      for (let look = 0; look < 10; look++) {
        expect(await engine.code({ ping: 1 })).to.equal(0);
        expect((await memory()) - before).to.be.lessThan(300);
      }
      for (const socket of [...unread, ...claims, pings]) socket.destroy();
    });
  });

  describe('that do not end, with smaller limits', () => {
    const limits = { maxUnfinished: 300_000, messageTime: 150 };
    let server: Server;
    let port: number;
    const lines: string[] = [];

    const closing = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve));

    before(async () => {
      const known: Connection = {
        id: 1,
        appName: '',
        authenticated: true,
        sasl: undefined,
        nextConversation: 1,
      };
      const answer = async (request: Request) => frameReply(request, Buffer.from(serialize({ ok: 1 })));
      server = createServer((socket) => serve(socket, { ...known }, answer, (line) => lines.push(line), limits));
      await once(server.listen(0, '127.0.0.1'), 'listening');
      port = (server.address() as AddressInfo).port;
    });

    after(() => server.close());

    it('are given up after their time, however slowly they arrive', async () => {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      socket.write(int32(1000));
      const drip = setInterval(() => socket.write(Buffer.of(0)), 20);
      await closing(socket);
      clearInterval(drip);
      expect(lines.at(-1)).to.match(/did not end in time/);
    });

    it('are given up where they take more than there is for all', async () => {
      const sockets = Array.from({ length: 4 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
      const closed = Promise.race(sockets.map(closing));
      for (const socket of sockets) socket.write(Buffer.concat([int32(1_000_000), Buffer.alloc(99_000)]));
      await closed;
      expect(lines.some((line) => line.includes('bytes of unfinished messages'))).to.equal(true);
      for (const socket of sockets) socket.destroy();
    });

    it('are answered in their order where they are whole', async () => {
      const socket = connect(port, '127.0.0.1');
      socket.write(Buffer.concat([valid, valid, valid.subarray(0, 20)]));
      let received = 0;
      await new Promise<void>((resolve) => {
        socket.on('data', (chunk: Buffer) => {
          received += chunk.length;
          if (received === 3 * (HEADER + 5 + serialize({ ok: 1 }).length)) resolve();
          else if (received === 2 * (HEADER + 5 + serialize({ ok: 1 }).length)) socket.write(valid.subarray(20));
        });
      });
      socket.destroy();
    });
  });

  it('leave no connection behind', async () => {
    await eventually(async () => {
      const { connections } = await engine.db.admin().serverStatus();
      expect(connections.current).to.be.lessThan(20);
    });
  });
});
