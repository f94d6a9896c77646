import { type InferSchemaType, Schema } from 'mongoose';
import { idField } from '#platform';

const text = { zh: { type: String, required: true }, en: String } as const;

/** A course of a programme: its lessons in order. */
export const courseSchema = new Schema(
  {
    _id: idField,
    programme: { type: String, required: true },
    title: text,
    intro: { zh: String, en: String },
    /** Place within the programme, from 1. */
    order: { type: Number, required: true },
    /** Learners see published courses only. */
    state: { type: String, enum: ['draft', 'published'], default: 'draft' },
    author: String,
    createdAt: { type: Date, default: () => new Date() },
  },
  { strict: 'throw', versionKey: false },
);
courseSchema.index({ programme: 1, order: 1, _id: 1 }, { name: 'by_programme' });

/** A lesson: one video. */
export const lessonSchema = new Schema(
  {
    _id: idField,
    course: { type: String, required: true },
    programme: { type: String, required: true },
    title: text,
    media: {
      /** Name within the plugin's folder of files. */
      file: { type: String, required: true },
      type: { type: String, enum: ['video/mp4', 'video/webm'], required: true },
      bytes: { type: Number, required: true },
      /** Length to the millisecond. */
      seconds: { type: Number, required: true },
      /** Of the picture; absent where it arrived before this was looked at. */
      codec: { type: String, enum: ['h264', 'h265', 'vp8', 'vp9', 'av1', 'other'] },
    },
    chapters: {
      type: [new Schema({ at: { type: Number, required: true }, title: text }, { _id: false, strict: 'throw' })],
      default: [],
    },
    /** WebVTT, read by the player alone; `captioned` says that there are some. */
    captions: String,
    captioned: { type: Boolean, default: false },
    /** Place within the course, from 1. */
    order: { type: Number, required: true },
    createdAt: { type: Date, default: () => new Date() },
  },
  { strict: 'throw', versionKey: false },
);
lessonSchema.index({ programme: 1, order: 1, _id: 1 }, { name: 'by_programme' });
lessonSchema.index({ course: 1 }, { name: 'by_course' });

export type StoredLesson = InferSchemaType<typeof lessonSchema>;
