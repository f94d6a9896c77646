import { Schema } from 'mongoose';

/** A division of the province → city → county tree; `_id` is its administrative code (GB/T 2260). */
export const regionSchema = new Schema(
  {
    _id: { type: String, required: true },
    name: { zh: { type: String, required: true }, en: String },
    level: { type: String, enum: ['province', 'city', 'county'], required: true },
    /** Codes from the province down to this region, itself included. */
    path: { type: [String], required: true },
  },
  { strict: 'throw', versionKey: false },
);

export const organisationKinds = ['bureau', 'school', 'provider'] as const;

/** Bureaus, schools and providers, each placed in a region. */
export const organisationSchema = new Schema(
  {
    _id: { type: String, required: true },
    name: { zh: { type: String, required: true }, en: String },
    kind: { type: String, enum: organisationKinds, required: true },
    region: { type: String, required: true },
    /** Stages that a school teaches; empty for bureaus and providers. */
    stages: { type: [String], default: [] },
    /** Stands under the city itself, not under a county bureau. */
    direct: { type: Boolean, default: false },
  },
  { strict: 'throw', versionKey: false },
);
organisationSchema.index({ region: 1, kind: 1 }, { name: 'by_region' });
organisationSchema.index({ kind: 1, 'name.zh': 1, _id: 1 }, { name: 'by_kind' });
organisationSchema.index({ 'name.zh': 1, _id: 1 }, { name: 'by_name' });
