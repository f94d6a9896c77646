import { Schema } from 'mongoose';
import { idField } from '../ids.ts';
import { languages } from '../languages.ts';
import { idDocumentKinds } from './id-document.ts';
import { roles } from './scope.ts';

const grantSchema = new Schema(
  { role: { type: String, enum: roles, required: true }, scope: { type: String, required: true } },
  { _id: false, strict: 'throw' },
);

/** A person. What they sign in with stands in `identities`, so that uniqueness needs no index across shards. */
export const userSchema = new Schema(
  {
    _id: idField,
    name: { type: String, required: true, maxlength: 60 },
    account: String,
    phone: String,
    /** AES-256-GCM of the ID number (accounts/id-vault.ts). */
    idNumber: String,
    /** Where the number is that of another document than the identity card. */
    idKind: { type: String, enum: idDocumentKinds },
    /** First and last four characters, for pages. */
    idMasked: String,
    passwordHash: String,
    /** Set while a code is out with which the person sets a first password. */
    activation: { type: new Schema({ hash: String, expiresAt: Date }, { _id: false }) },
    language: { type: String, enum: languages },
    grants: { type: [grantSchema], default: [] },
    organisation: String,
    /** Where the person belongs: their organisation and the regions above it. */
    scopes: { type: [String], default: [] },
    stage: String,
    subject: String,
    title: String,
    sex: { type: String, enum: ['male', 'female'] },
    disabled: { type: Boolean, default: false },
    createdAt: { type: Date, default: () => new Date() },
  },
  { strict: 'throw', versionKey: false, shardKey: { _id: 'hashed' } },
);
userSchema.index({ scopes: 1, name: 1, _id: 1 }, { name: 'by_scope' });
userSchema.index({ name: 1, _id: 1 }, { name: 'by_name' });

/** `account:NAME`, `phone:NUMBER` or `id:KEYED_HASH` → the one user who signs in with it. */
export const identitySchema = new Schema(
  { _id: { type: String, required: true }, user: { type: String, required: true } },
  { strict: 'throw', versionKey: false, shardKey: { _id: 'hashed' } },
);
identitySchema.index({ user: 1 }, { name: 'by_user' });

/** Who did what to whom; never holds secrets or ID numbers. */
export const auditSchema = new Schema(
  {
    _id: idField,
    at: { type: Date, default: () => new Date() },
    actor: String,
    action: { type: String, required: true },
    subject: String,
    /** Actor and subject: one index finds what somebody did and what was done to them, in order. */
    about: { type: [String], default: [] },
    details: { type: Schema.Types.Mixed, default: {} },
  },
  { strict: 'throw', versionKey: false, shardKey: { _id: 'hashed' } },
);
auditSchema.index({ at: -1, _id: -1 }, { name: 'by_time' });
auditSchema.index({ action: 1, at: -1, _id: -1 }, { name: 'by_action' });
auditSchema.index({ about: 1, at: -1, _id: -1 }, { name: 'by_about' });
