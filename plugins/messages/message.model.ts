import { Schema } from 'mongoose';
import { idField } from '#platform';

/** One message in one person's inbox. Texts are a plain string or `{ zh, en? }`. */
export const messageSchema = new Schema(
  {
    _id: idField,
    /** User id of the reader. */
    to: { type: String, required: true },
    /** What it is about, such as `nudge`; names `kind.<kind>` in the locale files. */
    kind: { type: String, required: true },
    title: { type: Schema.Types.Mixed, required: true },
    text: { type: Schema.Types.Mixed, required: true },
    /** Page of this site that it leads to. */
    href: String,
    /** User id of the writer; absent for the platform itself. */
    from: String,
    unread: { type: Boolean, default: true },
    at: { type: Date, default: () => new Date() },
  },
  { strict: 'throw', versionKey: false, shardKey: { to: 'hashed' } },
);
messageSchema.index({ to: 1, at: -1, _id: -1 }, { name: 'by_reader' });
messageSchema.index({ to: 1, unread: 1, at: -1, _id: -1 }, { name: 'by_unread' });
