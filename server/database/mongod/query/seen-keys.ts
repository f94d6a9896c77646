import { Memory } from '../memory.ts';

/** What a key that is remembered takes beside its bytes. */
const KEY_BYTES = 48;

/** The keys of documents that a search has come by, so that none is returned twice. */
export class SeenKeys {
  private readonly keys = new Set<string>();
  private readonly memory = new Memory();

  /** Whether a key is new; it is known from then on. @throws CommandError 292 when there are too many */
  add(key: Buffer): boolean {
    const text = key.latin1Slice(0, key.length);
    if (this.keys.has(text)) return false;
    this.memory.add(KEY_BYTES + text.length, 'the keys of a search');
    this.keys.add(text);
    return true;
  }

  has(key: Buffer): boolean {
    return this.keys.has(key.latin1Slice(0, key.length));
  }
}
