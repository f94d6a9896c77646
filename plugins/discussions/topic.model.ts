import { type InferSchemaType, Schema } from 'mongoose';
import { idField, type LocalText } from '#platform';

/** A subject of discussion in a programme, or in one of its workshops, or beside a lesson. */
export const topicSchema = new Schema(
  {
    _id: idField,
    programme: { type: String, required: true },
    /** Where it is set, only this workshop takes part. */
    workshop: { type: String, default: null },
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
    lastAt: { type: Date, default: () => new Date() },
    createdAt: { type: Date, default: () => new Date() },
  },
  { strict: 'throw', versionKey: false },
);
topicSchema.index({ programme: 1, workshop: 1, pinned: -1, lastAt: -1 }, { name: 'by_programme' });
topicSchema.index({ lesson: 1, lastAt: -1 }, { name: 'by_lesson' });

export type Topic = Omit<InferSchemaType<typeof topicSchema>, 'title' | 'text'> & { title: LocalText; text: LocalText };
