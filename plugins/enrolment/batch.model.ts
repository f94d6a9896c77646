import { type InferSchemaType, Schema } from 'mongoose';
import { idDocumentKinds, idField, stages, subjects } from '#platform';

const problemSchema = new Schema(
  {
    column: { type: String, required: true },
    reason: { type: String, required: true },
    value: String,
  },
  { _id: false, strict: 'throw' },
);

const acceptedSchema = new Schema(
  {
    row: { type: Number, required: true },
    name: { type: String, required: true },
    sex: { type: String, enum: ['male', 'female'], required: true },
    /** Encrypted by the accounts' vault. */
    sealed: { type: String, required: true },
    idMasked: { type: String, required: true },
    idKind: { type: String, enum: idDocumentKinds },
    phone: String,
    school: { type: String, required: true },
    organisation: { type: String, required: true },
    stage: { type: String, enum: stages, required: true },
    subject: { type: String, enum: subjects, required: true },
    title: String,
    user: String,
    /** What of optional fields is left out. */
    warnings: { type: [problemSchema], default: [] },
  },
  { _id: false, strict: 'throw' },
);

const refusedSchema = new Schema(
  {
    row: { type: Number, required: true },
    name: { type: String, default: '' },
    problems: { type: [problemSchema], required: true },
  },
  { _id: false, strict: 'throw' },
);

/** A roster that was checked and waits to be confirmed. Gone after a day. */
const batchSchema = new Schema(
  {
    _id: idField,
    programme: { type: String, required: true },
    uploader: { type: String, required: true },
    fileName: { type: String, required: true },
    /** The sheet that was read, and others that look like rosters too; empty for a text table. */
    sheet: { type: String, default: '' },
    otherSheets: { type: [String], default: [] },
    /** Rows that the spreadsheet hides, and whether they are taken all the same. */
    hiddenRows: { type: Number, default: 0 },
    hiddenTaken: { type: Boolean, default: false },
    createdAt: { type: Date, required: true },
    expiresAt: { type: Date, required: true },
    /** The moment that the deadline is judged by, where it is not that of confirming: history only. */
    judgedAt: Date,
    state: { type: String, enum: ['pending', 'confirmed'], default: 'pending' },
    /** Until when a confirmation under way keeps others out. */
    leasedUntil: Date,
    accepted: { type: [acceptedSchema], default: [] },
    refused: { type: [refusedSchema], default: [] },
    /** Set by the confirmation. */
    result: {
      type: new Schema(
        { enrolled: Number, created: Number, refused: { type: [refusedSchema], default: [] } },
        { _id: false, strict: 'throw' },
      ),
    },
  },
  { strict: 'throw', versionKey: false },
);
batchSchema.index({ expiresAt: 1 }, { name: 'expiry', expireAfterSeconds: 0 });
batchSchema.index({ uploader: 1, programme: 1, createdAt: -1, _id: -1 }, { name: 'by_uploader' });

/** The rows of a batch as they were uploaded, to check them again and to give them back marked. Gone after a day. */
const uploadSchema = new Schema(
  {
    /** That of the batch. */
    _id: { type: String, required: true },
    expiresAt: { type: Date, required: true },
    /** A RosterSheet as JSON, compressed, encrypted by the accounts' vault. */
    sealed: { type: String, required: true },
  },
  { strict: 'throw', versionKey: false },
);
uploadSchema.index({ expiresAt: 1 }, { name: 'expiry', expireAfterSeconds: 0 });

export type Batch = InferSchemaType<typeof batchSchema>;
export const models = { batches: batchSchema, uploads: uploadSchema };
