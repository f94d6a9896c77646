import { type InferSchemaType, Schema } from 'mongoose';
import { idField, type LocalText } from '#platform';

/** Something to hand in, in a programme or in one of its workshops. */
export const taskSchema = new Schema(
  {
    _id: idField,
    programme: { type: String, required: true },
    /** Where it is set, only this workshop's members have it. */
    workshop: { type: String, default: null },
    title: { zh: { type: String, required: true }, en: String },
    /** Plain text. */
    instructions: { zh: { type: String, required: true }, en: String },
    due: { type: Date, required: true },
    maxScore: { type: Number, default: 100, min: 1 },
    required: { type: Boolean, default: true },
    author: String,
    createdAt: { type: Date, default: () => new Date() },
  },
  { strict: 'throw', versionKey: false },
);
taskSchema.index({ programme: 1, due: 1 }, { name: 'by_programme' });

export type Task = Omit<InferSchemaType<typeof taskSchema>, 'title' | 'instructions'> & {
  title: LocalText;
  instructions: LocalText;
};
