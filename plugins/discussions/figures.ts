import { trusted } from 'mongoose';
import { byTimeOf, covers, errors, type Programme, pageAcross, pageOf, type Viewer, within } from '#platform';
import type { DiscussionsHost } from './discussions.host.ts';
import { excerpt } from './markup.ts';
import type { Post } from './post.model.ts';

/** A workshop's members are read at once; there are a few dozen of them. */
const mostMembers = 1_000;

const open = { parent: null, replies: 0, hidden: null };

/** Posts of a workshop's members that nobody has answered, oldest first, within the viewer's scope. */
export async function unansweredIn(
  host: DiscussionsHost,
  viewer: Viewer,
  workshop: string,
  page: { skip: number; limit: number },
) {
  const scope = within(viewer, host.rolesFor('moderate'), { workshop });
  const members = await host.enrolments.list(scope, { skip: 0, limit: mostMembers }, ['state']);
  const present = members.rows.filter(({ state }) => state !== 'withdrawn').map(({ _id }) => _id);
  return waiting(host, 'enrolment', present, page);
}

/**
 * Posts of a programme that nobody has answered, oldest first, for its experts.
 * @throws core:not-found for everybody else
 */
export async function unansweredOf(
  host: DiscussionsHost,
  viewer: Viewer,
  { _id, provider }: Programme,
  page: { skip: number; limit: number },
) {
  const places = [`programme:${_id}`, `organisation:${provider}`];
  if (!covers(viewer, host.rolesFor('advise'), places)) throw errors.notFound();
  const about = await host.models.topics.find({ audiences: _id }).select({ _id: 1 }).lean();
  return waiting(
    host,
    'topic',
    about.map((topic) => topic._id),
    page,
  );
}

async function waiting(
  host: DiscussionsHost,
  field: 'enrolment' | 'topic',
  values: string[],
  page: { skip: number; limit: number },
) {
  const { posts, topics } = host.models;
  const of = (some: string[]) => ({ [field]: trusted({ $in: some }), ...open });
  const find = (some: string[], { skip, limit }: { skip: number; limit: number }) =>
    posts.find(of(some)).sort({ at: 1, _id: 1 }).skip(skip).limit(limit).lean();
  const oldest = pageAcross(
    values,
    page,
    find,
    byTimeOf<Post>(({ at }) => at),
  );
  const { rows: found, total } = await pageOf(page, oldest, () => posts.countDocuments(of(values)));
  const [people, about] = await Promise.all([
    host.accounts.byIds([...new Set(found.map(({ author }) => author))], ['name']),
    topics.find({ _id: trusted({ $in: [...new Set(found.map(({ topic }) => topic))] }) }).lean(),
  ]);
  const names = new Map(people.map(({ _id, name }) => [_id, name]));
  const titles = new Map(about.map(({ _id, title }) => [_id, title]));
  const rows = found.map((post) => ({
    id: post._id,
    topic: post.topic,
    title: titles.get(post.topic),
    author: names.get(post.author) ?? '',
    text: excerpt(post.text, 80),
    at: post.at,
  }));
  return { rows, total };
}

/** Their number among these members, for a desk whose viewer the workshop itself has let in. */
export function countUnanswered(host: DiscussionsHost, members: readonly string[]): Promise<number> {
  return host.models.posts.collection.countDocuments({ enrolment: { $in: [...members] }, ...open });
}
