import type { Entry, KeyValue, Range, Snapshot } from './store.ts';

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

  get size(): number {
    return this.changes.size;
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

  /** The changed keys of a range, in order. */
  private changed({ low, high }: Range): string[] {
    if (this.added.length > FEW) this.sorted = [...this.sorted, ...this.added].sort();
    else for (const text of this.added) this.sorted.splice(position(this.sorted, text), 0, text);
    this.added = [];
    const first = position(this.sorted, low.latin1Slice(0, low.length));
    return this.sorted.slice(first, position(this.sorted, high.latin1Slice(0, high.length)));
  }

  entries(range: Range, limit: number, reverse: boolean): Entry[] {
    const own = this.changed(range);
    if (own.length === 0) return this.snapshot.entries(range, limit, reverse);
    const stored = this.snapshot.entries(range, limit + own.length, reverse);
    const merged = new Map<string, Entry>();
    for (const entry of stored) merged.set(entry.key.latin1Slice(0, entry.key.length), entry);
    const complete = stored.length < limit + own.length;
    const edge = stored.at(-1)?.key;
    for (const text of own) {
      const { key, value } = this.changes.get(text) as Change;
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

  keyAt(range: Range, position: number): Buffer | undefined {
    return this.entries(range, position + 1, false)[position]?.key;
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
