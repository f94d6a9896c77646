import { z } from 'zod';
import { type LocalText, paging } from '#platform';
import type { DiscussionsHost } from './discussions.host.ts';
import { hideReason, id, newPost, newTopic, sort } from './discussions.schemas.ts';
import type { Discussions } from './discussions.service.ts';
import type { PostView } from './reading.service.ts';
import type { Topic } from './topic.model.ts';

const text = z.object({ zh: z.string(), en: z.string().nullish() });
const person = z.object({ id: z.string(), name: z.string() });
const page = z.object({ page: z.coerce.number().int().min(1).optional(), size: z.coerce.number().int().optional() });
const topicSchema = z.object({
  id: z.string(),
  programme: z.string(),
  workshop: z.string().nullable(),
  lesson: z.string().nullable(),
  title: text,
  text,
  pinned: z.boolean(),
  closed: z.boolean(),
  posts: z.number(),
  lastAt: z.date(),
  createdAt: z.date(),
});
const plainPost = z.object({
  id: z.string(),
  parent: z.string().nullable(),
  author: person,
  staff: z.boolean(),
  mine: z.boolean(),
  at: z.date(),
  text: z.string(),
  hidden: z.string().optional().describe('Why a moderator hid it'),
  featured: z.boolean(),
  points: z.number().optional().describe('Tenths; for the author and the moderator'),
  reason: z.string().optional().describe('Why it earned less than its kind is worth'),
});
const postSchema = plainPost.extend({ replies: z.array(plainPost) });
const postId = z.object({ post: id });
const state = z.object({ id: z.string(), featured: z.boolean(), hidden: z.string().optional() });

/** `/api/v1/discussions`: the same services as the pages. */
export function discussionsApi(host: DiscussionsHost, { topics, posts, reading }: Discussions): void {
  host.api({
    method: 'get',
    path: '/topics',
    summary: 'Topics that the caller may read: pinned first, then by last activity',
    query: page.extend({ programme: id.optional(), workshop: id.optional(), lesson: id.optional() }),
    response: z.object({ total: z.number(), rows: z.array(topicSchema) }),
    handle: async ({ viewer, query }) => {
      const { rows, total } = await topics.list(viewer, query, paging(query, 20));
      return { total, rows: rows.map(topicView) };
    },
  });

  host.api({
    method: 'post',
    path: '/topics',
    summary: 'Opens a topic',
    body: newTopic,
    response: z.object({ id: z.string() }),
    handle: async ({ viewer, body }) => ({ id: await topics.open(viewer, body) }),
  });

  host.api({
    method: 'get',
    path: '/topics/:topic',
    summary: 'A topic with one page of its posts and their replies',
    params: z.object({ topic: id }),
    query: page.extend({ sort }),
    response: topicSchema.extend({ author: person, total: z.number(), rows: z.array(postSchema) }),
    handle: async ({ viewer, params, query }) => {
      const found = await reading.page(viewer, params.topic, { sort: query.sort, ...paging(query, 20) });
      return { ...topicView(found.topic), author: found.author, total: found.total, rows: found.posts.map(postView) };
    },
  });

  host.api({
    method: 'post',
    path: '/topics/:topic/posts',
    summary: 'Posts in a topic, or replies to a post, and says what it earned (tenths of points)',
    params: z.object({ topic: id }),
    body: newPost,
    response: z.object({ id: z.string(), points: z.number().optional(), reason: z.string().optional() }),
    handle: async ({ viewer, params, body }) => posts.add(viewer, { topic: params.topic, ...body }),
  });

  for (const [path, on] of [
    ['/posts/:post/feature', true],
    ['/posts/:post/unfeature', false],
  ] as const) {
    host.api({
      method: 'post',
      path,
      summary: on ? 'Features a post' : 'Takes back that a post is featured',
      params: postId,
      response: state,
      handle: async ({ viewer, params }) => stateView(await posts.feature(viewer, params.post, on)),
    });
  }

  host.api({
    method: 'post',
    path: '/posts/:post/hide',
    summary: 'Hides a post, whose points fall away',
    params: postId,
    body: hideReason,
    response: state,
    handle: async ({ viewer, params, body }) => stateView(await posts.hide(viewer, params.post, body.reason)),
  });

  host.api({
    method: 'post',
    path: '/posts/:post/show',
    summary: 'Shows a hidden post again',
    params: postId,
    response: state,
    handle: async ({ viewer, params }) => stateView(await posts.hide(viewer, params.post, undefined)),
  });

  host.api({
    method: 'delete',
    path: '/posts/:post',
    summary: 'Takes an own post back within 15 minutes, before anybody replied',
    params: postId,
    response: z.object({ id: z.string() }),
    handle: async ({ viewer, params }) => ({ id: (await posts.remove(viewer, params.post))._id }),
  });
}

function topicView({ _id, workshop, lesson, title, text: words, ...topic }: Topic) {
  const local = ({ zh, en }: LocalText) => ({ zh, en });
  const { programme, pinned, closed, posts, lastAt, createdAt } = topic;
  return {
    id: _id,
    programme,
    workshop: workshop ?? null,
    lesson: lesson ?? null,
    title: local(title),
    text: local(words),
    pinned,
    closed,
    posts,
    lastAt,
    createdAt,
  };
}

const postView = (post: PostView): z.input<typeof postSchema> => ({ ...post, replies: post.replies });

function stateView(post: { _id: string; featured: boolean; hidden?: { reason?: string | null } | null }) {
  return { id: post._id, featured: post.featured, hidden: post.hidden?.reason ?? undefined };
}
