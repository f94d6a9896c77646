import { type InferSchemaType, Schema } from 'mongoose';
import { anomalyKinds } from './anomalies.ts';

/** What stood out on one day of one enrolment; `_id` is `<enrolment>|<day>|<kind>`, so at most one of each a day. */
export const anomalySchema = new Schema(
  {
    _id: { type: String, required: true },
    enrolment: { type: String, required: true },
    programme: { type: String, required: true },
    /** Where the enrolment lies. */
    scopes: { type: [String], required: true },
    day: { type: String, required: true },
    kind: { type: String, enum: anomalyKinds, required: true },
    count: { type: Number, required: true },
    ms: Number,
    first: Number,
    last: Number,
  },
  { strict: 'throw', versionKey: false, shardKey: { enrolment: 'hashed' } },
);
anomalySchema.index({ enrolment: 1, day: -1, _id: 1 }, { name: 'by_enrolment' });
anomalySchema.index({ scopes: 1, day: -1, _id: 1 }, { name: 'by_scope' });
anomalySchema.index({ day: -1, _id: 1 }, { name: 'by_day' });

export type StoredAnomaly = InferSchemaType<typeof anomalySchema>;
