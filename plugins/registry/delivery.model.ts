import { Schema } from 'mongoose';

export const deliveryStates = ['pending', 'accepted', 'refused'] as const;

const answerSchema = new Schema(
  {
    at: { type: Date, required: true },
    /** A kind of answer (adapter.ts), `absent`, or `retry` where a person asked for another attempt. */
    kind: { type: String, required: true },
    reason: String,
  },
  { _id: false, strict: 'throw' },
);

/**
 * The outbox: one document per qualified enrolment, from the moment it qualified to the registry's number. What is sent
 * is frozen here, except the ID number, which stays in its vault.
 */
export const deliverySchema = new Schema(
  {
    /** The enrolment. */
    _id: { type: String, required: true },
    key: { type: String, required: true },
    learner: { type: String, required: true },
    programme: { type: String, required: true },
    /** The enrolment's scopes and the provider's. */
    scopes: { type: [String], required: true },
    name: { type: String, required: true },
    idMasked: { type: String, default: '' },
    programmeTitle: { type: String, required: true },
    provider: { type: String, required: true },
    hours: { type: Number, required: true },
    /** Hundredths. */
    score: { type: Number, required: true },
    qualifiedAt: { type: Date, required: true },
    state: { type: String, enum: deliveryStates, default: 'pending' },
    attempts: { type: Number, default: 0 },
    nextAt: { type: Date, default: () => new Date() },
    /** Until then one process is sending it; `claim` says which attempt. */
    claimedUntil: { type: Date, default: () => new Date(0) },
    claim: { type: String, default: '' },
    /** An attempt was begun whose outcome is not known: the registry is asked before anything is sent again. */
    uncertain: { type: Boolean, default: false },
    /** The latest answers, oldest first. */
    answers: { type: [answerSchema], default: [] },
    number: String,
    acceptedAt: Date,
    refusal: String,
    createdAt: { type: Date, default: () => new Date() },
  },
  { strict: 'throw', versionKey: false, shardKey: { _id: 'hashed' } },
);
/** A number that the registry gave, and the delivery that it was given to: no two awards have the same. */
export const numberSchema = new Schema(
  { _id: { type: String, required: true }, delivery: { type: String, required: true } },
  { strict: 'throw', versionKey: false, shardKey: { _id: 'hashed' } },
);

deliverySchema.index({ state: 1, nextAt: 1, _id: 1 }, { name: 'by_due' });
deliverySchema.index({ scopes: 1, state: 1, createdAt: -1, _id: 1 }, { name: 'by_scope' });
deliverySchema.index({ scopes: 1, createdAt: -1, _id: 1 }, { name: 'by_scope_and_time' });
deliverySchema.index({ state: 1, createdAt: -1, _id: 1 }, { name: 'by_state' });
deliverySchema.index({ createdAt: -1, _id: 1 }, { name: 'by_time' });
deliverySchema.index({ acceptedAt: 1, _id: 1 }, { name: 'by_accepted' });
