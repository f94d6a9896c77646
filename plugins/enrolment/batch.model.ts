import { type InferSchemaType, Schema } from 'mongoose';
import { idField, stages, subjects } from '#platform';

const acceptedSchema = new Schema(
  {
    row: { type: Number, required: true },
    name: { type: String, required: true },
    sex: { type: String, enum: ['male', 'female'], required: true },
    /** Encrypted by the accounts' vault. */
    sealed: { type: String, required: true },
    idMasked: { type: String, required: true },
    phone: String,
    school: { type: String, required: true },
    organisation: { type: String, required: true },
    stage: { type: String, enum: stages, required: true },
    subject: { type: String, enum: subjects, required: true },
    title: String,
    user: String,
  },
  { _id: false, strict: 'throw' },
);

const refusedSchema = new Schema(
  {
    row: { type: Number, required: true },
    name: { type: String, default: '' },
    column: { type: String, required: true },
    reason: { type: String, required: true },
    value: String,
  },
  { _id: false, strict: 'throw' },
);

/** A roster that was checked and waits to be confirmed: all that an upload stores. Gone after a day. */
export const batchSchema = new Schema(
  {
    _id: idField,
    programme: { type: String, required: true },
    uploader: { type: String, required: true },
    fileName: { type: String, required: true },
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
batchSchema.index({ uploader: 1, programme: 1, createdAt: -1 }, { name: 'by_uploader' });

export type Batch = InferSchemaType<typeof batchSchema>;
