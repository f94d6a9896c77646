import { type InferSchemaType, Schema } from 'mongoose';
import { idField, newId } from '../ids.ts';

const sums = { type: Schema.Types.Mixed, default: {} } as const;

/**
 * Sums over the enrolments of one scope in one programme, in parts that add up (`roll-up-writes.ts`); `_id` is
 * `<programme>|<scope>` with the part.
 */
export const rollUpSchema = new Schema(
  {
    _id: { type: String, required: true },
    programme: { type: String, required: true },
    scope: { type: String, required: true },
    /** state → enrolments */
    counts: sums,
    /** Hundredths, summed. */
    total: { type: Number, default: 0 },
    /** bucket of 5.00 → enrolments */
    histogram: sums,
    /** measure id → sum */
    measures: sums,
    at: Date,
  },
  { strict: 'throw', versionKey: false, minimize: false },
);

/** What happened in one scope on one Beijing day, in parts as well; `_id` is `<programme>|<scope>|<day>` with the part. */
export const rollUpDaySchema = new Schema(
  {
    _id: { type: String, required: true },
    programme: { type: String, required: true },
    scope: { type: String, required: true },
    day: { type: String, required: true },
    active: { type: Number, default: 0 },
    measures: sums,
  },
  { strict: 'throw', versionKey: false, minimize: false },
);

/** The scoring of a programme's enrolments by a corrected scheme; `_id` is `<programme>|<version>`. */
export const rescoringSchema = new Schema(
  {
    _id: { type: String, required: true },
    programme: { type: String, required: true },
    /** The corrected scheme's. */
    version: { type: Number, required: true },
    actor: { type: String, required: true },
    reason: { type: String, required: true },
    at: { type: Date, required: true },
    state: { type: String, enum: ['running', 'done'], default: 'running' },
    /** Enrolments up to this id are done in this round. */
    cursor: { type: String, default: '' },
    /** The first round looks at everybody, later ones at what was scored by the replaced scheme meanwhile. */
    round: { type: Number, default: 1 },
    /** Enrolments when it began, and those that the first round has come by. */
    total: { type: Number, required: true },
    passed: { type: Number, default: 0 },
    /** Those scored again, whose total changed, who qualified by it, and who had qualified before and keep their result. */
    rescored: { type: Number, default: 0 },
    changed: { type: Number, default: 0 },
    qualified: { type: Number, default: 0 },
    kept: { type: Number, default: 0 },
    /** The server process at work, and until when it keeps others out unless it goes on. */
    owner: String,
    until: { type: Date, default: () => new Date(0) },
    finishedAt: Date,
  },
  { strict: 'throw', versionKey: false },
);
export type Rescoring = InferSchemaType<typeof rescoringSchema>;
rescoringSchema.index({ programme: 1, at: -1, _id: 1 }, { name: 'by_programme' });

/**
 * Facts that must reach their handlers even if the process dies right after the commit that made them true:
 * written in that commit, removed when every handler is done.
 */
export const outboxSchema = new Schema(
  {
    _id: idField,
    fact: { type: String, required: true },
    value: { type: Schema.Types.Mixed, required: true },
    /** Handlers that are done. */
    done: { type: [String], default: [] },
    attempts: { type: Number, default: 0 },
    nextAt: { type: Date, default: () => new Date() },
    lastError: String,
  },
  { strict: 'throw', versionKey: false },
);
outboxSchema.index({ nextAt: 1, _id: 1 }, { name: 'by_next' });

/** The outbox entry of an enrolment that qualifies, as `outboxSchema` would fill it in. */
export function qualifiedFact(enrolment: string) {
  const waiting = { done: [], attempts: 0, nextAt: new Date() };
  return { _id: newId(), fact: 'progress.qualified', value: { enrolment }, ...waiting };
}
export type QualifiedFact = ReturnType<typeof qualifiedFact>;
