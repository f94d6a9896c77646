import { type InferSchemaType, Schema } from 'mongoose';

export const submissionStates = ['submitted', 'graded', 'returned'] as const;
export type SubmissionState = (typeof submissionStates)[number];

const fileSchema = new Schema(
  {
    id: { type: String, required: true },
    /** A safe name for people, see file-kinds.ts. */
    name: { type: String, required: true },
    type: { type: String, required: true },
    /** Bytes. */
    size: { type: Number, required: true },
  },
  { _id: false, id: false, strict: 'throw' },
);

const entrySchema = new Schema(
  {
    at: { type: Date, required: true },
    by: { type: String, required: true },
    action: { type: String, enum: ['handed-in', 'graded', 'returned'], required: true },
    score: Number,
    comment: String,
  },
  { _id: false, strict: 'throw' },
);

/** What a learner handed in for a task, and what became of it. `_id` is `<enrolment>|<task>`. */
export const submissionSchema = new Schema(
  {
    _id: { type: String, required: true },
    enrolment: { type: String, required: true },
    learner: { type: String, required: true },
    task: { type: String, required: true },
    programme: { type: String, required: true },
    text: { type: String, default: '' },
    files: { type: [fileSchema], default: [] },
    submittedAt: { type: Date, required: true },
    /** Handed in after the due date. */
    late: { type: Boolean, default: false },
    /** How often it was handed in. */
    revision: { type: Number, default: 1 },
    /** Every write names the one it read, so that two cannot both change the same state. */
    rev: { type: Number, default: 1 },
    state: { type: String, enum: submissionStates, required: true },
    score: { type: Number, default: null },
    comment: { type: String, default: null },
    gradedBy: { type: String, default: null },
    gradedAt: { type: Date, default: null },
    history: { type: [entrySchema], default: [] },
  },
  { strict: 'throw', versionKey: false, shardKey: { enrolment: 'hashed' } },
);
submissionSchema.index({ enrolment: 1, state: 1, submittedAt: 1, _id: 1 }, { name: 'by_enrolment' });
submissionSchema.index({ enrolment: 1, submittedAt: -1, _id: -1 }, { name: 'by_time' });

export type StoredFile = InferSchemaType<typeof fileSchema>;
/** Plain data, as `lean()` reads it. */
export type Submission = Omit<InferSchemaType<typeof submissionSchema>, 'files' | 'history'> & {
  files: StoredFile[];
  history: InferSchemaType<typeof entrySchema>[];
};

export const submissionId = (enrolment: string, task: string): string => `${enrolment}|${task}`;
