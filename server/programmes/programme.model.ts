import { Schema } from 'mongoose';
import { idField } from '../ids.ts';

export const stages = ['senior', 'junior', 'primary', 'kindergarten', 'special'] as const;
export type Stage = (typeof stages)[number];

export const subjects = [
  'chinese',
  'mathematics',
  'english',
  'japanese',
  'russian',
  'physics',
  'chemistry',
  'biology',
  'politics',
  'history',
  'geography',
  'science',
  'music',
  'art',
  'arts',
  'calligraphy',
  'physical-education',
  'information-technology',
  'general-technology',
  'labour',
  'psychology',
  'kindergarten',
  'special',
  'general',
] as const;
export type Subject = (typeof subjects)[number];

const componentSchema = new Schema(
  {
    id: { type: String, required: true },
    measure: { type: String, required: true },
    weight: { type: Number, required: true },
    full: { type: Number, required: true },
    minimum: Number,
  },
  { _id: false, strict: 'throw' },
);

const schemeSchema = new Schema(
  {
    version: { type: Number, required: true },
    passMark: { type: Number, required: true },
    components: { type: [componentSchema], required: true },
    required: {
      type: [new Schema({ activity: String, atLeast: Number }, { _id: false, strict: 'throw' })],
      default: [],
    },
  },
  { _id: false, strict: 'throw' },
);

/** A training with its term, hours, stages, provider and assessment scheme (design, section 3). */
export const programmeSchema = new Schema(
  {
    _id: idField,
    title: { zh: { type: String, required: true }, en: String },
    description: { zh: String, en: String },
    provider: { type: String, required: true },
    /** The region whose bureau set it up. */
    region: { type: String, required: true },
    /** Regions whose schools take part; a county outside the list has to opt in first. */
    regions: { type: [String], default: [] },
    hours: { type: Number, required: true, min: 1 },
    stages: { type: [String], enum: stages, required: true },
    term: {
      enrolFrom: { type: Date, required: true },
      enrolUntil: { type: Date, required: true },
      from: { type: Date, required: true },
      to: { type: Date, required: true },
    },
    scheme: { type: schemeSchema, required: true },
    /** Schemes of an open programme that were corrected, oldest first: who qualified under one of them stays under it. */
    earlier: { type: [schemeSchema], default: [] },
    /** A scheme may be edited in `draft` only; afterwards it can be corrected. */
    state: { type: String, enum: ['draft', 'open', 'closed'], default: 'draft' },
    /** What plugins let a programme change, by plugin id. */
    settings: { type: Schema.Types.Mixed, default: {} },
    createdAt: { type: Date, default: () => new Date() },
  },
  { strict: 'throw', versionKey: false, minimize: false },
);
programmeSchema.index({ 'term.from': -1, _id: 1 }, { name: 'by_term' });

export const enrolmentStates = ['enrolled', 'studying', 'qualified', 'withdrawn'] as const;
export type EnrolmentState = (typeof enrolmentStates)[number];

/**
 * One learner in one programme, with everything that counts: the unit that is scored (design, section 5).
 * `_id` is `<learner>-<programme>`, which makes the pair unique on any shard without an index of its own.
 */
export const enrolmentSchema = new Schema(
  {
    _id: { type: String, required: true },
    programme: { type: String, required: true },
    learner: { type: String, required: true },
    /** Copied from the learner, so that a workshop's table is one query. */
    name: { type: String, required: true },
    organisation: { type: String, required: true },
    stage: { type: String, enum: stages, required: true },
    subject: { type: String, required: true },
    workshop: String,
    /** Every scope the enrolment lies in: programme, regions, organisation, workshop. */
    scopes: { type: [String], required: true },
    state: { type: String, enum: enrolmentStates, default: 'enrolled' },
    /** activity key → { value, at } */
    values: { type: Schema.Types.Mixed, default: {} },
    /** measure id → sum of its activities' values */
    measures: { type: Schema.Types.Mixed, default: {} },
    /** component id → hundredths */
    components: { type: Schema.Types.Mixed, default: {} },
    /** Hundredths of a point out of 100.00. */
    total: { type: Number, default: 0 },
    /** Version of the scheme that components, total and state are by. */
    scheme: Number,
    /** Optimistic revision: a write names the one it read. */
    rev: { type: Number, default: 0 },
    lastDay: String,
    lastAt: Date,
    enrolledAt: { type: Date, default: () => new Date() },
    qualifiedAt: Date,
  },
  { strict: 'throw', versionKey: false, minimize: false, shardKey: { _id: 'hashed' } },
);
enrolmentSchema.index({ learner: 1, enrolledAt: -1, _id: 1 }, { name: 'by_learner' });
enrolmentSchema.index({ workshop: 1, name: 1, _id: 1 }, { name: 'by_workshop' });
enrolmentSchema.index({ scopes: 1, programme: 1, name: 1, _id: 1 }, { name: 'by_scope' });
enrolmentSchema.index({ scopes: 1, name: 1, _id: 1 }, { name: 'by_scope_and_name' });
enrolmentSchema.index({ programme: 1, name: 1, _id: 1 }, { name: 'by_programme' });
enrolmentSchema.index({ programme: 1, _id: 1 }, { name: 'by_programme_and_id' });
enrolmentSchema.index({ name: 1, _id: 1 }, { name: 'by_name' });

/** The id of a learner's enrolment in a programme. */
export const enrolmentId = (learner: string, programme: string): string => `${learner}-${programme}`;
