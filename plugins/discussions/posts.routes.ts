import type { Request, Response } from 'express';
import { z } from 'zod';
import { parse, readForm, type Viewer } from '#platform';
import { type DiscussionsHost, rulesOf } from './discussions.host.ts';
import { hideReason, newPost, switched } from './discussions.schemas.ts';
import type { Discussions } from './discussions.service.ts';
import { markup } from './markup.ts';
import type { Posted } from './posts.service.ts';
import { postsPerPage, shownRules, topicHref, topicLocals } from './topic-page.ts';

const after = z.object({ after: z.coerce.date() });

/** Posting, and what authors and moderators do with posts. */
export function postRoutes(host: DiscussionsHost, discussions: Discussions): void {
  const { routes } = host;
  const { posts, reading } = discussions;

  routes.post('/:topic/posts', async (request, response) => {
    const form = readForm(newPost, request.body, request.language);
    const viewer = request.viewer as Viewer;
    const { topic } = request.params;
    if (!form.ok) {
      const { locals } = await topicLocals(host, discussions, request, topic);
      const parent = request.body?.parent;
      const about = parent ? { replyErrors: form.errors, replyTo: parent } : { errors: form.errors };
      return response.page('discussions/topic', { ...locals, values: form.values, ...about, status: 422 });
    }
    const posted = await posts.add(viewer, { topic, ...form.value });
    const back = topicHref(
      topic,
      { ...request.query, ...(form.value.parent ? {} : { sort: 'newest', page: 1 }) },
      posted.id,
    );
    response.done(back, ...(await outcome(host, request, posted)));
  });

  routes.get('/:topic/new', async (request, response) => {
    const since = parse(after, request.query, request.language);
    const found = await reading.since(request.viewer as Viewer, request.params.topic, since.after);
    const mayPost = found.reach.participant && !found.topic.closed;
    const rules = shownRules(rulesOf(await host.programmes.get(found.topic.programme)));
    await response.fragment('discussions/new-posts', {
      ...found,
      mayPost,
      markup,
      sort: 'oldest',
      paging: { page: 1 },
      rules,
    });
  });

  routes.get('/posts/:post', async (request, response) => {
    const { topic, before } = await reading.position(request.viewer as Viewer, request.params.post);
    const page = Math.floor(before / postsPerPage) + 1;
    response.redirect(302, topicHref(topic, { page }, request.params.post));
  });

  routes.post('/posts/:post/feature', async (request, response) => {
    const { on } = parse(switched, request.body, request.language);
    const post = await posts.feature(request.viewer as Viewer, request.params.post, on);
    back(request, response, post, on ? 'post.featured' : 'post.unfeatured');
  });

  routes.post('/posts/:post/hide', async (request, response) => {
    const { reason } = parse(hideReason, request.body, request.language);
    back(request, response, await posts.hide(request.viewer as Viewer, request.params.post, reason), 'post.hiddenNow');
  });

  routes.post('/posts/:post/show', async (request, response) => {
    back(
      request,
      response,
      await posts.hide(request.viewer as Viewer, request.params.post, undefined),
      'post.shownNow',
    );
  });

  routes.post('/posts/:post/remove', async (request, response) => {
    const post = await posts.remove(request.viewer as Viewer, request.params.post);
    const t = host.translate(request.language);
    response.done(topicHref(post.topic, request.query), t('post.removed'));
  });

  function back(
    request: Request,
    response: Response,
    post: { _id: string; topic: string; opening: boolean },
    text: string,
  ): void {
    const anchor = post.opening ? undefined : post._id;
    response.done(topicHref(post.topic, request.query, anchor), host.translate(request.language)(text));
  }
}

/** What the author reads after posting: the points, or why there are none. */
async function outcome(
  host: DiscussionsHost,
  request: Request,
  { programme, points, reason }: Posted,
): Promise<[string, 'success' | 'info']> {
  const t = host.translate(request.language);
  if (points === undefined) return [t('post.written'), 'success'];
  const earned = points > 0 ? t('post.earned', { points: points / 10 }) : t('post.written');
  if (!reason) return [earned, 'success'];
  const rules = shownRules(rulesOf(await host.programmes.get(programme)));
  return [`${earned} ${t(`reason.${reason}`, rules)}`, 'info'];
}
