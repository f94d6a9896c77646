import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Engine } from '../engine.ts';
import { plan } from '../query/planner.ts';
import { createIndexEntry } from '../storage/catalog.ts';
import { insertDocument, prepareInsert } from '../storage/documents.ts';
import { type Doc, encode } from '../values/codec.ts';
import { decode } from '../values/decode.ts';

/** Where the catalog keeps the collection. */
const STORED = Buffer.concat([Buffer.from([0, 0, 0, 0]), Buffer.from('school.rows')]);

describe('what a folder knows of the entries of its indexes', () => {
  let path: string;
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'xuefang-flags-'));
  });
  afterEach(() => rm(path, { recursive: true, force: true }));

  async function fill(documents: Doc[]): Promise<void> {
    const engine = new Engine(path);
    await engine.transactions.write((target) => {
      const rows = engine.createCollection('school', 'rows');
      const spec = { name: 'by_name', key: { scopes: 1, 'names.zh': 1 } };
      rows.indexes.push(createIndexEntry(spec, engine.catalog.allocate(engine.store)));
      for (const each of documents) {
        const { id, raw, document } = prepareInsert(encode(each));
        insertDocument(target, rows, id, raw, document);
      }
    });
    await engine.close();
  }

  /** What is stored is changed to what earlier versions stored. */
  async function age(): Promise<void> {
    const engine = new Engine(path);
    await engine.store.write(() => {
      const { cut: _cut, ...stored } = decode(engine.store.get(STORED) as Buffer);
      stored.indexes = (stored.indexes as Doc[]).map(({ spec, ident, multikey }) => ({ spec, ident, multikey }));
      engine.store.put(STORED, encode(stored));
    });
    await engine.close();
  }

  async function opened<T>(look: (engine: Engine) => T | Promise<T>): Promise<T> {
    const engine = new Engine(path);
    try {
      return await look(engine);
    } finally {
      await engine.close();
    }
  }

  const flags = (engine: Engine) => {
    const rows = engine.existing('school', 'rows');
    const [index] = rows.indexes;
    return { arrays: index?.arrays, cut: [rows.cut, index?.cut] };
  };

  const isSorted = (engine: Engine) =>
    plan(engine.existing('school', 'rows'), {
      view: engine.store,
      filter: { scopes: 'a' },
      sort: { 'names.zh': 1 },
      hint: 'by_name',
    }).sorted;

  it('is there after a restart: which paths hold arrays, and where', async () => {
    await fill([
      { _id: 1, scopes: ['a', 'b'], names: { zh: 'x' } },
      { _id: 2, scopes: 'a', names: { zh: 'y' } },
    ]);
    await opened((engine) => {
      expect(flags(engine)).to.deep.equal({ arrays: [1, 0], cut: [false, false] });
      expect(isSorted(engine)).to.equal(true);
    });
  });

  it('tells an array on the way from one at the end', async () => {
    await fill([{ _id: 1, names: [{ zh: 'x' }] }]);
    await opened((engine) => expect(flags(engine).arrays).to.deep.equal([0, 1]));
    await rm(path, { recursive: true });
    await fill([{ _id: 1, names: { zh: ['x', 'y'] } }]);
    await opened((engine) => expect(flags(engine).arrays).to.deep.equal([0, 1]));
  });

  it('is that every path may hold arrays where an earlier version stored one flag', async () => {
    await fill([{ _id: 1, scopes: ['a', 'b'], names: { zh: 'x' } }]);
    await age();
    await opened(async (engine) => {
      expect(flags(engine).arrays?.every((isArray) => isArray !== 0)).to.equal(true);
      expect(isSorted(engine)).to.equal(false);
      await engine.store.write(() => undefined);
    });
    await opened((engine) => expect(flags(engine).cut, 'looked for once').to.deep.equal([false, false]));
  });

  it('is that no path holds an array where an earlier version said so', async () => {
    await fill([{ _id: 1, scopes: 'a', names: { zh: 'x' } }]);
    await age();
    await opened((engine) => {
      expect(flags(engine)).to.deep.equal({ arrays: [0, 0], cut: [false, false] });
      expect(isSorted(engine)).to.equal(true);
    });
  });

  it('finds cut keys in a folder of an earlier version', async () => {
    await fill([{ _id: 'x'.repeat(1000), scopes: 'a', names: { zh: 'x'.repeat(1000) } }]);
    await opened((engine) => expect(flags(engine).cut).to.deep.equal([true, true]));
    await age();
    await opened((engine) => {
      expect(flags(engine).cut).to.deep.equal([true, true]);
      expect(isSorted(engine)).to.equal(false);
    });
  });
});
