import { expect } from 'chai';
import { BSONRegExp, type Document, Long, MongoClient } from 'mongodb';
import { withEngine } from './support/engine-suite.ts';

const update = (fields: Document) => ({ update: 'rows', updates: [{ q: {}, u: { $set: { a: 1 } }, ...fields }] });
const remove = (fields: Document) => ({ delete: 'rows', deletes: [{ q: {}, limit: 0, ...fields }] });
const modify = (fields: Document) => ({ findAndModify: 'rows', query: {}, update: { $set: { a: 1 } }, ...fields });
const bulk = (op: Document, fields: Document = {}) => ({
  bulkWrite: 1,
  ops: [op],
  nsInfo: [{ ns: 'statements.rows' }],
  ...fields,
});
const without = (command: Document, ...fields: string[]): Document => {
  const [list] = Object.values(command).filter(Array.isArray) as [Document[]];
  for (const field of fields) delete (list[0] as Document)[field];
  return command;
};

/** Malformed commands, and the codes with which MongoDB refuses them. */
const refused: Record<string, [command: Document, code: number]> = {
  'an insert of nothing': [{ insert: 'rows', documents: [] }, 16],
  'an insert without documents': [{ insert: 'rows' }, 40414],
  'an insert of a document in place of an array': [{ insert: 'rows', documents: {} }, 14],
  'an insert of what is no document': [{ insert: 'rows', documents: [{ a: 1 }, 5] }, 14],
  'an insert into a number': [{ insert: 5, documents: [{}] }, 2],
  'an insert into a name with a dollar': [{ insert: 'a$b', documents: [{}] }, 73],
  'ordered as a text': [{ insert: 'rows', documents: [{}], ordered: 'x' }, 14],
  'bypassDocumentValidation as a text': [{ insert: 'rows', documents: [{}], bypassDocumentValidation: 'x' }, 14],
  'writeConcern as a number': [{ insert: 'rows', documents: [{}], writeConcern: 1 }, 14],
  'an _id that is an array': [{ insert: 'rows', documents: [{ _id: [1] }] }, 53],
  'an _id that is a regular expression': [{ insert: 'rows', documents: [{ _id: new BSONRegExp('(?i)x', '') }] }, 53],
  'an _id with a dollar': [{ insert: 'rows', documents: [{ _id: { $a: 1 } }] }, 52],

  'an update of nothing': [{ update: 'rows', updates: [] }, 16],
  'an update without updates': [{ update: 'rows' }, 40414],
  'an update that is a text': [{ update: 'rows', updates: ['x'] }, 14],
  'an update without q': [without(update({}), 'q'), 40414],
  'an update without u': [without(update({}), 'u'), 40414],
  'an update whose q is a text': [update({ q: 'x' }), 14],
  'an update whose q is null': [update({ q: null }), 14],
  'an update whose u is a number': [update({ u: 5 }), 9],
  'an update whose u is null': [update({ u: null }), 9],
  'an update whose u is a date': [update({ u: new Date() }), 9],
  'multi as a text': [update({ multi: 'yes' }), 14],
  'multi as a number': [update({ multi: 1 }), 14],
  'upsert as a number': [update({ upsert: 1 }), 14],
  'a hint that is a number': [update({ hint: 5 }), 9],
  'arrayFilters that are a document': [update({ arrayFilters: { a: 1 } }), 14],
  'arrayFilters of numbers': [update({ arrayFilters: [5] }), 14],
  'a collation that is a text': [update({ collation: 'zh' }), 14],
  'a sort that is a text': [update({ sort: 'a' }), 14],
  'a sort of an update of many': [update({ sort: { a: 1 }, multi: true }), 9],
  'constants of a pipeline': [update({ u: [{ $set: { a: '$$x' } }], c: { x: 1 } }), 238],
  'let that is an array': [{ ...update({}), let: [] }, 14],
  'an unknown field of an update': [update({ nonsense: 1 }), 40415],
  'what only MongoDB itself sends': [update({ upsertSupplied: true }), 238],
  'a replacement of many': [update({ u: { a: 1 }, multi: true }), 9],
  'an unknown operator': [update({ u: { $nonsense: { a: 1 } } }), 238],
  'an unknown operator of the query, without a collection': [
    { ...update({ q: { a: { $x: 1 } } }), update: 'none' },
    238,
  ],

  'a delete of nothing': [{ delete: 'rows', deletes: [] }, 16],
  'a delete without a limit': [without(remove({}), 'limit'), 40414],
  'a delete without q': [without(remove({}), 'q'), 40414],
  'a delete of two': [remove({ limit: 2 }), 9],
  'a delete of -1': [remove({ limit: -1 }), 9],
  'a delete of half': [remove({ limit: 0.5 }), 9],
  'a delete whose limit is a text': [remove({ limit: '1' }), 9],
  'a delete whose limit is true': [remove({ limit: true }), 9],
  'a delete whose limit is null': [remove({ limit: null }), 9],
  'a delete whose q is an array': [remove({ q: [] }), 14],
  'a delete with a sort': [remove({ sort: { a: 1 } }), 40415],
  'a delete with a hint of a number': [remove({ hint: 5 }), 9],
  'a delete with a collation of a number': [remove({ collation: 5 }), 14],
  'a delete with an unknown operator, without a collection': [{ ...remove({ q: { $x: 1 } }), delete: 'none' }, 238],

  'a findAndModify without anything': [{ findAndModify: 'rows', query: {} }, 9],
  'a findAndModify that removes and updates': [modify({ remove: true }), 9],
  'a findAndModify that removes and returns the new': [{ findAndModify: 'rows', remove: true, new: true }, 9],
  'a findAndModify that removes or inserts': [{ findAndModify: 'rows', remove: true, upsert: true }, 9],
  'a findAndModify whose query is a text': [modify({ query: 'x' }), 14],
  'a findAndModify whose sort is a text': [modify({ sort: 'x' }), 14],
  'a findAndModify whose fields are a text': [modify({ fields: 'x' }), 14],
  'a findAndModify whose new is a text': [modify({ new: 'x' }), 14],
  'a findAndModify whose upsert is a text': [modify({ upsert: 'x' }), 14],
  'a findAndModify whose update is a number': [modify({ update: 5 }), 9],
  'a findAndModify with arrayFilters of a document': [modify({ arrayFilters: {} }), 14],
  'a findAndModify with a hint of a number': [modify({ hint: 5 }), 9],
  'a findAndModify with a collation of a text': [modify({ collation: 'x' }), 14],
  'a findAndModify with let of a text': [modify({ let: 'x' }), 14],

  'an index that is larger than what is kept of all': [
    { createIndexes: 'rows', indexes: [{ key: { a: 1 }, name: 'x'.repeat(100_000) }] },
    67,
  ],
  'cursors that are none': [{ killCursors: 'rows', cursors: [5] }, 14],

  'a bulkWrite of nothing': [{ ...bulk({}), ops: [] }, 16],
  'a bulkWrite without operations': [{ bulkWrite: 1, nsInfo: [{ ns: 'a.b' }] }, 40414],
  'a bulkWrite without namespaces': [{ bulkWrite: 1, ops: [{ insert: 0, document: {} }] }, 40414],
  'a bulkWrite of a text': [{ ...bulk({}), ops: ['x'] }, 14],
  'a bulkWrite of an unknown operation': [bulk({ replace: 0, document: {} }), 9],
  'a bulkWrite of an operation named like a property': [bulk({ constructor: 0, document: {} }), 9],
  'a bulkWrite into a namespace that is not named': [bulk({ insert: 1, document: {} }), 2],
  'a bulkWrite into a namespace without a collection': [
    { ...bulk({ insert: 0, document: {} }), nsInfo: [{ ns: 'a' }] },
    73,
  ],
  'a bulkWrite that inserts a number': [bulk({ insert: 0, document: 5 }), 14],
  'a bulkWrite that inserts nothing': [bulk({ insert: 0 }), 40414],
  'a bulkWrite that updates without a filter': [bulk({ update: 0, updateMods: { a: 1 } }), 40414],
  'a bulkWrite that updates by a number': [bulk({ update: 0, filter: {}, updateMods: 5 }), 9],
  'a bulkWrite with multi as a text': [bulk({ delete: 0, filter: {}, multi: 'x' }), 14],
  'a bulkWrite that deletes with a sort': [bulk({ delete: 0, filter: {}, sort: {} }), 40415],
  'a bulkWrite with errorsOnly as a text': [bulk({ insert: 0, document: {} }, { errorsOnly: 'x' }), 14],
  'a bulkWrite with a cursor that is a number': [bulk({ insert: 0, document: {} }, { cursor: 5 }), 14],
};

describe('statements', () => {
  const engine = withEngine('statements');
  const rows = () => engine.db.collection<Document & { _id: number }>('rows');

  for (const [name, [command, code]] of Object.entries(refused)) {
    it(`are refused: ${name}`, async () => {
      await rows().insertOne({ _id: 1, kept: true });
      const db = command.bulkWrite ? engine.client.db('admin') : engine.db;
      const reply = await db.command(command).catch((error) => error);
      const failed = reply.writeErrors?.[0] ?? reply;
      expect(failed.code, JSON.stringify(reply)).to.equal(code);
      if (command.insert === undefined) expect(await rows().find().toArray()).to.deep.equal([{ _id: 1, kept: true }]);
    });
  }

  it('are refused when there are more than 100,000 of them', async () => {
    const many = Array.from({ length: 100_001 }, () => ({ q: { _id: 0 }, limit: 1 }));
    expect(await engine.code({ delete: 'rows', deletes: many })).to.equal(16);
    expect(await engine.code({ delete: 'rows', deletes: many.slice(1) })).to.equal(0);
    expect(await engine.code({ insert: 'rows', documents: many.map(() => ({})) })).to.equal(16);
  });

  it('take flags and limits as numbers of any type', async () => {
    await rows().insertMany([{ _id: 1 }, { _id: 2 }, { _id: 3 }]);
    const answer = await engine.db.command({
      delete: 'rows',
      deletes: [
        { q: { _id: { $x: 1 } }, limit: Long.ONE },
        { q: {}, limit: Long.ONE },
      ],
      ordered: 0,
    });
    expect(answer).to.deep.include({ n: 1, ok: 1 }).and.to.have.nested.property('writeErrors[0].code', 238);
  });

  it('of one command see what those before them have done, and stop at the first error where they are in order', async () => {
    const statement = (n: number, fields: Document = {}) => ({ q: { _id: 1 }, u: { $inc: { n } }, ...fields });
    const updates = [
      statement(1, { upsert: true }),
      { q: { n: 1 }, u: [{ $set: { n: { $ifNull: ['$ten', 11] } } }] },
      { q: { n: 11 }, u: { $set: { m: 11 }, $unset: { n: '' } } },
      { q: { m: 11 }, u: { $set: { m: 'text' } } },
      { q: { m: 'text' }, u: { $inc: { m: 1 } } },
      { q: { m: 'text' }, u: { $set: { last: true } } },
    ];
    const ordered = await engine.db.command({ update: 'rows', updates });
    expect(ordered).to.deep.include({ n: 4, nModified: 3, upserted: [{ index: 0, _id: 1 }] });
    expect(ordered.writeErrors).to.have.length(1);
    expect(ordered.writeErrors[0]).to.include({ index: 4, code: 14 });
    expect(await rows().findOne()).to.deep.equal({ _id: 1, m: 'text' });
    await rows().deleteMany({});
    const unordered = await engine.db.command({ update: 'rows', updates, ordered: false });
    expect(unordered).to.deep.include({ n: 5, nModified: 4 });
    expect(await rows().findOne()).to.deep.equal({ _id: 1, m: 'text', last: true });
  });

  it('answer with all their errors, the last of many without their texts', async () => {
    await rows().insertOne({ _id: 1, text: 'x'.repeat(100) });
    const documents = Array.from({ length: 60_000 }, () => ({ _id: 1, text: 'x' }));
    const inserted = await engine.db.command({ insert: 'rows', documents, ordered: false });
    expect(inserted).to.include({ n: 0, ok: 1 });
    expect(inserted.writeErrors).to.have.length(60_000);
    expect(inserted.writeErrors[0].errmsg).to.match(/E11000/);
    expect(inserted.writeErrors.at(-1)).to.deep.equal({ index: 59_999, code: 11000, errmsg: '' });
    const ops = documents.map((document) => ({ insert: 0, document }));
    const command = { bulkWrite: 1, ops, nsInfo: [{ ns: 'statements.rows' }], ordered: false };
    const answer = await engine.client.db('admin').command(command);
    expect(answer).to.include({ nErrors: 60_000 });
    expect(answer.cursor.firstBatch).to.have.length(60_000);
  });

  it('of a bulkWrite are answered in batches', async () => {
    const admin = engine.client.db('admin');
    const ops = [1, 2, 3].map((_id) => ({ insert: 0, document: { _id } }));
    const first = await admin.command(bulk({}, { ops, cursor: { batchSize: 2 } }));
    expect(first.cursor.firstBatch.map(({ idx }: Document) => idx)).to.deep.equal([0, 1]);
    const more = await admin.command({ getMore: first.cursor.id, collection: '$cmd.bulkWrite' });
    expect(more.cursor.nextBatch.map(({ idx }: Document) => idx)).to.deep.equal([2]);
    expect(Number(more.cursor.id)).to.equal(0);
  });

  it('for many documents are not retryable', async () => {
    const op = { update: 0, filter: {}, updateMods: { $set: { a: 1 } }, multi: true };
    const client = await new MongoClient(engine.engine.uri).connect();
    for (const [at, command] of [update({ multi: true }), remove({}), bulk(op)].entries()) {
      const db = client.db('bulkWrite' in command ? 'admin' : 'statements');
      const reply = await db.command({ ...command, txnNumber: Long.fromNumber(at + 1) }).catch((error) => error);
      expect((reply.writeErrors?.[0] ?? reply.cursor?.firstBatch[0] ?? reply).code).to.equal(72);
    }
    await client.close();
  });

  it('that insert the same at once on a unique key leave one document', async () => {
    await rows().createIndex({ code: 1 }, { unique: true });
    const upsert = (at: number) =>
      engine.client
        .db('statements')
        .command({ update: 'rows', updates: [{ q: { code: at % 10 }, u: { $inc: { n: 1 } }, upsert: true }] });
    const answers = await Promise.all(Array.from({ length: 100 }, (_each, at) => upsert(at)));
    expect(answers.filter(({ upserted }) => upserted)).to.have.length(10);
    expect(answers.reduce((sum, { n }) => sum + n, 0)).to.equal(100);
    expect((await rows().find().toArray()).map(({ n }) => n)).to.deep.equal(Array(10).fill(10));
  });

  it('that had to wait for a transaction count what they had done before', async () => {
    await rows().createIndex({ code: 1 }, { unique: true });
    await rows().insertMany([1, 2, 3].map((_id) => ({ _id, code: _id })));
    const session = engine.client.startSession();
    const held = async (command: Document): Promise<Document> => {
      session.startTransaction();
      await rows().insertOne({ _id: 99, code: 50 }, { session });
      const db = command.bulkWrite ? engine.client.db('admin') : engine.db;
      const waiting = db.command(command);
      await engine.db.command({ ping: 1 });
      await session.abortTransaction();
      return waiting;
    };
    const q = { _id: { $lte: 3 } };
    const change = [{ $set: { code: { was: '$code' } } }];
    expect(await held({ update: 'rows', updates: [{ q, u: change, multi: true }] })).to.include({ n: 3, nModified: 3 });
    expect((await rows().find().toArray()).map(({ code }) => code)).to.deep.equal([{ was: 1 }, { was: 2 }, { was: 3 }]);
    await rows().updateMany({}, [{ $set: { code: '$_id' } }]);
    const op = { update: 0, filter: q, updateMods: change, multi: true };
    expect(await held(bulk(op))).to.include({ nMatched: 3, nModified: 3 });
    await rows().updateOne({ _id: 3 }, { $set: { code: 3 } });
    session.startTransaction();
    await rows().updateOne({ _id: 3 }, { $set: { code: 60 } }, { session });
    await session.abortTransaction();
    expect(await engine.db.command(remove({ q }))).to.include({ n: 3 });
    await session.endSession();
  });

  it('add and remove many elements in time', async () => {
    const numbers = Array.from({ length: 60_000 }, (_each, n) => (n % 2 ? n : { n }));
    await rows().insertOne({ _id: 1, list: numbers });
    const started = performance.now();
    await rows().updateOne({ _id: 1 }, { $addToSet: { list: { $each: [...numbers, 'new'] } } });
    await rows().updateOne({ _id: 1 }, { $pull: { list: { $in: numbers } as never } });
    expect(await rows().findOne()).to.deep.equal({ _id: 1, list: ['new'] });
    const paths = Object.fromEntries(Array.from({ length: 20_000 }, (_each, n) => [`a${n}.b`, n]));
    await rows().updateOne({ _id: 1 }, { $set: paths });
    // Comparing each with each would take far longer, on any machine.
    expect(performance.now() - started).to.be.lessThan(12_000);
  });
});
