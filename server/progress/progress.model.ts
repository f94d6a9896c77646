import { Schema } from 'mongoose';
import { idField } from '../ids.ts';

const sums = { type: Schema.Types.Mixed, default: {} } as const;

/** Sums over the enrolments of one scope in one programme; `_id` is `<programme>|<scope>`. */
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

/** What happened in one scope on one Beijing day; `_id` is `<programme>|<scope>|<day>`. */
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
outboxSchema.index({ nextAt: 1 }, { name: 'by_next' });
