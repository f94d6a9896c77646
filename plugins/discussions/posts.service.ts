import { AppError, type CompanionWrite, type Enrolment, errors, newId, type Viewer } from '#platform';
import type { DiscussionAccess, Reach } from './discussion-access.ts';
import type { DiscussionsHost } from './discussions.host.ts';
import { countUnanswered } from './figures.ts';
import type { Points, Reason } from './points.service.ts';
import { emptyPost, type Post, pointsOf } from './post.model.ts';
import type { Topic } from './topic.model.ts';

/** What a post earned its author, in tenths; undefined for people whose posts earn nothing. */
export interface Posted {
  id: string;
  programme: string;
  points: number | undefined;
  reason: Reason | undefined;
}

/** How long an author may take a post back, in milliseconds. */
export const takeBackMs = 15 * 60_000;

/** Writes posts; every change of a learner's post goes together with their points. */
export class PostsService {
  readonly #host: DiscussionsHost;
  readonly #access: DiscussionAccess;
  readonly #points: Points;

  constructor(host: DiscussionsHost, access: DiscussionAccess, points: Points) {
    this.#host = host;
    this.#access = access;
    this.#points = points;
  }

  /**
   * Adds a post or, with a parent, a reply.
   * @throws core:not-found; discussions:read-only for those who only watch; discussions:topic-closed
   */
  async add(viewer: Viewer, input: { topic: string; parent?: string | undefined; text: string }): Promise<Posted> {
    const { topic, reach } = await this.#access.topic(viewer, input.topic);
    if (!reach.participant) throw new AppError('discussions:read-only', 403);
    if (topic.closed) throw new AppError('discussions:topic-closed', 409);
    const parent = input.parent ? await this.#parent(topic._id, input.parent) : null;
    const post = blankPost(viewer, topic._id, reach, { parent, text: input.text });
    const posted = await this.#write(reach, post, this.#counted(post, 1));
    this.#announce(post, reach);
    return posted;
  }

  /** Opens a topic whose text earns its learner points like any other post. */
  async openTopic(viewer: Viewer, enrolment: Enrolment, topic: Topic): Promise<string> {
    const reach = { programme: topic.programme, enrolment, workshops: [], participant: true, moderated: [] };
    const post = blankPost(viewer, topic._id, reach, { parent: null, text: topic.text.zh, opening: true });
    const document = { ...topic, opening: post._id };
    const write = { model: this.#host.models.topics, key: topic._id, write: { insertOne: { document } } };
    await this.#write(reach, post, [write]);
    return topic._id;
  }

  /**
   * Features a post, or takes that back.
   * @throws core:not-found outside the viewer's scope
   */
  async feature(viewer: Viewer, id: string, on: boolean): Promise<Post> {
    return this.#moderate(viewer, id, async (post, topic) => {
      const { featured: bonus } = await this.#points.rules(topic.programme);
      return { ...post, featured: on, bonus: on && post.reason !== 'out-of-term' ? bonus : 0 };
    });
  }

  /** Hides a post with a reason that its author can read, or shows it again. @throws core:not-found */
  async hide(viewer: Viewer, id: string, reason: string | undefined): Promise<Post> {
    const post = await this.#moderate(viewer, id, async (before) => {
      const { hidden: _hidden, ...shown } = before;
      return (reason ? { ...shown, hidden: { by: viewer.id, reason, at: new Date() } } : shown) as Post;
    });
    const action = reason ? 'post.hide' : 'post.show';
    await this.#host.audit.record({ actor: viewer.id, action, subject: id, details: { reason: reason ?? '' } });
    return post;
  }

  /** Takes an own post back. @throws core:not-found; discussions:too-late; discussions:has-replies */
  async remove(viewer: Viewer, id: string): Promise<Post> {
    const found = await this.#host.models.posts.findById(id).lean();
    if (!found || found.author !== viewer.id || found.opening) throw errors.notFound();
    await this.#access.topic(viewer, found.topic);
    if (Date.now() - found.at.getTime() > takeBackMs) throw new AppError('discussions:too-late', 409);
    if (found.replies > 0) throw new AppError('discussions:has-replies', 409);
    const { posts } = this.#host.models;
    const filter = { _id: id, topic: found.topic, enrolment: found.enrolment ?? null };
    const companions = [{ model: posts, key: id, write: { deleteOne: { filter } } }, ...this.#counted(found, -1)];
    if (!found.enrolment) await this.#points.transact(companions);
    else {
      await this.#points.change(found.enrolment, (all) => ({
        posts: all.filter((post) => post._id !== id),
        topics: [found.topic],
        at: found.at,
        companions,
      }));
    }
    return found;
  }

  async #moderate(viewer: Viewer, id: string, change: (post: Post, topic: Topic) => Promise<Post>): Promise<Post> {
    const found = await this.#host.models.posts.findById(id).lean();
    if (!found?.enrolment) throw errors.notFound();
    const { topic } = await this.#access.topic(viewer, found.topic);
    if (!(await this.#access.moderates(viewer, [found.enrolment])).has(found.enrolment)) throw errors.notFound();
    let changed: Post = found;
    await this.#points.change(found.enrolment, async (all) => {
      const current = all.find((post) => post._id === id);
      if (!current) throw errors.notFound();
      changed = await change(current, topic);
      const set = { featured: changed.featured, bonus: changed.bonus };
      const update = changed.hidden
        ? { $set: { ...set, hidden: changed.hidden } }
        : { $set: set, $unset: { hidden: 1 } };
      const filter = { _id: id, topic: found.topic, enrolment: found.enrolment };
      return {
        posts: all.map((post) => (post._id === id ? changed : post)),
        topics: [found.topic],
        at: found.at,
        companions: [{ model: this.#host.models.posts, key: id, write: { updateOne: { filter, update } } }],
      };
    });
    return changed;
  }

  async #parent(topic: string, id: string): Promise<string> {
    const parent = await this.#host.models.posts.findOne({ _id: id, topic }).lean();
    if (!parent || parent.hidden) throw errors.notFound();
    return parent.parent ?? parent._id;
  }

  async #write(reach: Reach, post: Post, more: CompanionWrite[]): Promise<Posted> {
    const { enrolment } = reach;
    const insert = (document: Post): CompanionWrite => ({
      model: this.#host.models.posts,
      key: document._id,
      write: { insertOne: { document } },
    });
    if (!enrolment) {
      await this.#points.transact([insert(post), ...more]);
      return { id: post._id, programme: reach.programme, points: undefined, reason: undefined };
    }
    const kind = post.parent ? ('reply' as const) : ('post' as const);
    let written = post;
    await this.#points.change(enrolment._id, async (before) => {
      const award = await this.#points.award(enrolment, { kind, text: post.text, at: post.at }, before);
      written = { ...post, base: award.base, reason: award.reason ?? null };
      return {
        posts: [...before, written],
        topics: award.reason === 'out-of-term' ? [] : [post.topic],
        at: post.at,
        companions: [insert(written), ...more],
      };
    });
    const reason = (written.reason as Reason | null) ?? undefined;
    return { id: post._id, programme: reach.programme, points: pointsOf(written), reason };
  }

  /** The counts that a post changes in its topic and in the post it replies to. */
  #counted(post: Post, step: 1 | -1): CompanionWrite[] {
    const { topics, posts } = this.#host.models;
    const active = step > 0 ? { $set: { lastAt: post.at } } : {};
    const update = { $inc: { posts: step }, ...active };
    const topic = { model: topics, key: post._id, write: { updateOne: { filter: { _id: post.topic }, update } } };
    if (!post.parent) return [topic];
    const filter = { _id: post.parent, topic: post.topic };
    const write = { updateOne: { filter, update: { $inc: { replies: step } } } };
    return [topic, { model: posts, key: `${post._id} in ${post.parent}`, write }];
  }

  /** Tells open pages of the topic, and the desks whose unanswered posts this changes. */
  #announce(post: Post, { enrolment, moderated }: Reach): void {
    this.#host.publish(`topic:${post.topic}`, `post/${post._id}`, { at: post.at.toISOString(), author: post.author });
    for (const workshop of [...moderated, ...(enrolment?.workshop ? [enrolment.workshop] : [])]) {
      this.#host.publish(`workshop:${workshop}`, 'figure/unanswered', async () =>
        countUnanswered(this.#host, await this.#host.enrolments.presentIn(workshop)),
      );
    }
  }
}

function blankPost(
  viewer: Viewer,
  topic: string,
  { enrolment }: Reach,
  text: { parent: string | null; text: string; opening?: boolean },
): Post {
  const scopes = (enrolment?.scopes ?? []).filter((scope) => !scope.startsWith('workshop:'));
  const enrolled = { enrolment: enrolment?._id ?? null, scopes };
  return { ...emptyPost(), ...enrolled, _id: newId(), topic, author: viewer.id, at: new Date(), ...text };
}
