import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { Overlay } from '../storage/overlay.ts';
import { Store } from '../storage/store.ts';

const key = fc.integer({ min: 0, max: 30 });
const changes = fc.array(fc.tuple(key, fc.option(fc.integer({ min: 100, max: 200 }))), { maxLength: 80 });
const reads = fc.array(fc.tuple(key, key, fc.integer({ min: 1, max: 12 }), fc.boolean()), {
  minLength: 5,
  maxLength: 10,
});
const bytes = (value: number) => Buffer.of(1, value);

describe('what a transaction sees', () => {
  let path: string;
  let store: Store;

  before(async () => {
    path = await mkdtemp(join(tmpdir(), 'xuefang-overlay-'));
    store = new Store(path, { onGroupEnd: () => {}, onCommit: () => {} });
    await store.write(() => {
      for (let each = 0; each <= 30; each += 2) store.put(bytes(each), bytes(each));
    });
  });
  after(async () => {
    await store.close();
    await rm(path, { recursive: true });
  });

  it('are the entries of its snapshot with its own changes, in order, in parts of any size', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(changes, reads), { maxLength: 3 }), (rounds) => {
        const overlay = new Overlay(store.snapshot());
        const model = new Map(Array.from({ length: 16 }, (_each, at) => [at * 2, at * 2]));
        for (const [writes, ranges] of rounds) {
          for (const [at, value] of writes) {
            if (value === null) {
              overlay.remove(bytes(at));
              model.delete(at);
            } else {
              overlay.put(bytes(at), bytes(value));
              model.set(at, value);
            }
          }
          for (const [low, high, limit, reverse] of ranges) {
            const range = { low: bytes(low), high: bytes(high) };
            const wanted = [...model].filter(([at]) => at >= low && at < high).sort(([a], [b]) => a - b);
            if (reverse) wanted.reverse();
            const found = overlay.entries(range, limit, reverse).map((entry) => [entry.key[1], entry.value[1]]);
            expect(found).to.deep.equal(wanted.slice(0, limit));
            const [key] = wanted[limit] ?? [];
            const { keys, next } = overlay.count(range, limit, reverse);
            expect([keys, next?.[1]]).to.deep.equal([Math.min(limit, wanted.length), key]);
          }
        }
        overlay.release();
      }),
    );
  });

  it('are counted without their values', async () => {
    const documents = Array.from({ length: 2000 }, (_each, at) => Buffer.of(2, at >> 8, at & 255));
    await store.write(() => {
      for (const key of documents) store.put(key, Buffer.alloc(10_000));
    });
    const overlay = new Overlay(store.snapshot());
    overlay.remove(Buffer.of(2, 0, 3));
    overlay.put(Buffer.of(2, 0, 1, 0), Buffer.of(1));
    const all = { low: Buffer.of(2), high: Buffer.of(3) };
    const { arrayBuffers } = process.memoryUsage();
    expect(overlay.count(all, 3000)).to.deep.equal({ keys: 2000, next: undefined });
    expect(overlay.count(all, 2)).to.deep.equal({ keys: 2, next: Buffer.of(2, 0, 1, 0) });
    expect(overlay.count(all, 1999)).to.deep.equal({ keys: 1999, next: documents[1999] });
    expect(process.memoryUsage().arrayBuffers - arrayBuffers).to.be.below(2_000_000);
    overlay.release();
  });
});
