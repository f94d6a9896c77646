import { type InferSchemaType, Schema } from 'mongoose';
import { idField, type LocalText } from '#platform';

/** A subject of discussion in a programme, or in one of its workshops, or beside a lesson. */
export const topicSchema = new Schema(
  {
    _id: idField,
    programme: { type: String, required: true },
    /** Where it is set, only this workshop takes part. */
    workshop: { type: String, default: null },
    /** Who reads it, see `audiencesOf`: one index finds and orders the topics of any reader. */
    audiences: { type: [String], required: true },
    lesson: { type: String, default: null },
    title: { zh: { type: String, required: true }, en: String },
    /** Plain text, see markup.ts. */
    text: { zh: { type: String, required: true }, en: String },
    author: { type: String, required: true },
    /** The post that carries the points of a topic which a learner opened. */
    opening: { type: String, default: null },
    pinned: { type: Boolean, default: false },
    closed: { type: Boolean, default: false },
    /** Posts and replies, without the opening one. */
    posts: { type: Number, default: 0 },
    /** Posts that are no replies, without the opening one: what its pages list. */
    threads: { type: Number, default: 0 },
    lastAt: { type: Date, default: () => new Date() },
    createdAt: { type: Date, default: () => new Date() },
  },
  { strict: 'throw', versionKey: false },
);
topicSchema.index({ audiences: 1, pinned: -1, lastAt: -1, _id: 1 }, { name: 'by_audience' });
topicSchema.index({ lesson: 1, pinned: -1, lastAt: -1, _id: 1 }, { name: 'by_lesson' });

export type Topic = Omit<InferSchemaType<typeof topicSchema>, 'title' | 'text'> & { title: LocalText; text: LocalText };

/** A topic's audiences: who reads all of the programme, and who reads its workshop or, where it has none, takes part. */
export function audiencesOf({ programme, workshop }: Pick<Topic, 'programme' | 'workshop'>): string[] {
  return [programme, audienceOf(programme, workshop)];
}

/** Those who read the topics of a workshop, or those that are for the whole programme. */
export const audienceOf = (programme: string, workshop?: string | null): string => `${programme}|${workshop ?? ''}`;
