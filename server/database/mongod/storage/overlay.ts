import type { Counted, Entry, KeyValue, Range, Snapshot } from './store.ts';

interface Change {
  key: Buffer;
  /** Null where the key was removed. */
  value: Buffer | null;
}

/** So many new keys are put in their places one by one. */
const FEW = 32;

/** A transaction's view: the snapshot of its start with its own writes on top, which nobody else sees. */
export class Overlay implements KeyValue {
  private readonly snapshot: Snapshot;
  private readonly changes = new Map<string, Change>();
  /** The changed keys in order, but for those that were added since a range was last read. */
  private sorted: string[] = [];
  private added: string[] = [];
  /** Counts the changes. */
  version = 0;

  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot;
  }

  get snapshotGroup(): number {
    return this.snapshot.group;
  }

  get(key: Buffer): Buffer | undefined {
    if (this.changes.size > 0) {
      const changed = this.changes.get(key.latin1Slice(0, key.length));
      if (changed !== undefined) return changed.value ?? undefined;
    }
    return this.snapshot.get(key);
  }

  put(key: Buffer, value: Buffer): void {
    this.change(key, value);
  }

  remove(key: Buffer): void {
    this.change(key, null);
  }

  private change(key: Buffer, value: Buffer | null): void {
    this.version++;
    const text = key.latin1Slice(0, key.length);
    const changed = this.changes.get(text);
    if (changed !== undefined) {
      changed.value = value;
      return;
    }
    this.changes.set(text, { key, value });
    this.added.push(text);
  }

  /** Where the changed keys of a range stand among all that are sorted. */
  private changed({ low, high }: Range): [first: number, end: number] {
    if (this.added.length > FEW) this.sorted = [...this.sorted, ...this.added].sort();
    else for (const text of this.added) this.sorted.splice(position(this.sorted, text), 0, text);
    this.added = [];
    const first = position(this.sorted, low.latin1Slice(0, low.length));
    return [first, position(this.sorted, high.latin1Slice(0, high.length))];
  }

  entries(range: Range, limit: number, reverse: boolean): Entry[] {
    const [first, end] = this.changed(range);
    if (first >= end) return this.snapshot.entries(range, limit, reverse);
    const step = reverse ? -1 : 1;
    let own = reverse ? end - 1 : first;
    const entries: Entry[] = [];
    const stored = this.stored(range, limit, reverse);
    let next = stored.next();
    while (entries.length < limit) {
      const text = own >= first && own < end ? (this.sorted[own] as string) : undefined;
      if (text === undefined && next.done) break;
      const key = next.done ? undefined : next.value.key.latin1Slice(0, next.value.key.length);
      const order = text === undefined || key === undefined ? 0 : text < key ? -step : text > key ? step : 0;
      if (text === undefined || (key !== undefined && order > 0)) entries.push(next.value as Entry);
      else {
        const change = this.changes.get(text) as Change;
        if (change.value !== null) entries.push({ key: change.key, value: change.value });
        own += step;
      }
      if (key !== undefined && (text === undefined || order >= 0)) next = stored.next();
    }
    return entries;
  }

  /** The entries of the snapshot, a chunk at a time. */
  private *stored({ low, high }: Range, chunk: number, reverse: boolean): Generator<Entry, undefined> {
    let range = { low, high };
    for (;;) {
      const entries = this.snapshot.entries(range, chunk, reverse);
      yield* entries;
      const last = entries.at(-1);
      if (last === undefined || entries.length < chunk) return;
      range = reverse ? { low, high: last.key } : { low: after(last.key), high };
    }
  }

  count(range: Range, most = Number.POSITIVE_INFINITY, reverse = false): Counted {
    const [first, end] = this.changed(range);
    let rest = range;
    let keys = 0;
    for (let at = first; at < end; at++) {
      const { key, value } = this.changeAt(reverse ? first + end - 1 - at : at);
      const below = { low: rest.low, high: key };
      const above = { low: after(key), high: rest.high };
      const found = this.snapshot.count(reverse ? above : below, most - keys, reverse);
      keys += found.keys;
      if (found.next !== undefined) return { keys, next: found.next };
      if (value !== null && keys === most) return { keys, next: key };
      if (value !== null) keys++;
      rest = reverse ? below : above;
    }
    const last = this.snapshot.count(rest, most - keys, reverse);
    return { keys: keys + last.keys, next: last.next };
  }

  private changeAt(place: number): Change {
    return this.changes.get(this.sorted[place] as string) as Change;
  }

  /** Writes the changes of a committed transaction through. */
  apply(target: KeyValue): void {
    for (const { key, value } of this.changes.values()) {
      if (value === null) target.remove(key);
      else target.put(key, value);
    }
  }

  release(): void {
    this.snapshot.release();
  }
}

/** The next key in order. */
const after = (key: Buffer): Buffer => Buffer.concat([key, Buffer.of(0)]);

/** The place of the first key that is not below `text`. */
function position(sorted: readonly string[], text: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as string) < text) low = middle + 1;
    else high = middle;
  }
  return low;
}
