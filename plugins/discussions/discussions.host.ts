import { z } from 'zod';
import type { Host, Programme } from '#platform';
import { DEFAULT_DISCUSSION_RULES, type DiscussionRules } from './discussion-points.ts';
import { ledgerSchema, postSchema } from './post.model.ts';
import { topicSchema } from './topic.model.ts';

export const models = { topics: topicSchema, posts: postSchema, ledgers: ledgerSchema };

/** The host as this plugin's rooms see it. */
export type DiscussionsHost = Host<z.ZodObject, typeof models>;

export const permissions = {
  /** Read topics and the posts of people in their scope. */
  read: ['expert', 'provider-manager', 'school-administrator', 'county-bureau', 'city-bureau', 'province', 'operator'],
  /** Feature and hide posts of people in their scope, and see their points. */
  moderate: ['moderator', 'provider-manager', 'operator'],
  /** See what waits for an answer in a whole programme. */
  advise: ['expert'],
  /** Open, pin and close topics of a whole programme. */
  manage: ['provider-manager', 'operator'],
} as const;

const count = z.int().min(0);
const overrides = z
  .object({
    post: count,
    reply: count,
    featured: count,
    minCharacters: count,
    similarity: z.number().min(0).max(1),
    dailyLimit: count,
  })
  .partial();

/** The defaults with what the programme changes in `settings.discussions`. */
export function rulesOf(programme: Programme): DiscussionRules {
  const { discussions = {} } = programme.settings as { discussions?: unknown };
  return { ...DEFAULT_DISCUSSION_RULES, ...(overrides.parse(discussions) as Partial<DiscussionRules>) };
}
