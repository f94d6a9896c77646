import { renameSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { CommandError } from '../errors.ts';
import { Store } from '../storage/store.ts';

const KEY = Buffer.from('key');

describe('the store', () => {
  let path: string;
  let store: Store;
  let commits: number;

  beforeEach(async () => {
    path = await mkdtemp(join(tmpdir(), 'xuefang-store-'));
    commits = 0;
    store = new Store(path, { onGroupEnd: () => undefined, onCommit: () => commits++ });
  });

  afterEach(async () => {
    await store.close();
    await rm(path, { recursive: true, force: true });
  });

  const read = () => store.get(KEY)?.toString();
  const write = (value: string) => store.write(() => store.put(KEY, Buffer.from(value)));

  /** Reads before and after a commit of `value` that is not reported yet. */
  function readAround(value: string): Promise<Record<string, unknown>> {
    return new Promise((resolve) => {
      void store.write(() => {
        store.put(KEY, Buffer.from(value));
        process.nextTick(() => {
          const [before, version, reported] = [read(), store.version, commits];
          // lmdb's timer that begins another read comes before this one, and both before the report of the commit.
          setTimeout(
            () => resolve({ before, after: read(), changed: store.version !== version, reported: commits > reported }),
            1,
          );
          // The commit ends meanwhile, on its own thread.
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
        });
      });
    });
  }

  it('has another version whenever another state is read, also before a commit is reported', async () => {
    await write('0');
    for (let attempt = 1; ; attempt++) {
      const seen = await readAround(String(attempt));
      await store.settled();
      // On a busy machine the commit may be over before the first read.
      if (seen.before === String(attempt) && attempt < 20) continue;
      const [before, after] = [String(attempt - 1), String(attempt)];
      expect(seen).to.deep.equal({ before, after, changed: true, reported: false });
      return;
    }
  });

  it('reports an error of a group when the group is on disk', async () => {
    const order: string[] = [];
    const failing = store
      .write(() => {
        throw new CommandError(2, 'BadValue', 'refused');
      })
      .catch(() => order.push(`error after ${commits}`));
    const other = write('value').then(() => order.push(`answer after ${commits}`));
    await Promise.all([failing, other]);
    expect(order).to.deep.equal(['error after 1', 'answer after 1']);
  });

  it('refuses what waits, and goes on, when the system does not tell of the free space after a commit', async () => {
    const away = `${path}.away`;
    let late: Promise<unknown> | undefined;
    await store.write(() => {
      // The group has run then, and is not on disk: what comes now waits for that.
      process.nextTick(() => {
        renameSync(path, away);
        late = write('late').catch((error) => error);
      });
    });
    expect(await late).to.include({ code: 14031 });
    expect(await write('later').catch((error) => error)).to.include({ code: 14031 });
    renameSync(away, path);
    await write('again');
    expect(read()).to.equal('again');
  });

  it('does not let a snapshot be read that has ended', async () => {
    await write('value');
    const snapshot = store.snapshot();
    expect(snapshot.get(KEY)?.toString()).to.equal('value');
    snapshot.release();
    snapshot.release();
    expect(() => snapshot.get(KEY))
      .to.throw(CommandError)
      .with.property('code', 239);
    expect(() => snapshot.entries({ low: KEY, high: Buffer.from('z') }, 1, false)).to.throw(CommandError);
  });

  it('counts a range as far as asked, without passing over what comes after it', async () => {
    const key = (n: number) => Buffer.from(`row ${String(n).padStart(6, '0')}`);
    await store.write(() => {
      for (let n = 0; n < 30_000; n++) store.put(key(n), KEY);
    });
    const range = (from: number, to: number) => ({ low: key(from), high: key(to) });
    for (const view of [store, store.snapshot()]) {
      const counted = (from: number, to: number, most: number, reverse = false) => {
        const { keys, next } = view.count(range(from, to), most, reverse);
        return [keys, next?.toString()];
      };
      expect(counted(0, 30_000, 20_000)).to.deep.equal([20_000, key(20_000).toString()]);
      for (const size of [0, 1, 7, 8, 9, 10, 31, 32, 33, 127, 128, 129, 1000])
        for (const most of [0, 1, 7, 8, 9, 31, 32, 33, 128, 20_000])
          expect(counted(5, 5 + size, most)).to.deep.equal(
            most < size ? [most, key(5 + most).toString()] : [size, undefined],
          );
      for (const most of [0, 1, 8, 9, 33, 999, 1000])
        expect(counted(5, 1005, most, true)).to.deep.equal(
          most < 1000 ? [most, key(1004 - most).toString()] : [1000, undefined],
        );
      /** The shortest of several times: others use the machine too. */
      const timeOf = (most: number) => {
        const times = Array.from({ length: 8 }, () => {
          const started = performance.now();
          for (let time = 0; time < 100; time++) view.count(range(5, 205), most);
          return performance.now() - started;
        });
        return Math.min(...times);
      };
      timeOf(205);
      expect(timeOf(20_000)).to.be.below(8 * timeOf(205) + 5);
    }
  });
});
