import type { Request } from 'express';
import { localText, paging, type Viewer } from '#platform';
import type { DiscussionRules } from './discussion-points.ts';
import { type DiscussionsHost, rulesOf } from './discussions.host.ts';
import { sort } from './discussions.schemas.ts';
import type { Discussions } from './discussions.service.ts';
import { excerpt, markup } from './markup.ts';
import { sorts } from './reading.service.ts';

/** Posts on one page of a topic; their replies come with them. */
export const postsPerPage = 20;

/** What the topic page shows, also when it comes back with a form that was not accepted. */
export async function topicLocals(host: DiscussionsHost, { reading }: Discussions, request: Request, id: string) {
  const viewer = request.viewer as Viewer;
  const { language } = request;
  const t = host.translate(language);
  const order = sort.parse(request.query.sort);
  const page = paging(request.query, postsPerPage);
  const found = await reading.page(viewer, id, { sort: order, skip: page.skip, limit: page.limit });
  const { topic, reach } = found;
  const workshop = topic.workshop ? await host.use('workshops').get(topic.workshop) : undefined;
  return {
    found,
    locals: {
      ...found,
      title: localText(topic.title, language),
      breadcrumb: [
        { label: t('topics.title'), href: '/discussions' },
        ...(workshop
          ? [{ label: localText(workshop.name, language), href: `/discussions?workshop=${workshop._id}` }]
          : []),
      ],
      rules: shownRules(rulesOf(await host.programmes.get(topic.programme))),
      text: localText(topic.text, language),
      sort: order,
      sorts,
      paging: { page: page.page, pages: Math.max(1, Math.ceil(found.total / page.limit)), total: found.total },
      mayPost: reach.participant && !topic.closed,
      markup,
      excerpt,
      rooms: reach.participant ? [`topic:${topic._id}`] : [],
      scripts: ['discussions.js'],
      styles: ['discussions.css'],
      values: {},
      errors: {},
    },
  };
}

/** The rule's numbers as texts name them: points instead of tenths. */
export function shownRules(rules: DiscussionRules) {
  const { post, reply, featured, dailyLimit, minCharacters } = rules;
  return { post: post / 10, reply: reply / 10, featured: featured / 10, limit: dailyLimit / 10, min: minCharacters };
}

/** Where a topic's page stands: kept in the forms so that people come back to where they were. */
export function topicHref(topic: string, query: unknown, post?: string): string {
  const { sort: asked, page } = (query ?? {}) as { sort?: unknown; page?: unknown };
  const chosen = sort.parse(asked);
  const { page: number } = paging({ page });
  const search = new URLSearchParams({
    ...(chosen !== 'oldest' && { sort: chosen }),
    ...(number > 1 && { page: String(number) }),
  }).toString();
  return `/discussions/${topic}${search && `?${search}`}${post ? `#post-${post}` : ''}`;
}
