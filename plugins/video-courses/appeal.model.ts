import { type InferSchemaType, Schema } from 'mongoose';
import { reasons } from './watch-rules.ts';

export const appealStates = ['open', 'granted', 'declined'] as const;
export type AppealState = (typeof appealStates)[number];

/** A learner's objection to time that was not credited; `_id` is made of what it is about, so that it is made once. */
export const appealSchema = new Schema(
  {
    _id: { type: String, required: true },
    enrolment: { type: String, required: true },
    learner: { type: String, required: true },
    programme: { type: String, required: true },
    /** Where the enrolment lies. */
    scopes: { type: [String], required: true },
    lesson: { type: String, required: true },
    day: { type: String, required: true },
    reason: { type: String, enum: reasons, required: true },
    /** Media milliseconds. */
    stretches: { type: [Number], required: true },
    /** What the learner says. */
    words: { type: String, required: true },
    at: { type: Date, required: true },
    state: { type: String, enum: appealStates, default: 'open' },
    decidedBy: String,
    decidedAt: Date,
    /** Whole seconds. */
    granted: { type: Number, default: 0 },
    /** What the moderator says. */
    answer: String,
  },
  { strict: 'throw', versionKey: false, shardKey: { enrolment: 'hashed' } },
);
appealSchema.index({ enrolment: 1, at: -1, _id: -1 }, { name: 'by_enrolment' });
appealSchema.index({ scopes: 1, state: 1, at: 1, _id: 1 }, { name: 'by_scope' });
appealSchema.index({ state: 1, at: 1, _id: 1 }, { name: 'by_state' });

export type StoredAppeal = InferSchemaType<typeof appealSchema>;
