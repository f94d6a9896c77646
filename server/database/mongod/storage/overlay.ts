import type { Entry, KeyValue, Range, Snapshot } from './store.ts';

/** A transaction's view: the snapshot of its start with its own writes on top, which nobody else sees. */
export class Overlay implements KeyValue {
  private readonly snapshot: Snapshot;
  private readonly changes = new Map<string, Buffer | null>();
  private readonly sorted: string[] = [];

  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot;
  }

  get snapshotGroup(): number {
    return this.snapshot.group;
  }

  get size(): number {
    return this.changes.size;
  }

  get(key: Buffer): Buffer | undefined {
    if (this.changes.size > 0) {
      const changed = this.changes.get(key.latin1Slice(0, key.length));
      if (changed !== undefined) return changed ?? undefined;
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
    const text = key.latin1Slice(0, key.length);
    if (!this.changes.has(text)) this.sorted.splice(this.position(text), 0, text);
    this.changes.set(text, value);
  }

  /** The place of the first changed key that is not below `text`. */
  private position(text: string): number {
    let low = 0;
    let high = this.sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.sorted[middle] as string) < text) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  entries(range: Range, limit: number, reverse: boolean): Entry[] {
    const first = this.position(range.low.latin1Slice(0, range.low.length));
    const last = this.position(range.high.latin1Slice(0, range.high.length));
    if (first === last) return this.snapshot.entries(range, limit, reverse);
    const own = this.sorted.slice(first, last);
    const stored = this.snapshot.entries(range, limit + own.length, reverse);
    const merged = new Map<string, Entry>();
    for (const entry of stored) merged.set(entry.key.latin1Slice(0, entry.key.length), entry);
    const complete = stored.length < limit + own.length;
    const edge = stored.at(-1)?.key;
    for (const text of own) {
      const value = this.changes.get(text) as Buffer | null;
      const key = Buffer.from(text, 'latin1');
      if (!complete && edge !== undefined && Buffer.compare(key, edge) * (reverse ? -1 : 1) > 0) continue;
      if (value === null) merged.delete(text);
      else merged.set(text, { key, value });
    }
    const entries = [...merged.values()].sort((a, b) => Buffer.compare(a.key, b.key) * (reverse ? -1 : 1));
    return entries.slice(0, limit);
  }

  count(range: Range): number {
    return this.entries(range, Number.MAX_SAFE_INTEGER, false).length;
  }

  /** Writes the changes of a committed transaction through. */
  apply(target: KeyValue): void {
    for (const [text, value] of this.changes) {
      const key = Buffer.from(text, 'latin1');
      if (value === null) target.remove(key);
      else target.put(key, value);
    }
  }

  release(): void {
    this.snapshot.release();
  }
}
