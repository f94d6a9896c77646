import { type InferSchemaType, type Model, trusted } from 'mongoose';
import { errors, isSitePath, Kept, type LocalText, newId, type Paging, pageOf, type Viewer } from '#platform';
import type { messageSchema } from './message.model.ts';

type Stored = InferSchemaType<typeof messageSchema>;

export type Message = Omit<Stored, 'title' | 'text' | 'href' | 'from'> & {
  title: LocalText | string;
  text: LocalText | string;
  href?: string | undefined;
  from?: string | undefined;
};

/** One text for many readers. */
export interface NewMessage {
  /** User ids. */
  to: string[];
  kind: string;
  title: LocalText | string;
  text: LocalText | string;
  /** A path of this site. */
  href?: string | undefined;
  /** User id of the writer; nothing for the platform itself. */
  from?: string | undefined;
}

export interface InboxDeps {
  messages: Model<Stored>;
  /** Tells the pages that these readers have open. */
  tell(users: string[]): void;
}

/** How long an unread count is kept in memory, in milliseconds, and for how many people. */
const keptMs = 10_000;
const mostKept = 20_000;
/** Documents in one insert. */
const batchSize = 1_000;

/** What people are told on the site, each in their own inbox. */
export class Inbox {
  readonly #deps: InboxDeps;
  /** Unread messages per person: every page asks for them. */
  readonly #unread = new Kept<number>(keptMs, mostKept);

  constructor(deps: InboxDeps) {
    this.#deps = deps;
  }

  /**
   * Puts one message into the inbox of each reader; resolves when they are stored.
   * @throws RangeError for an `href` that leads off the site
   */
  async send(list: NewMessage[]): Promise<void> {
    for (const { href } of list) {
      if (href !== undefined && !isSitePath(href)) throw new RangeError(`not a path of this site: ${href}`);
    }
    const at = new Date();
    const documents = list.flatMap(({ to, ...message }) =>
      [...new Set(to)].map((reader) => ({ ...message, _id: newId(), to: reader, unread: true, at })),
    );
    for (let start = 0; start < documents.length; start += batchSize) {
      await this.#deps.messages.insertMany(documents.slice(start, start + batchSize), { lean: true, ordered: false });
    }
    this.#changed([...new Set(documents.map(({ to }) => to))]);
  }

  unread(viewer: Viewer): Promise<number> {
    const unread = { to: viewer.id, unread: true };
    return this.#unread.get(viewer.id, () => this.#deps.messages.countDocuments(unread).exec());
  }

  /** The viewer's messages, newest first. */
  async list(
    viewer: Viewer,
    page: Pick<Paging, 'skip' | 'limit'>,
    onlyUnread = false,
  ): Promise<{ rows: Message[]; total: number }> {
    const filter = { to: viewer.id, ...(onlyUnread && { unread: true }) };
    const { messages } = this.#deps;
    const found = messages.find(filter).sort({ at: -1, _id: -1 }).skip(page.skip).limit(page.limit).lean();
    return pageOf(page, found as PromiseLike<Message[]>, () => messages.countDocuments(filter));
  }

  /** The viewer's message, read from now on. @throws core:not-found */
  async open(viewer: Viewer, id: string): Promise<Message> {
    const found = await this.#deps.messages.findOne({ _id: id, to: viewer.id }).lean();
    if (!found) throw errors.notFound();
    if (found.unread) await this.markRead(viewer, [id]);
    return { ...found, unread: false } as Message;
  }

  /** Marks the viewer's messages as read, all of them where no ids are given; ids of other people's do nothing. */
  async markRead(viewer: Viewer, ids?: string[]): Promise<void> {
    const filter = { to: viewer.id, unread: true, ...(ids && { _id: trusted({ $in: ids }) }) };
    const { modifiedCount } = await this.#deps.messages.updateMany(filter, { $set: { unread: false } });
    if (modifiedCount > 0) this.#changed([viewer.id]);
  }

  /** How many are unread for each of these people who have any. */
  async unreadOf(users: string[]): Promise<Map<string, number>> {
    const counts = await this.#deps.messages.aggregate<{ _id: string; unread: number }>([
      { $match: { to: { $in: users }, unread: true } },
      { $group: { _id: '$to', unread: { $sum: 1 } } },
    ]);
    return new Map(counts.map(({ _id, unread }) => [_id, unread]));
  }

  #changed(users: string[]): void {
    for (const user of users) this.#unread.forget(user);
    this.#deps.tell(users);
  }
}
