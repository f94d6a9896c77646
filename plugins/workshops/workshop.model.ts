import { Schema } from 'mongoose';
import { idField, stages, subjects } from '#platform';

/** A class of one stage and subject with exactly one moderator. Who its members are stands in their enrolments. */
export const workshopSchema = new Schema(
  {
    _id: idField,
    programme: { type: String, required: true },
    name: { zh: { type: String, required: true, maxlength: 60 }, en: { type: String, maxlength: 120 } },
    stage: { type: String, enum: stages, required: true },
    subject: { type: String, enum: subjects, required: true },
    /** User id. */
    moderator: { type: String, required: true },
    /** Set where the workshop belongs to one region alone: its bureau sees it too. */
    region: String,
    createdAt: { type: Date, default: () => new Date() },
  },
  { strict: 'throw', versionKey: false },
);
workshopSchema.index({ programme: 1, stage: 1, subject: 1, _id: 1 }, { name: 'by_programme' });
workshopSchema.index({ moderator: 1, createdAt: 1, _id: 1 }, { name: 'by_moderator' });

/** When a moderator last nudged a member; `_id` is `<enrolment>|<moderator>`. */
export const nudgeSchema = new Schema(
  { _id: { type: String, required: true }, at: { type: Date, required: true } },
  { strict: 'throw', versionKey: false, shardKey: { _id: 'hashed' } },
);
