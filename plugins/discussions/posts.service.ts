import { AppError, type CompanionWrite, type Enrolment, errors, newId, type Viewer } from '#platform';
import type { DiscussionAccess, Reach } from './discussion-access.ts';
import type { DiscussionsHost } from './discussions.host.ts';
import { countUnanswered } from './figures.ts';
import { fingerprintOf, toBytes } from './likeness.ts';
import type { Points, Reason } from './points.service.ts';
import { emptyPost, type Post, pointsOf, scopesOfPost } from './post.model.ts';
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
    const remove = { model: posts, key: id, write: { deleteOne: { filter } } };
    if (!found.enrolment) await this.#points.transact([remove, ...this.#counted(found, -1)]);
    else {
      await this.#points.change(found.enrolment, async () => {
        const current = await this.#current(id);
        const { topic, at, base } = current;
        const companions = [remove, ...this.#counted(current, -1)];
        return { topic, at, base: -base, points: -pointsOf(current), companions };
      });
    }
    return found;
  }

  async #moderate(viewer: Viewer, id: string, change: (post: Post, topic: Topic) => Promise<Post>): Promise<Post> {
    const found = await this.#host.models.posts.findById(id).lean();
    if (!found?.enrolment) throw errors.notFound();
    const { topic } = await this.#access.topic(viewer, found.topic);
    if (!(await this.#access.moderates(viewer, [found.enrolment])).has(found.enrolment)) throw errors.notFound();
    let changed: Post = found;
    await this.#points.change(found.enrolment, async () => {
      const current = await this.#current(id);
      changed = await change(current, topic);
      const set = { featured: changed.featured, bonus: changed.bonus };
      const update = changed.hidden
        ? { $set: { ...set, hidden: changed.hidden } }
        : { $set: set, $unset: { hidden: 1 } };
      const filter = { _id: id, topic: found.topic, enrolment: found.enrolment };
      return {
        topic: found.topic,
        points: pointsOf(changed) - pointsOf(current),
        base: 0,
        at: found.at,
        companions: [{ model: this.#host.models.posts, key: id, write: { updateOne: { filter, update } } }],
      };
    });
    return changed;
  }

  /** A post as it is within a change of its learner's posts. @throws core:not-found where it was taken back meanwhile */
  async #current(id: string): Promise<Post> {
    const post = await this.#host.models.posts.findById(id).lean();
    if (!post) throw errors.notFound();
    return post;
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
    const print = fingerprintOf(post.text);
    let written = post;
    await this.#points.change(enrolment._id, async (sums) => {
      const before = await this.#points.prints(enrolment._id, sums);
      const award = await this.#points.award(enrolment, { kind, text: post.text, at: post.at, print }, sums, before);
      const { base, points } = award;
      written = { ...post, print: toBytes(print), base, reason: award.reason ?? null };
      const unrecorded = award.reason === 'out-of-term';
      const [prints, companions] = [
        [...before, print],
        [insert(written), ...more],
      ];
      return { topic: post.topic, points, base, at: post.at, prints, unrecorded, companions };
    });
    const reason = (written.reason as Reason | null) ?? undefined;
    return { id: post._id, programme: reach.programme, points: pointsOf(written), reason };
  }

  /** The counts that a post changes in its topic and in the post it replies to. */
  #counted(post: Post, step: 1 | -1): CompanionWrite[] {
    const { topics, posts } = this.#host.models;
    const active = step > 0 ? { $set: { lastAt: post.at } } : {};
    const update = { $inc: { posts: step, threads: post.parent ? 0 : step }, ...active };
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
  const enrolled = { enrolment: enrolment?._id ?? null, scopes: scopesOfPost(enrolment?.scopes) };
  return { ...emptyPost(), ...enrolled, _id: newId(), topic, author: viewer.id, at: new Date(), ...text };
}
