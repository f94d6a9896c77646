import { Schema } from 'mongoose';

const textSchema = new Schema({ zh: { type: String, required: true }, en: String }, { _id: false, strict: 'throw' });
const text = { type: textSchema, required: true } as const;
const termSchema = new Schema(
  { from: { type: Date, required: true }, to: { type: Date, required: true } },
  { _id: false, strict: 'throw' },
);
const revocationSchema = new Schema(
  {
    at: { type: Date, required: true },
    by: { type: String, required: true },
    reason: { type: String, required: true },
  },
  { _id: false, strict: 'throw' },
);

/** One certificate per enrolment. Its contents are frozen: what was true on the day it was issued. */
export const certificateSchema = new Schema(
  {
    /** The enrolment. */
    _id: { type: String, required: true },
    learner: { type: String, required: true },
    programme: { type: String, required: true },
    /** The enrolment's scopes and the provider's. */
    scopes: { type: [String], required: true },
    number: { type: String, required: true },
    /** 128 random bits: who knows it holds the certificate, or a copy. */
    code: { type: String, required: true },
    name: { type: String, required: true },
    idMasked: { type: String, default: '' },
    title: text,
    provider: text,
    organisation: text,
    hours: { type: Number, required: true },
    /** Hundredths. */
    score: { type: Number, required: true },
    term: { type: termSchema, required: true },
    qualifiedAt: { type: Date, required: true },
    issuedAt: { type: Date, required: true },
    registryNumber: String,
    revoked: revocationSchema,
  },
  { strict: 'throw', versionKey: false, shardKey: { _id: 'hashed' } },
);
certificateSchema.index({ learner: 1, issuedAt: -1, _id: 1 }, { name: 'by_learner' });
certificateSchema.index({ scopes: 1, issuedAt: -1, _id: 1 }, { name: 'by_scope' });
certificateSchema.index({ issuedAt: -1, _id: 1 }, { name: 'by_time' });
// Not unique, so that the collection can be split by enrolment: numbers come from one counter, codes are 128 random bits.
certificateSchema.index({ number: 1, _id: 1 }, { name: 'by_number' });
certificateSchema.index({ code: 1, _id: 1 }, { name: 'by_code' });

/** The last serial given out, by prefix and year. */
export const counterSchema = new Schema(
  { _id: { type: String, required: true }, last: { type: Number, default: 0 } },
  { strict: 'throw', versionKey: false },
);
