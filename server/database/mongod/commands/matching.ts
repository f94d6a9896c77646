import { Memory } from '../memory.ts';
import { eachResult, type Slices, timeIsOver } from '../pauses.ts';
import { fieldsOf } from '../query/conditions.ts';
import { compileFilter, type MatchContext } from '../query/matcher.ts';
import { type Found, pausingScan } from '../query/scan.ts';
import { sortBy } from '../query/sort.ts';
import type { Collection } from '../storage/catalog.ts';
import { claimDocument, documentKey, type Target } from '../storage/documents.ts';
import { decode, decodeFields } from '../values/decode.ts';
import { isPlainId, planSearch, type Search, search } from './search.ts';

/** Thrown within a group of writes where a write has to let others have their turn; it goes on after `resume`. */
export class Interrupted extends Error {
  readonly resume: (slices: Slices) => Promise<void>;

  constructor(resume: (slices: Slices) => Promise<void> = (slices) => slices.pause()) {
    super('a write lets others have their turn');
    this.resume = resume;
  }
}

/** Pauses that a search within a group of writes may leave out: so many times 32 documents. */
const MAX_PAUSES = 64;
/** Documents of a long search that are written in one group: about 10 ms. */
const AT_ONCE = 400;
/** Searches after which one goes on within the group, as others change what each has found before it is written. */
const MAX_TRIES = 3;
const KEY_BYTES = 64;

/** The documents that a statement has found, and how far it has come with them: it survives when the statement has to wait. */
export class Matches {
  /** Whether a document has been written. */
  any = false;
  private keys: Buffer[] | undefined;
  private collection: Collection | undefined;
  private position = 0;
  private searches = 0;

  /**
   * Writes each document that a statement means, or the first one. It may be called again, after it has thrown because the write
   * has to wait, and goes on where it stopped: a document that has been written is not written again, and one that others have
   * changed meanwhile is looked at again. A search that takes too long for a group of writes goes on outside, with pauses, and
   * what it finds is written in the groups that follow. As with MongoDB's updateMany, a statement is not atomic as a whole.
   * @throws Interrupted when it takes too long
   */
  writeEach(
    target: Target,
    collection: Collection,
    request: Search,
    context: MatchContext,
    isSingle: boolean,
    write: (found: Found) => void,
  ): void {
    const { filter, hint } = request;
    const visit = (found: Found) => {
      claimDocument(target, found.key);
      write(found);
      this.any = true;
    };
    const fields = Object.keys(filter);
    const byId = isPlainId(filter._id) && context.collator === undefined && hint === undefined;
    if (byId && fields.length === 1) {
      const found = stored(target, documentKey(collection, filter._id));
      if (found !== undefined) visit(found);
      return;
    }
    const test = { matches: compileFilter(filter, context), fields: fieldsOf(filter) };
    const visitStored = (key: Buffer) => {
      const found = stored(target, key);
      if (found === undefined) return;
      if (test.matches(test.fields === undefined ? decode(found.raw) : decodeFields(found.raw, test.fields)))
        visit(found);
    };
    if (byId && !fields.some((field) => field.startsWith('$'))) {
      visitStored(documentKey(collection, filter._id));
      return;
    }
    if (this.keys !== undefined && this.collection === collection) {
      const { keys } = this;
      for (let left = AT_ONCE; left > 0 && this.position < keys.length; left--, this.position++)
        visitStored(keys[this.position] as Buffer);
      if (this.position < keys.length) throw new Interrupted();
      // What others have stored since may be what an upsert is about: only a search that takes long is not repeated for that.
      if (this.any || (keys.length === 0 && this.searches > 0)) return;
    }
    const wanted = isSingle ? { ...request, limit: 1 } : request;
    const plan = planSearch(target.view, collection, wanted, context);
    let found: Found[] = [];
    let pauses = 0;
    for (const each of pausingScan(target.view, collection, plan, test, isSingle && plan.sorted ? 1 : undefined)) {
      if (each !== undefined) {
        found.push(each);
        if (isSingle && plan.sorted) break;
      } else if (context.remaining !== undefined && context.remaining() <= 0) throw timeIsOver();
      else if (++pauses > MAX_PAUSES && this.searches < MAX_TRIES)
        throw new Interrupted((slices) => this.find(target, collection, wanted, context, slices));
    }
    if (!plan.sorted && request.sort !== undefined)
      found = sortBy(found, (each) => each.document ?? decode(each.raw), request.sort, context);
    if (isSingle) found = found.slice(0, 1);
    this.note(
      collection,
      found.map(({ key }) => key),
    );
    for (const each of found) {
      visit(each);
      this.position++;
    }
  }

  private note(collection: Collection, keys: Buffer[]): void {
    this.keys = keys;
    this.collection = collection;
    this.position = 0;
  }

  /** Notes the keys of what is found, outside of a group. */
  private async find(
    { view }: Target,
    collection: Collection,
    request: Search,
    context: MatchContext,
    slices: Slices,
  ): Promise<void> {
    const memory = new Memory();
    const keys = new Map<string, Buffer>();
    this.searches++;
    await eachResult(search(view, collection, request, context), slices, ({ key }) => {
      memory.add(KEY_BYTES + 2 * key.length, 'the keys of a write');
      keys.set(key.latin1Slice(0, key.length), key);
    });
    this.note(collection, [...keys.values()]);
  }
}

/** The document with this key, if there is one. */
function stored({ view }: Target, key: Buffer): Found | undefined {
  const raw = view.get(key);
  return raw && { key, raw, document: undefined };
}
