/** What posts in a discussion are worth. Points are tenths: 10 is one point. */

import { areAlike, essence, type Fingerprint, fingerprintOf } from './likeness.ts';

export interface DiscussionRules {
  post: number;
  reply: number;
  /** On top, for a post that a moderator featured. A person judged it, so neither the daily limit nor the text rules apply. */
  featured: number;
  /** Letters, ideographs and digits that a text needs, by code point. */
  minCharacters: number;
  /** From this likeness on (0 to 1) a text repeats one of the learner's own. */
  similarity: number;
  /** Points for posts and replies per Beijing day. */
  dailyLimit: number;
}

export const DEFAULT_DISCUSSION_RULES: Readonly<DiscussionRules> = {
  post: 10,
  reply: 5,
  featured: 20,
  minCharacters: 20,
  similarity: 0.8,
  dailyLimit: 100,
};

export interface DiscussionPost {
  kind: 'post' | 'reply';
  /** As written: plain text, Markdown or HTML. */
  text: string;
  /** Beijing day `YYYY-MM-DD`. */
  day: string;
  featured: boolean;
  /** The text's fingerprint, where it is known already. */
  print?: Fingerprint;
}

/** What the learner wrote before a post. */
export interface Earlier {
  /** What posts of the same day have earned themselves, without bonuses. */
  spent: number;
  /** Fingerprints of their texts, of any day. */
  prints: Iterable<Fingerprint>;
}

export type NoPointsReason = 'too-short' | 'near-duplicate' | 'daily-limit';

export interface Award {
  /** `base` and the bonus. */
  points: number;
  base: number;
  /** Why the base is less than the kind of post is worth. */
  reason?: NoPointsReason;
}

/**
 * The points of one post, given everything the same learner wrote before it. Close to the daily limit a post earns what
 * is left of the day, with the reason.
 */
export function awardPoints(post: DiscussionPost, { spent, prints }: Earlier, rules: DiscussionRules): Award {
  const bonus = post.featured ? rules.featured : 0;
  const none = (reason: NoPointsReason): Award => ({ points: bonus, base: 0, reason });
  if ([...essence(post.text)].length < rules.minCharacters) return none('too-short');
  const own = post.print ?? fingerprintOf(post.text);
  for (const print of prints) if (areAlike(own, print, rules.similarity)) return none('near-duplicate');
  const worth = post.kind === 'post' ? rules.post : rules.reply;
  const base = Math.min(worth, Math.max(0, rules.dailyLimit - spent));
  return { points: base + bonus, base, ...(base < worth ? { reason: 'daily-limit' as const } : {}) };
}

/** The awards of all posts of one learner, handed in oldest first. */
export function awardInOrder(posts: DiscussionPost[], rules: DiscussionRules): Award[] {
  const prints: Fingerprint[] = [];
  const spent = new Map<string, number>();
  return posts.map((post) => {
    const before = spent.get(post.day) ?? 0;
    const print = post.print ?? fingerprintOf(post.text);
    const award = awardPoints({ ...post, print }, { spent: before, prints }, rules);
    spent.set(post.day, before + award.base);
    prints.push(print);
    return award;
  });
}

/** Tenths; may exceed what the scheme counts as full marks, which is for the score to cut. */
export function totalPoints(awards: { points: number }[]): number {
  return awards.reduce((sum, { points }) => sum + points, 0);
}
