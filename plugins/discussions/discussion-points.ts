/** What posts in a discussion are worth. Points are tenths: 10 is one point. */

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
}

export interface EarlierPost {
  text: string;
  day: string;
  /** What it earned itself, without the bonus. */
  base: number;
  /** Its pairs of characters, where they are known already. */
  pairs?: ReadonlySet<string>;
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
export function awardPoints(post: DiscussionPost, earlier: EarlierPost[], rules: DiscussionRules): Award {
  const bonus = post.featured ? rules.featured : 0;
  const none = (reason: NoPointsReason): Award => ({ points: bonus, base: 0, reason });
  const text = essence(post.text);
  if ([...text].length < rules.minCharacters) return none('too-short');
  const pairs = bigrams(text);
  if (earlier.some((one) => likeness(pairs, one.pairs ?? pairsOf(one.text)) >= rules.similarity)) {
    return none('near-duplicate');
  }
  const worth = post.kind === 'post' ? rules.post : rules.reply;
  const spent = earlier.reduce((sum, { day, base }) => (day === post.day ? sum + base : sum), 0);
  const base = Math.min(worth, Math.max(0, rules.dailyLimit - spent));
  return { points: base + bonus, base, ...(base < worth ? { reason: 'daily-limit' as const } : {}) };
}

/** The awards of all posts of one learner, handed in oldest first. */
export function awardInOrder(posts: DiscussionPost[], rules: DiscussionRules): Award[] {
  const earlier: EarlierPost[] = [];
  return posts.map((post) => {
    const award = awardPoints(post, earlier, rules);
    earlier.push({ text: post.text, day: post.day, base: award.base, pairs: pairsOf(post.text) });
    return award;
  });
}

/** Tenths; may exceed what the scheme counts as full marks, which is for the score to cut. */
export function totalPoints(awards: { points: number }[]): number {
  return awards.reduce((sum, { points }) => sum + points, 0);
}

/**
 * Letters, ideographs and digits only: no addresses, quotations of others, white space or punctuation. Posts are plain text and
 * shown as such: what stands between < and > is what somebody wrote.
 */
function essence(text: string): string {
  return text
    .replace(/^[ \t]{0,3}>.*$/gm, ' ')
    .replace(/\bhttps?:\/\/[\w./?&=%#:~+,;@!$'*-]+/gi, ' ')
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

const pairsOf = (text: string): Set<string> => bigrams(essence(text));

function bigrams(text: string): Set<string> {
  const characters = [...text];
  return new Set(characters.slice(1).map((character, index) => `${characters[index]}${character}`));
}

/** Jaccard: shared bigrams over all bigrams; 0 when both have none. */
function likeness(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  let shared = 0;
  for (const pair of one) if (other.has(pair)) shared += 1;
  const all = one.size + other.size - shared;
  return all === 0 ? 0 : shared / all;
}
