import { Memory } from '../memory.ts';
import { eachResult, type Slices, type Step } from '../pauses.ts';
import type { Found } from '../query/scan.ts';
import type { Collection } from '../storage/catalog.ts';

/** Thrown within a group of writes where a write has to let others have their turn; it goes on after `resume`. */
export class Interrupted extends Error {
  readonly resume: (slices: Slices) => Promise<void>;

  constructor(resume: (slices: Slices) => Promise<void>) {
    super('a write lets others have their turn');
    this.resume = resume;
  }
}

/** Documents that are written in one group: about 10 ms. */
const AT_ONCE = 400;
/** Searches after which one goes on within the group, as others change what each has found before it is written. */
const MAX_TRIES = 3;
const KEY_BYTES = 64;

/**
 * The search of a statement that takes too long for a group of writes. It finds the keys of the documents outside, with
 * pauses; each document is looked at again, and written, in one of the groups that follow. As with MongoDB's updateMany, what
 * others change meanwhile counts, and the statement is not atomic as a whole.
 */
export class LongSearch {
  private keys: Buffer[] | undefined;
  private collection: Collection | undefined;
  private position = 0;
  private tries = 0;

  /** Before the next statement. */
  reset(): void {
    this.keys = undefined;
    this.position = 0;
    this.tries = 0;
  }

  get mayInterrupt(): boolean {
    return this.tries < MAX_TRIES;
  }

  /** Whether the search is done, so that its documents are written a few at a time. */
  get isKnown(): boolean {
    return this.keys !== undefined;
  }

  /** Whether documents of the statement have been written in groups before this one. */
  get hasBegun(): boolean {
    return this.position > 0;
  }

  /** Notes the keys of what is found. */
  async find(collection: Collection, found: Iterable<Step<Found>>, slices: Slices): Promise<void> {
    const memory = new Memory();
    const keys = new Map<string, Buffer>();
    this.tries++;
    await eachResult(found, slices, ({ key }) => {
      memory.add(KEY_BYTES + 2 * key.length, 'the keys of a write');
      keys.set(key.latin1Slice(0, key.length), key);
    });
    this.keys = [...keys.values()];
    this.collection = collection;
    this.position = 0;
  }

  /** The keys of the documents that are to be written in this group; undefined when nothing is known of the collection. */
  next(collection: Collection): Buffer[] | undefined {
    if (collection !== this.collection) this.keys = undefined;
    return this.keys?.slice(this.position, this.position + AT_ONCE);
  }

  /** Forgets what is known where it is no longer true; says whether there was something. */
  searchAgain(): boolean {
    const { keys } = this;
    if (keys === undefined || keys.length === 0) return false;
    this.keys = undefined;
    return true;
  }

  /** To be called when what `next` gave is written. @throws Interrupted when there is more */
  advance(): void {
    if (this.keys === undefined) return;
    this.position += AT_ONCE;
    if (this.position < this.keys.length) throw new Interrupted((slices) => slices.pause());
  }
}
