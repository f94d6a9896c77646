import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { Engine } from '../engine.ts';
import { createIndexEntry } from '../storage/catalog.ts';

describe('a data folder of an earlier version', () => {
  let path: string;
  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'xuefang-old-'));
  });
  afterEach(() => rm(path, { recursive: true, force: true }));

  /** Makes a folder with one collection. */
  async function fill(options: Record<string, unknown>, index?: { key: Record<string, unknown>; collation?: object }) {
    const engine = new Engine(path);
    await engine.store.write(() => {
      const rows = engine.createCollection('school', 'rows', options);
      if (index !== undefined)
        rows.indexes.push(
          createIndexEntry({ name: 'by_name', ...index } as never, engine.catalog.allocate(engine.store)),
        );
      engine.catalog.save(engine.store, rows);
    });
    await engine.close();
  }

  it('is opened when it holds nothing that has been removed', async () => {
    await fill({}, { key: { name: 1 } });
    const engine = new Engine(path);
    expect(engine.existing('school', 'rows').indexes).to.have.length(1);
    await engine.close();
  });

  const removed: [string, Record<string, unknown>, Parameters<typeof fill>[1]][] = [
    ['capped', { capped: true, size: 4096 }, undefined],
    ['viewOn', { viewOn: 'others', pipeline: [] }, undefined],
    ['validator', { validator: { a: 1 } }, undefined],
    ['collation', { collation: { locale: 'zh' } }, undefined],
    ['by_name', {}, { key: { name: 'text' } }],
    ['by_name', {}, { key: { name: 1 }, collation: { locale: 'zh' } }],
  ];
  for (const [named, options, index] of removed) {
    it(`is refused when it holds ${JSON.stringify(index ?? options)}`, async () => {
      await fill(options, index);
      expect(() => new Engine(path)).to.throw(`school.rows has ${named}, which this version does not support`);
    });
  }
});
