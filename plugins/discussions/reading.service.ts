import { trusted } from 'mongoose';
import { type Enrolment, errors, groupBy, type LocalText, pageOf, scopesOf, type Viewer } from '#platform';
import type { DiscussionAccess, Reach } from './discussion-access.ts';
import type { DiscussionsHost } from './discussions.host.ts';
import type { Reason } from './points.service.ts';
import { type Post, pointsOf, STAFF } from './post.model.ts';
import { takeBackMs } from './posts.service.ts';
import type { Topic } from './topic.model.ts';

export const sorts = ['oldest', 'newest', 'featured'] as const;
export type Sort = (typeof sorts)[number];

/** A post as one viewer sees it. */
export interface PostView {
  id: string;
  parent: string | null;
  author: { id: string; name: string };
  /** Written by a moderator, not by a learner. */
  staff: boolean;
  mine: boolean;
  at: Date;
  /** Empty where a moderator hid it and the viewer may not read it. */
  text: string;
  hidden: string | undefined;
  featured: boolean;
  /** Tenths; for the author and those who moderate. */
  points: number | undefined;
  reason: Reason | undefined;
  mayModerate: boolean;
  mayTakeBack: boolean;
  replies: PostView[];
}

export interface TopicPage {
  topic: Topic;
  author: { id: string; name: string };
  title: LocalText;
  reach: Reach;
  leads: boolean;
  opening: PostView | undefined;
  posts: PostView[];
  total: number;
}

/** Posts that are counted beyond a page, for those who do not read all: their pager goes on from there. */
const MAX_COUNTED = 1_000;

/** Replies on one page at most, so that no page grows without end. */
const mostReplies = 500;

const orders: Record<Sort, Record<string, 1 | -1>> = {
  oldest: { at: 1, _id: 1 },
  newest: { at: -1, _id: -1 },
  featured: { featured: -1, at: -1, _id: -1 },
};

/** Reads topics with their posts, each viewer within their scope. */
export class ReadingService {
  readonly #host: DiscussionsHost;
  readonly #access: DiscussionAccess;

  constructor(host: DiscussionsHost, access: DiscussionAccess) {
    this.#host = host;
    this.#access = access;
  }

  /** One page of a topic: posts in the asked order, each with its replies. @throws core:not-found */
  async page(
    viewer: Viewer,
    id: string,
    { sort, skip, limit }: { sort: Sort; skip: number; limit: number },
  ): Promise<TopicPage> {
    const { topic, reach } = await this.#access.topic(viewer, id);
    const filter = this.#seen(viewer, reach, { topic: id, parent: null, opening: false });
    const { posts } = this.#host.models;
    const found = posts.find(filter).sort(orders[sort]).skip(skip).limit(limit).lean();
    const [{ rows, total }, opening, leads] = await Promise.all([
      pageOf({ skip, limit }, found, () =>
        this.#seesAll(viewer, reach) ? topic.threads : posts.countDocuments(filter, { limit: skip + MAX_COUNTED }),
      ),
      topic.opening ? posts.findById(topic.opening).lean() : null,
      this.#access.leads(viewer, topic, reach),
    ]);
    const parents = rows.filter(({ replies }) => replies > 0).map(({ _id }) => _id);
    const answered = this.#seen(viewer, reach, { topic: id, parent: trusted({ $in: parents }) });
    const replies = parents.length ? await posts.find(answered).sort(orders.oldest).limit(mostReplies).lean() : [];
    const views = await this.#views(viewer, [...rows, ...replies, ...(opening ? [opening] : [])], [topic.author]);
    const byParent = groupBy(replies, ({ parent }) => parent as string);
    const withReplies = (post: Post) => ({
      ...views.of(post),
      replies: (byParent.get(post._id) ?? []).map((reply) => views.of(reply)),
    });
    return {
      topic,
      author: { id: topic.author, name: views.name(topic.author) },
      title: topic.title,
      reach,
      leads,
      opening: opening ? views.of(opening) : undefined,
      posts: rows.map(withReplies),
      total,
    };
  }

  /** Posts and replies by others after a moment, oldest first, for a page that is open. @throws core:not-found */
  async since(viewer: Viewer, id: string, after: Date): Promise<{ topic: Topic; reach: Reach; posts: PostView[] }> {
    const { topic, reach } = await this.#access.topic(viewer, id);
    const filter = this.#seen(viewer, reach, { topic: id, opening: false, at: trusted({ $gt: after }) });
    const found = await this.#host.models.posts.find(filter).sort(orders.oldest).limit(50).lean();
    const views = await this.#views(viewer, found, []);
    return { topic, reach, posts: found.map((post) => views.of(post)) };
  }

  /** How many posts of its topic stand before this one, or before the post it replies to. @throws core:not-found */
  async position(viewer: Viewer, id: string): Promise<{ topic: string; before: number }> {
    const { posts } = this.#host.models;
    const found = await posts.findById(id).lean();
    const post = found?.parent ? await posts.findById(found.parent).lean() : found;
    if (!post) throw errors.notFound();
    const { reach } = await this.#access.topic(viewer, post.topic);
    const earlier = { topic: post.topic, parent: null, opening: false, at: trusted({ $lt: post.at }) };
    return { topic: post.topic, before: await posts.countDocuments(this.#seen(viewer, reach, earlier)) };
  }

  /** Learners and moderators read everything; others the posts of people in their scope and of moderators. */
  #seen<F extends object>(viewer: Viewer, reach: Reach, filter: F): object {
    const held = reach.participant ? 'all' : scopesOf(viewer, this.#host.rolesFor('read'));
    return held === 'all' ? filter : { ...filter, scopes: trusted({ $in: [...held, STAFF] }) };
  }

  #seesAll(viewer: Viewer, { participant }: Reach): boolean {
    return participant || scopesOf(viewer, this.#host.rolesFor('read')) === 'all';
  }

  async #views(viewer: Viewer, posts: Post[], others: string[]) {
    const authors = [...new Set([...posts.map(({ author }) => author), ...others])];
    const [people, moderated] = await Promise.all([
      this.#host.accounts.byIds(authors, ['name']),
      this.#access.moderates(
        viewer,
        posts.flatMap(({ enrolment }) => enrolment ?? []),
      ),
    ]);
    const names = new Map(people.map(({ _id, name }) => [_id, name]));
    const name = (id: string) => names.get(id) ?? '—';
    return { name, of: (post: Post) => viewOf(post, viewer, name(post.author), moderated) };
  }
}

function viewOf(post: Post, viewer: Viewer, name: string, moderated: Map<string, Enrolment>): PostView {
  const mine = post.author === viewer.id;
  const mayModerate = post.enrolment ? moderated.has(post.enrolment) : false;
  const told = post.enrolment !== null && (mine || mayModerate);
  const fresh = Date.now() - post.at.getTime() < takeBackMs;
  return {
    id: post._id,
    parent: post.parent ?? null,
    author: { id: post.author, name },
    staff: !post.enrolment,
    mine,
    at: post.at,
    text: post.hidden && !mine && !mayModerate ? '' : post.text,
    hidden: post.hidden?.reason ?? undefined,
    featured: post.featured,
    points: told ? pointsOf(post) : undefined,
    reason: told ? ((post.reason as Reason | null) ?? undefined) : undefined,
    mayModerate,
    mayTakeBack: mine && !post.opening && post.replies === 0 && fresh,
    replies: [],
  };
}
