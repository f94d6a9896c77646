import { type InferSchemaType, Schema } from 'mongoose';
import { idField } from '#platform';

/** What somebody wrote in a topic. Points are tenths. */
export const postSchema = new Schema(
  {
    _id: idField,
    topic: { type: String, required: true },
    /** The author's enrolment; none where a moderator writes. */
    enrolment: { type: String, default: null },
    author: { type: String, required: true },
    /** The post that it replies to: one level only. */
    parent: { type: String, default: null },
    text: { type: String, required: true },
    at: { type: Date, required: true },
    /** What the text earned when it was written. */
    base: { type: Number, default: 0 },
    /** Why that is less than its kind is worth. */
    reason: { type: String, default: null },
    featured: { type: Boolean, default: false },
    /** What being featured adds. */
    bonus: { type: Number, default: 0 },
    hidden: { type: new Schema({ by: String, reason: String, at: Date }, { _id: false, strict: 'throw' }) },
    replies: { type: Number, default: 0 },
    /** The text of the topic itself. */
    opening: { type: Boolean, default: false },
    /** See `scopesOfPost`. */
    scopes: { type: [String], required: true },
    /** The text's fingerprint (likeness.ts), of learners' posts. */
    print: { type: Buffer },
  },
  { strict: 'throw', versionKey: false, shardKey: { topic: 'hashed' } },
);
postSchema.index({ enrolment: 1, at: 1, _id: 1 }, { name: 'by_enrolment' });
postSchema.index({ enrolment: 1, parent: 1, replies: 1, hidden: 1, at: 1, _id: 1 }, { name: 'unanswered' });
postSchema.index({ topic: 1, parent: 1, replies: 1, hidden: 1, at: 1, _id: 1 }, { name: 'unanswered_by_topic' });
postSchema.index({ topic: 1, at: 1, _id: 1 }, { name: 'by_time' });
// A page of a topic, for those who read all of it, and for those who read what lies in their scope.
for (const [name, scopes] of [
  ['', {}],
  ['_in_scope', { scopes: 1 }],
] as const) {
  const thread = { topic: 1, parent: 1, opening: 1, ...scopes } as const;
  postSchema.index({ ...thread, at: 1, _id: 1 }, { name: `by_thread${name}` });
  postSchema.index({ ...thread, featured: -1, at: -1, _id: -1 }, { name: `by_featured_thread${name}` });
}

/** The scope of what moderators write: whoever may read a topic reads it. */
export const STAFF = 'staff';

/**
 * What a learner's posts earn, so that nobody has to read them all: without bonuses by Beijing day, and in all by topic, both in
 * tenths. With its revision: two changes from one state cannot both be written (points.service.ts).
 */
export const ledgerSchema = new Schema(
  {
    _id: { type: String, required: true },
    rev: { type: Number, required: true },
    days: { type: Map, of: Number },
    topics: { type: Map, of: Number },
  },
  { strict: 'throw', versionKey: false, shardKey: { _id: 'hashed' } },
);

export type Post = InferSchemaType<typeof postSchema>;

/** A post that has earned and caused nothing yet. */
export function emptyPost(): Omit<Post, '_id' | 'topic' | 'author' | 'text' | 'at'> {
  return {
    enrolment: null,
    parent: null,
    base: 0,
    reason: null,
    featured: false,
    bonus: 0,
    replies: 0,
    opening: false,
    scopes: [],
  };
}

/** Where a post lies: in the scopes of its author's enrolment but the workshop, which can change. */
export const scopesOfPost = (enrolment?: readonly string[]): string[] =>
  enrolment?.filter((scope) => !scope.startsWith('workshop:')) ?? [STAFF];

/** Tenths that a post is worth now: what is hidden is worth nothing. */
export function pointsOf(post: Pick<Post, 'base' | 'bonus' | 'hidden'>): number {
  return post.hidden ? 0 : post.base + post.bonus;
}
